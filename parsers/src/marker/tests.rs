//! What is a marker, what it says, and what only looks like one.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;

/// All events of some lines, one a line, as people would note them down.
fn told(lines: &[&str]) -> String {
    let mut markers = Markers::new();
    let mut told = String::new();
    for (i, text) in lines.iter().enumerate() {
        let line = Line {
            text,
            raw: text.as_bytes(),
            number: i as u64 + 1,
            cut: false,
        };
        markers.line(&line, &mut |n, body| {
            let _ = writeln!(told, "{n} {}", short(&body));
        });
    }
    told
}

fn short(body: &Body<'_>) -> String {
    let opt =
        |key: &str, value: Option<&str>| value.map_or(String::new(), |v| format!(" {key}={v:?}"));
    let num =
        |key: &str, value: Option<f64>| value.map_or(String::new(), |v| format!(" {key}={v}"));
    match body {
        Body::TestStart(t) => format!(
            "start {:?}/{:?}{}{}",
            t.suite.unwrap_or("?"),
            t.name,
            num("attempt", t.attempt.map(f64::from)),
            opt("tags", t.tags)
        ),
        Body::TestEnd(t) => format!(
            "{} {:?}/{:?}{}{}{}{}{}",
            t.status.as_str(),
            t.suite.unwrap_or("?"),
            t.name,
            num("s", t.duration_s),
            num("attempt", t.attempt.map(f64::from)),
            opt("message", t.message),
            opt("at", t.location),
            opt("tags", t.tags)
        ),
        Body::SuiteStart(s) => format!("suite {:?}{}", s.suite, opt("tags", s.tags)),
        Body::SuiteEnd(s) => format!("end {:?}{}", s.suite, num("s", s.duration_s)),
        Body::RunStart(r) => format!(
            "run{}{}{}{}{}{}",
            opt("id", r.run_id),
            opt("pipeline", r.pipeline),
            opt("env", r.environment),
            opt("branch", r.branch),
            opt("commit", r.commit),
            num("attempt", r.attempt.map(f64::from))
        ),
        Body::RunEnd(r) => {
            format!(
                "run end{}{}{}",
                opt("id", r.run_id),
                opt("status", r.status),
                num("s", r.duration_s)
            )
        }
        other => format!("{other:?}"),
    }
}

fn check(table: &[(&str, &str)]) {
    for (line, expected) in table {
        let told = told(&[line]);
        assert_eq!(told.trim_end(), format!("1 {expected}"), "of {line:?}");
    }
}

