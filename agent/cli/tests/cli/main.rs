//! The command line as a person meets it: what it prints, what it exits with.

mod asking;
mod bench;
mod collected;
mod collected_api;
mod deploy;
mod doors;
mod forged;
mod hostile;
mod inject;
mod kubelet;
mod logs_api;
mod nodes;
mod recipes;
mod secrets;

use std::path::PathBuf;

use bench::{Bench, check_exit};

/// Three tests of one suite, one failing, as markers.
const MARKERS: &str = r#"
echo "TEST_START name=login suite=api"
echo "TEST_PASS name=login suite=api duration=200ms"
echo "some output of the product"
echo "TEST_SKIP name=export suite=api reason='no license'"
echo "TEST_FAIL name=logout suite=api duration=1.5s reason='expected 3, got 4'"
"#;

#[test]
fn a_failing_command_keeps_its_code_and_ends_with_the_report() {
    let bench = Bench::new();
    let done = bench.run_script(&format!("{MARKERS}\nexit 7"), &[]);
    check_exit(&done, 7);
    insta::assert_snapshot!(bench.stable(&done.stdout));
}

#[test]
fn a_passing_run_exits_with_zero_and_says_passed() {
    let bench = Bench::new();
    let done = bench.run_script("echo 'TEST_PASS name=a suite=s'", &[]);
    check_exit(&done, 0);
    assert!(
        done.stdout.contains("\nPASSED  1 test: 1 passed"),
        "{}",
        done.stdout
    );
}

#[test]
fn success_without_a_test_is_not_believed() {
    let bench = Bench::new();
    check_exit(&bench.run_script("echo all good", &[]), 4);
    check_exit(
        &bench.run_script("echo all good", &["--fail-on", "never"]),
        0,
    );
}

#[test]
fn a_failed_test_under_exit_code_zero_is_a_finding() {
    let bench = Bench::new();
    let done = bench.run_script(MARKERS, &[]);
    check_exit(&done, 1);
    assert!(
        done.stdout.contains("inconsistent_verdict"),
        "{}",
        done.stdout
    );
}

#[test]
fn a_test_that_never_ended_is_not_green() {
    let bench = Bench::new();
    let script = "echo 'TEST_START name=a suite=s'; echo 'TEST_PASS name=b suite=s'";
    let done = bench.run_script(script, &[]);
    check_exit(&done, 3);
    assert!(
        done.stdout.contains("Began and never ended"),
        "{}",
        done.stdout
    );
}

#[test]
fn a_command_ended_by_a_signal_gives_128_and_the_signal() {
    let bench = Bench::new();
    let done = bench.run_script("echo 'TEST_PASS name=a suite=s'; kill -9 $$", &[]);
    check_exit(&done, 137);
    assert!(done.stdout.contains("signal 9"), "{}", done.stdout);
}

#[test]
fn a_command_that_is_not_there_is_told_in_one_line() {
    let bench = Bench::new();
    let done = bench.sentinel(&["run", "--data", &bench.data(), "--", "no-such-command-here"]);
    check_exit(&done, 127);
    assert!(
        done.stderr.contains("no-such-command-here"),
        "{}",
        done.stderr
    );
}

#[test]
fn the_stored_run_is_reported_again_in_every_format() {
    let bench = Bench::new();
    bench.run_script(MARKERS, &["--run-id", "r-1", "--pipeline", "nightly"]);
    let data = bench.data();
    for format in ["table", "json", "junit", "markdown"] {
        let done = bench.sentinel(&["report", "last", "--data", &data, "--format", format]);
        check_exit(&done, 0);
        insta::assert_snapshot!(format!("report_{format}"), bench.stable(&done.stdout));
    }
    let listed = bench.sentinel(&["runs", "--data", &data]);
    assert!(
        listed.stdout.contains("r-1") && listed.stdout.contains("nightly"),
        "{}",
        listed.stdout
    );
    let failed = bench.sentinel(&["show", "tests", "--data", &data, "--status", "failed"]);
    assert_eq!(failed.stdout.lines().count(), 1, "{}", failed.stdout);
    check_exit(&bench.sentinel(&["report", "r-2", "--data", &data]), 2);
}

#[test]
fn an_earlier_attempt_is_kept_and_shown() {
    let bench = Bench::new();
    let script = "echo 'TEST_FAIL name=a suite=s attempt=1 reason=slow'
        echo 'TEST_PASS name=a suite=s attempt=2'";
    let done = bench.run_script(script, &["--format", "junit"]);
    check_exit(&done, 0);
    assert!(
        done.stdout.contains("<flakyFailure message=\"slow\""),
        "{}",
        done.stdout
    );
    let done = bench.sentinel(&["report", "--data", &bench.data()]);
    assert!(
        done.stdout.contains("1 test: 1 passed (1 flaky)"),
        "{}",
        done.stdout
    );
}

#[test]
fn a_failed_tear_down_is_among_the_failures() {
    let bench = Bench::new();
    let log = "=== test session starts ===\ncollected 1 item\n\nt.py::a PASSED [100%]\n\
               t.py::a ERROR [100%]\n\n=== 1 passed, 1 error in 0.10s ===\n";
    let done = bench.piped(&["parse", "--format", "table"], log);
    assert!(
        done.stdout.contains("t.py > a tear-down errored"),
        "{}",
        done.stdout
    );
    let done = bench.piped(&["parse", "--format", "junit"], log);
    assert!(done.stdout.contains("errors=\"1\""), "{}", done.stdout);
}

