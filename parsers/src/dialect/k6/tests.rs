//! Text in, tests out.

use crate::dialect::testing::told;

fn k6(text: &str) -> String {
    told(&["k6"], text)
}

#[test]
fn checks_stand_below_their_count_since_1_0() {
    let text = "
  █ THRESHOLDS

    http_req_duration
    ✓ 'p(95)<1500' p(95)=148.21ms


  █ TOTAL RESULTS

    checks_total.......................: 90      13.122179/s
    checks_succeeded...................: 66.66% 60 out of 90
    checks_failed......................: 33.33% 30 out of 90

    ✓ is up
    ✗ status is 200
      ↳  33% — ✓ 15 / ✗ 30

    HTTP
    http_req_duration..................: avg=140.36ms
    ✓ { expected_response:true }
";
    assert_eq!(
        k6(text),
        " | is up | passed\n | status is 200 | failed | 33% — ✓ 15 / ✗ 30\n"
    );
}

#[test]
fn checks_stand_above_their_count_before() {
    let text = "
     ✓ is up

     █ login

       ✗ status is 200
        ↳  66% — ✓ 2 / ✗ 1

       █ form

         ✓ has a field

     checks.........................: 83.33% ✓ 5        ✗ 1
     data_received..................: 17 kB  8.5 kB/s
";
    assert_eq!(
        k6(text),
        "\x20| is up | passed\nlogin | status is 200 | failed | 66% — ✓ 2 / ✗ 1\nlogin > form | has a field | passed\n"
    );
}

#[test]
fn marks_without_a_count_tell_nothing() {
    assert_eq!(k6("  ✓ installed\n  ✗ broken\n  █ done\n"), "");
    assert_eq!(k6("  ✓ installed\n  checks: 5% done\n"), "");
    let far = "  ✓ installed\na\nb\nc\n     ✓ is up\n\n     checks.....: 100.00% ✓ 5 ✗ 0\n";
    assert_eq!(k6(far), " | is up | passed\n");
}