#[test]
fn plain_spelling() {
    check(&[
        ("TEST_START login", r#"start ""/"login""#),
        ("TEST_PASS login 1.2s", r#"passed ""/"login" s=1.2"#),
        (
            r#"TEST_PASS: "my test" (12ms)"#,
            r#"passed ""/"my test" s=0.012"#,
        ),
        (
            "TEST_PASS user can log in (1m2s)",
            r#"passed ""/"user can log in" s=62"#,
        ),
        (
            "TEST_PASS user can log in in 3s",
            r#"passed ""/"user can log in" s=3"#,
        ),
        ("TEST_PASS step 5", r#"passed ""/"step 5""#),
        (
            "TEST_PASS test_add[x=1-name]",
            r#"passed ""/"test_add[x=1-name]""#,
        ),
        (
            "TEST_FAIL login suite=api reason=no answer at all",
            r#"failed "api"/"login" message="no answer at all""#,
        ),
        (
            "TEST_FAIL login - expected 200: got 500",
            r#"failed ""/"login" message="expected 200: got 500""#,
        ),
        (
            "TEST_FAIL login 12ms: broken",
            r#"failed ""/"login" s=0.012 message="broken""#,
        ),
        ("TEST_FAIL 'it''s'", r#"failed ""/"it" message="'s'""#),
        (
            r#"TEST_SKIP "a \"b\" \\ c" no database"#,
            r#"skipped ""/"a \"b\" \\ c" message="no database""#,
        ),
        (
            "TEST_SKIP login: later",
            r#"skipped ""/"login" message="later""#,
        ),
        ("TEST_START größe äöü", r#"start ""/"größe äöü""#),
        (
            "\tTEST_START com.example.A#b",
            r#"start ""/"com.example.A#b""#,
        ),
        ("SUITE_START api tags=slow", r#"suite "api" tags="slow""#),
        ("SUITE_END api 2.5s", r#"end "api" s=2.5"#),
        ("RUN_START", "run"),
        ("RUN_START nightly-42", r#"run id="nightly-42""#),
        ("RUN_END passed", r#"run end status="passed""#),
        (
            "RUN_END nightly-42 duration=3h",
            r#"run end id="nightly-42" s=10800"#,
        ),
    ]);
}

#[test]
fn pairs_in_any_order() {
    check(&[
        (
            "TEST_PASS name=login suite=api duration=1.2s",
            r#"passed "api"/"login" s=1.2"#,
        ),
        (
            "TEST_PASS suite='the api', name=\"log in\", duration=3",
            r#"passed "the api"/"log in" s=3"#,
        ),
        (
            "TEST_PASS name=login works suite=api",
            r#"passed "api"/"login works""#,
        ),
        (
            "TEST_PASS duration_ms=1500 test=login attempt=2 tags=a,b x=y",
            r#"passed ""/"login" s=1.5 attempt=2 tags="a,b""#,
        ),
        (
            "TEST_FAIL name=a message=\"line 1\\nline 2\" location=a.py:3",
            r#"failed ""/"a" message="line 1\nline 2" at="a.py:3""#,
        ),
        ("SUITE_START suite=api", r#"suite "api""#),
        ("SUITE_START name=api", r#"suite "api""#),
        (
            "RUN_START run_id=42 pipeline=nightly environment=staging branch=main commit=3f2a attempt=3",
            r#"run id="42" pipeline="nightly" env="staging" branch="main" commit="3f2a" attempt=3"#,
        ),
        (
            "RUN_END run_id=42 status=failed duration=90",
            r#"run end id="42" status="failed" s=90"#,
        ),
        ("event=TEST_PASS name=login", r#"passed ""/"login""#),
        (
            "time=1 level=info msg=\"TEST_PASS login 3s\" trace=7",
            r#"passed ""/"login" s=3"#,
        ),
        (
            "TEST_PASS a duration=nonsense attempt=-1",
            r#"passed ""/"a""#,
        ),
        ("TEST_PASS a duration=-5 ", r#"passed ""/"a""#),
    ]);
}

#[test]
fn bracketed_spelling() {
    check(&[
        ("[TEST_PASS] login", r#"passed ""/"login""#),
        ("[TEST_START suite=api] login", r#"start "api"/"login""#),
        ("[TEST_PASS login]", r#"passed ""/"login""#),
        ("[TEST_PASS: test[1]] ", r#"passed ""/"test[1]""#),
        (
            "[TEST_PASS name=login duration=2s]",
            r#"passed ""/"login" s=2"#,
        ),
        (
            "[INFO] [TEST_FAIL]: login (3ms)",
            r#"failed ""/"login" s=0.003"#,
        ),
        ("[SUITE_START] api", r#"suite "api""#),
        ("[RUN_END] status=passed", r#"run end status="passed""#),
    ]);
}

#[test]
fn json_spelling() {
    check(&[
        (
            r#"{"event":"TEST_PASS","name":"login","suite":"api","duration":1.2}"#,
            r#"passed "api"/"login" s=1.2"#,
        ),
        (
            r#"{"name":"a \"b\"","type":"TEST_FAIL","message":"x","attempt":2}"#,
            r#"failed ""/"a \"b\"" attempt=2 message="x""#,
        ),
        (
            r#"2026-01-01T10:00:00Z INFO app: {"marker":"TEST_START","name":"a","tags":["x","y"]} "#,
            r#"start ""/"a" tags="x,y""#,
        ),
        (
            r#"{"event":"RUN_START","run_id":7,"branch":"main"}"#,
            r#"run id="7" branch="main""#,
        ),
        (
            r#"{"event":"TEST_PASS","name":"a","duration":"12ms","extra":{"deep":[1]}}"#,
            r#"passed ""/"a" s=0.012"#,
        ),
        (
            r#"{"level":"info","msg":"TEST_PASS login 2s","ts":1}"#,
            r#"passed ""/"login" s=2"#,
        ),
        (
            r#"{"level":"info","message":"[TEST_PASS] login"}"#,
            r#"passed ""/"login""#,
        ),
    ]);
}

#[test]
fn log_prefixes_are_stepped_over() {
    for prefix in [
        "2026-01-01T10:00:00Z INFO app: ",
        "2026-01-01 10:00:00,123 INFO ",
        "2026-01-01 10:00:00,123 - app.tests - INFO - ",
        "10:00:00.123 [main] INFO  com.example.Login - ",
        "10:00:00.123 [pool-1-thread-2] DEBUG c.e.Login -- ",
        "[2026-01-01 10:00:00] [info] ",
        "[2026-01-01T10:00:00Z INFO  app::tests] ",
        "INFO:root:",
        "INFO: ",
        "INFO     tests.login:login.py:12 ",
        "I0102 10:00:00.000000   12345 main.go:12] ",
        "2026/01/02 10:00:00 ",
        "2026/01/02 10:00:00 main.go:12: ",
        "Jan  2 10:00:00 host app[123]: ",
        "web-1  | ",
        "web | ",
        "app: ",
        "<6>",
        "2026-01-01T10:00:00.123456789Z stdout F ",
        "[pod/api-0/tests] ",
        "1767261600 ",
        "\t",
    ] {
        let line = format!("{prefix}TEST_PASS login 1.2s");
        assert_eq!(told(&[&line]), "1 passed \"\"/\"login\" s=1.2\n", "{line}");
    }
}

#[test]
fn mentions_are_no_markers() {
    for line in [
        "",
        "the TEST_START marker is printed by every test",
        "Prints TEST_PASS login when done",
        "echo TEST_START login",
        "+ echo TEST_START login",
        "$ TEST_START login",
        "$TEST_FAIL login",
        "${TEST_FAIL} login",
        "const TEST_START = 1",
        "TEST_START = 1",
        "TEST_START=1",
        "export TEST_PASS=3",
        "grep TEST_PASS run.log",
        "print(\"TEST_PASS login\")",
        "\"TEST_PASS login\"",
        "`TEST_PASS` login",
        "TEST_PASS, TEST_FAIL and TEST_SKIP are markers",
        "TEST_PASS or TEST_FAIL",
        "TEST_PASS TEST_FAIL",
        "TEST_PASS is printed at the end",
        "note: TEST_PASS means success",
        "TEST_PASS()",
        "TEST_PASS(login)",
        "if x == TEST_PASS {",
        "case TEST_PASS:",
        "TEST_PASS:",
        "TEST_PASS",
        "TEST_START",
        "SUITE_START",
        "test_pass login",
        "Test_Pass login",
        "MY_TEST_PASS login",
        "TEST_PASSED login",
        "TEST_STARTED login",
        "LATEST_START login",
        "- TEST_START: printed first",
        "# TEST_PASS login",
        "// TEST_PASS login",
        "2026-01-01T10:00:00Z INFO user said TEST_PASS login",
        "we saw RUN_START twice",
        "RUN_START the nightly run now",
        "{\"event\":\"TEST_PASS\"}",
        "{\"event\":\"TEST_PASS\",\"name\":\"a\"} and more",
        "{\"event\":\"TEST_PASS\",\"name\":\"a\"",
        "{\"text\":\"TEST_PASS a\"}",
        "{\"msg\":\"the TEST_PASS marker\"}",
        "found {\"event\":\"TEST_PASS\",\"name\":\"a\"}",
        "[TEST_PASS login",
        "map[TEST_PASS] login",
    ] {
        assert_eq!(told(&[line]), "", "{line:?}");
    }
}

#[test]
fn tests_belong_to_the_innermost_open_suite() {
    let told = told(&[
        "TEST_PASS alone",
        "SUITE_START api",
        "TEST_START a",
        "SUITE_START auth",
        "TEST_PASS b",
        "TEST_PASS c suite=other",
        "TEST_PASS a",
        "SUITE_END",
        "TEST_PASS d",
        "SUITE_END api",
        "SUITE_END",
        "SUITE_END never opened",
        "TEST_PASS e",
    ]);
    insta::assert_snapshot!(told, @r#"
    1 passed ""/"alone"
    2 suite "api"
    3 start "api"/"a"
    4 suite "auth"
    5 passed "auth"/"b"
    6 passed "other"/"c"
    7 passed "api"/"a"
    8 end "auth"
    9 passed "api"/"d"
    10 end "api"
    12 end "never opened"
    13 passed ""/"e"
    "#);
}

#[test]
fn a_started_name_is_found_again_whole() {
    let told = told(&[
        "TEST_START waits for 5s",
        "TEST_START api: login - twice",
        "TEST_START api",
        "TEST_PASS waits for 5s",
        "TEST_FAIL api: login - twice: no answer",
        "TEST_SKIP api: later",
    ]);
    insta::assert_snapshot!(told, @r#"
    1 start ""/"waits for 5s"
    2 start ""/"api: login - twice"
    3 start ""/"api"
    4 passed ""/"waits for 5s"
    5 failed ""/"api: login - twice" message="no answer"
    6 skipped ""/"api" message="later"
    "#);
}

#[test]
fn endless_nesting_is_bounded_and_unwinds() {
    let mut lines = Vec::new();
    lines.extend((0..100).map(|i| format!("SUITE_START s{i}")));
    lines.extend((0..68).map(|_| "SUITE_END".to_owned()));
    lines.push("TEST_PASS deep".to_owned());
    lines.push("SUITE_END s0".to_owned());
    lines.push("TEST_PASS out".to_owned());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let told = told(&lines);
    assert!(told.contains("passed \"s31\"/\"deep\""), "{told}");
    assert!(told.ends_with("passed \"\"/\"out\"\n"), "{told}");
}

#[test]
fn started_tests_are_forgotten_one_by_one() {
    let mut markers = Markers::new();
    for i in 0..3 * open::REMEMBERED {
        let text = format!("TEST_START t{i}");
        let line = Line {
            text: &text,
            raw: text.as_bytes(),
            number: 1,
            cut: false,
        };
        assert_eq!(markers.line(&line, &mut |_, _| {}), Claim::Own);
    }
    let held = |i: &usize| markers.tests.holds(&format!("t{i}"));
    assert_eq!(
        (0..3 * open::REMEMBERED).filter(held).count(),
        open::REMEMBERED
    );
}

proptest! {
    #[test]
    fn any_line_is_acceptable(
        before in "[ \\[\\](){}<>:|=\"'a-zA-Z0-9é.-]{0,20}",
        word in prop::sample::select(vec!["TEST_PASS", "TEST_FAIL", "SUITE_END", "RUN_END", "{\"event\":\"TEST_PASS\""]),
        after in "\\PC{0,20}|[ \\[\\](){}:=,\"'`\\\\a-z0-9é.-]{0,40}",
    ) {
        told(&[&format!("{before}{word}{after}"), &format!("{word} {after}")]);
    }

    #[test]
    fn quoted_names_come_back_whole(name in "\\PC{1,40}") {
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        let told = told(&[&format!("TEST_PASS \"{quoted}\" 2s suite=x")]);
        prop_assert_eq!(told, format!("1 passed \"x\"/{name:?} s=2\n"));
    }
}