#[test]
fn parse_is_a_filter() {
    let bench = Bench::new();
    let log = "TEST_PASS name=a suite=s duration=5ms\nTEST_FAIL name=b suite=s reason='no'\n";
    let done = bench.piped(&["parse"], log);
    check_exit(&done, 0);
    insta::assert_snapshot!(done.stdout);
    let done = bench.piped(&["parse", "--format", "ndjson", "-"], log);
    assert_eq!(done.stdout.lines().count(), 2, "{}", done.stdout);
}

#[test]
fn parse_explains_each_line() {
    let bench = Bench::new();
    let key = bench.file("key", "0123456789abcdef");
    let config = format!(
        "[redaction]\nkey_file = \"{key}\"\n\n[[patterns]]\nname = \"rig\"\n\
         regex = '^< (?P<name>\\S+) (?P<status>\\w+)$'\n"
    );
    let config = bench.file("explain.toml", &config);
    let log = "2026-01-01T10:00:00.000000000Z stdout P === RUN   Test\n\
               2026-01-01T10:00:00.000000000Z stdout F A\n\
               2026-01-01T10:00:00.000000000Z stdout F     a_test.go:3: token=abcdefgh1\n\
               2026-01-01T10:00:00.000000000Z stdout F --- FAIL: TestA (0.01s)\n\
               2026-01-01T10:00:00.000000000Z stdout F < spin ok\n\
               2026-01-01T10:00:00.000000000Z stdout F hello\n";
    let done = bench.piped(&["parse", "--explain", "--config", &config], log);
    check_exit(&done, 0);
    insta::assert_snapshot!(done.stdout);
}

#[test]
fn secrets_are_in_no_report_and_no_database() {
    let bench = Bench::new();
    let script = "echo TEST_START name=login\n\
                  echo \"TEST_FAIL name=login reason='password=hunter2222 is wrong'\"\n";
    let done = bench.run_script(script, &[]);
    let (_, report) = done.stdout.rsplit_once("FAILED").unwrap();
    assert!(
        report.contains("password=[redacted:assignment:"),
        "{}",
        done.stdout
    );
    let mut left = vec![PathBuf::from(bench.data())];
    let mut files = 0;
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let inside = std::fs::read_dir(&path).unwrap();
            left.extend(inside.map(|entry| entry.unwrap().path()));
            continue;
        }
        files += 1;
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(10).any(|window| window == b"hunter2222");
        assert!(!found, "{}", path.display());
    }
    assert!(files > 1);
}

#[test]
fn a_log_without_tests_exits_with_four() {
    let bench = Bench::new();
    for log in ["", "nothing here\n", "\0\u{1}\u{fffd}\0\n\u{1b}[\0"] {
        check_exit(&bench.piped(&["parse"], log), 4);
    }
}

#[test]
fn mistakes_are_told_in_one_line_with_code_two() {
    let bench = Bench::new();
    let config = bench.file("bad.toml", "[sidecar]\nsegmnt_size = \"1MiB\"\n");
    let data = bench.file("occupied", "not a directory");
    for args in [
        &["parse", "no-such-file.log"][..],
        &["parse", "--dialect", "klingon"],
        &["config", "check", &config],
        &["run", "--data", &data, "--", "true"],
        &["report", "--data", &data],
        &["report", "--agent", "http://127.0.0.1:1"],
        &["report", "--agent", "ftp://x"],
        &["run", "--fail-om", "never", "--", "true"],
        &["run"],
        &["frobnicate"],
    ] {
        let done = bench.sentinel(args);
        check_exit(&done, 2);
        assert_eq!(done.stderr.lines().count(), 1, "{args:?}: {}", done.stderr);
        assert!(
            done.stderr.starts_with("sentinel: "),
            "{args:?}: {}",
            done.stderr
        );
    }
}

#[test]
fn a_damaged_database_is_set_aside_and_the_run_is_stored() {
    let bench = Bench::new();
    let script = "echo 'TEST_PASS name=a suite=s'";
    check_exit(&bench.run_script(script, &[]), 0);
    std::fs::write(
        bench.path("data/sentinel.db"),
        "this is no database, but it is long enough",
    )
    .expect("the store is there");
    let done = bench.run_script(script, &[]);
    check_exit(&done, 0);
    let names = std::fs::read_dir(bench.path("data")).expect("the data directory is there");
    let aside = names.filter(|e| {
        e.as_ref()
            .is_ok_and(|e| e.file_name().to_string_lossy().contains("damaged"))
    });
    assert!(aside.count() > 0, "nothing was set aside: {}", done.stderr);
}

#[test]
fn separate_processes_give_the_same_report() {
    let bench = Bench::new();
    let Some(apart) = bench.apart(&format!("{MARKERS}\nexit 7")) else {
        return;
    };
    let done = bench.run_script(
        &format!("{MARKERS}\nexit 7"),
        &["--run-id", "apart", "--pipeline", "p"],
    );
    let report = done
        .stdout
        .split_once("\n\n")
        .map(|(_, report)| report.to_owned());
    assert_eq!(
        bench.stable(&apart),
        bench.stable(&report.unwrap_or_default())
    );
}
