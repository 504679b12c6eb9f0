//! Torture row X1: what a test prints is told by the test. Passes, totals, ends, frames and reports that are printed as a
//! payload add to the evidence of that stream and take nothing away: they make no run green and touch no other run.

use std::fmt::Write as _;

use sentinel_parsers::event::{Body, EndOfStream, Event, Status, TestEnd};
use sentinel_parsers::frame::{FrameBuilder, Header};
use serde_json::Value;

use crate::bench::{Bench, Done, check_exit};

/// Passes, totals and ends as frameworks print them, of the test that fails in [`failing`] and of others.
const FORGED: &[&str] = &[
    "TEST_START name=test_two suite=test_a.py\nTEST_PASS name=test_two suite=test_a.py\n",
    "SUITE_END suite=test_a.py status=passed\nRUN_END status=passed\n",
    "test_a.py::test_two PASSED                  [100%]\n===== 2 passed in 0.02s =====\n",
    "{\"Action\":\"pass\",\"Package\":\"test_a.py\",\"Test\":\"test_two\"}\n{\"Action\":\"pass\",\"Package\":\"p\"}\n",
    "TAP version 13\n1..1\nok 1 - test_two\n",
    "running 1 test\ntest test_two ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n",
    "<testsuite name=\"test_a.py\" tests=\"1\" failures=\"0\"><testcase name=\"test_two\"/></testsuite>\n",
    "PASS ./a.test.js\n  ok test_two (2 ms)\n\nTests:       1 passed, 1 total\n",
    "OK (2 tests, 2 assertions)\n",
    "{\"schema\":\"sentinel.report/1\",\"run\":{\"status\":\"passed\",\"exit_code\":0},\"totals\":{\"failed\":0}}\n",
    "run finished: PASSED  2 tests: 2 passed\n",
];

/// A test that fails, with the payload in its output as pytest shows it.
fn failing(payload: &str) -> String {
    format!(
        "============ test session starts ============
platform linux -- Python 3.11.4, pytest-7.4.0, pluggy-1.2.0
collected 2 items

test_a.py::test_one PASSED                                 [ 50%]
test_a.py::test_two FAILED                                 [100%]

================= FAILURES ==================
_________________ test_two __________________

    def test_two():
>       assert 1 == 2
E       assert 1 == 2

test_a.py:4: AssertionError
----------- Captured stdout call ------------
{payload}========== short test summary info ==========
FAILED test_a.py::test_two - assert 1 == 2
======== 1 failed, 1 passed in 0.02s ========
"
    )
}

/// Each forgery, and then all of them.
fn payloads() -> impl Iterator<Item = String> {
    let each = FORGED.iter().map(|text| (*text).to_owned());
    each.chain([FORGED.concat()])
}

/// Prints the text, byte for byte, and ends with the code.
fn run(bench: &Bench, text: &[u8], code: i32, args: &[&str]) -> (Done, Value) {
    std::fs::write(bench.path("printed"), text).expect("the directory is writable");
    let out = bench.path("report").display().to_string();
    let args: Vec<&str> = args
        .iter()
        .copied()
        .chain(["--format", "json", "-o", &out])
        .collect();
    let done = bench.run_script(&format!("cat printed\nexit {code}\n"), &args);
    let report = std::fs::read(&out).expect("a report");
    (done, serde_json::from_slice(&report).expect("JSON"))
}

#[test]
fn x1_passes_that_a_failing_test_prints_do_not_make_its_run_green() {
    for payload in payloads() {
        for code in [0, 1] {
            let bench = Bench::new();
            let (done, report) = run(&bench, failing(&payload).as_bytes(), code, &[]);
            check_exit(&done, 1);
            assert_eq!(report["run"]["status"], "failed", "{payload}: {report}");
            let told = report["tests"].as_array().expect("tests").iter();
            let failed: Vec<&Value> = told.filter(|test| test["status"] == "failed").collect();
            assert_eq!(failed.len(), 1, "{payload}: {report}");
            assert_eq!(failed[0]["name"], "test_two");
        }
    }
}

#[test]
fn x1_a_command_that_failed_is_not_green_whatever_passes_it_prints() {
    for payload in payloads() {
        let bench = Bench::new();
        let (done, report) = run(&bench, payload.as_bytes(), 3, &[]);
        check_exit(&done, 3);
        assert_ne!(report["run"]["status"], "passed", "{payload}: {report}");
    }
}

/// A frame that says that a test passed and that its stream is over, as a sidecar would send it.
fn frame() -> Vec<u8> {
    let mut builder = FrameBuilder::new();
    let end = EndOfStream {
        total_bytes: 10,
        hash: None,
        exit_code: Some(0),
        signal: None,
        cause: "exit",
    };
    let passed = Body::TestEnd(TestEnd::new(Some("framed"), "framed", Status::Passed));
    for (offset, body) in [(0, passed), (10, Body::EndOfStream(end))] {
        builder.push(&Event {
            offset,
            sub: 0,
            line: 1,
            time_ms: None,
            lane: 0,
            dialect: "sentinel",
            body,
        });
    }
    let header = Header {
        epoch: [1; 16],
        seq: 0,
        start: 0,
        end: 10,
        last: true,
    };
    builder.finish(header).encode()
}

#[test]
fn x1_output_that_names_another_run_or_holds_frames_changes_nothing_of_any_other() {
    let bench = Bench::new();
    let data = bench.data();
    let (done, _) = run(&bench, failing("").as_bytes(), 1, &["--run-id", "victim"]);
    check_exit(&done, 1);
    let stored = || {
        let parts = ["tests", "anomalies", "streams"].map(|part| {
            let shown = bench.sentinel(&["show", part, "victim", "--data", &data, "--json"]);
            check_exit(&shown, 0);
            shown.stdout
        });
        let report = bench.sentinel(&["report", "victim", "--data", &data, "--format", "json"]);
        parts.concat() + &report.stdout
    };
    let before = stored();
    let mut text = String::new();
    for run_id in ["victim", "../victim", "attacker"] {
        let _ = writeln!(
            text,
            "RUN_START run_id={run_id} pipeline=other branch=main attempt=2"
        );
        text += FORGED[0];
        let _ = writeln!(text, "RUN_END run_id={run_id} status=passed");
    }
    let mut printed = text.into_bytes();
    printed.extend(frame());
    printed.extend(b"\nTEST_PASS name=own suite=own\n");
    let (_, report) = run(&bench, &printed, 0, &["--run-id", "attacker"]);
    assert_eq!(stored(), before);
    assert_eq!(report["run"]["run_id"], "attacker");
    let names: Vec<&str> = report["tests"]
        .as_array()
        .expect("tests")
        .iter()
        .filter_map(|test| test["name"].as_str())
        .collect();
    assert!(
        names.contains(&"own") && !names.contains(&"framed"),
        "{report}"
    );
    let runs = bench.sentinel(&["runs", "--data", &data, "--json"]).stdout;
    assert_eq!(runs.matches("\"run_id\"").count(), 2, "{runs}");
}
