//! What `meson test` prints in, tests out.

use crate::dialect::told;

#[test]
fn rows_tell_name_result_time_and_remark() {
    let text = "ninja: no work to do.
▶  1/10 subtest 1                     FAIL
 1/10 slow - proj:OK 1.0s thing       OK              0.02s   1 subtests passed
 2/10 proj:bad                        FAIL            1.20s   exit status 2
――――――――――― ✀  ―――――――――――
stderr:
3/10 not ours OKAY
―――――――――――――――――――――――――
 3/10 proj:x                          EXPECTEDFAIL    0.01s
 4/10 proj:late                       TIMEOUT        30.00s   killed by signal 15 SIGTERM
 5/10 proj:s                          SKIP            0.00 s
 6/10 proj:run                        RUNNING

Summary of Failures:

 2/10 proj:bad                        FAIL            1.20s   exit status 2

Ok:                 1
Expected Fail:      1
Fail:               1
Skipped:            1
Timeout:            1

Full log written to /b/testlog.txt
";
    assert_eq!(
        told::told("meson", text),
        "passed  | slow - proj:OK 1.0s thing [0.02s]
failed  | proj:bad [1.2s] <FAIL exit status 2>
xfail  | proj:x [0.01s] <EXPECTEDFAIL>
timed_out  | proj:late [30s] <TIMEOUT killed by signal 15 SIGTERM>
skipped  | proj:s [0s] <SKIP>
printed: 1 passed, 2 failed, 1 skipped, 1 xfail"
    );
}

#[test]
fn fractions_before_other_text_are_no_rows() {
    let text = "1/3 done OK 5\n2/3 OK 0.1s\nx 1/2 name OK 0.1s\n";
    assert_eq!(told::told("meson", text), "");
}

#[test]
fn rows_are_numbered_from_one() {
    assert_eq!(
        told::told("meson", "0/1 skip SKIP   0.01s   exit status 77\n"),
        ""
    );
}
