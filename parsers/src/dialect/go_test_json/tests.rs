//! Text in, tests out.

use proptest::prelude::*;

use super::Record;
use crate::dialect::testing::told;

fn go(text: &str) -> String {
    told(&["go_test_json", "go_test"], text)
}

#[test]
fn results_carry_package_name_duration_and_reason() {
    let text = r#"{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA/x\u0026y"}
{"Action":"output","Package":"p","Test":"TestA/x\u0026y","Output":"=== RUN   TestA/x\u0026y\n"}
{"Action":"output","Package":"p","Test":"TestA/x\u0026y","Output":"    a_test.go:3: got \"1\"\n"}
{"Action":"output","Package":"p","Test":"TestA/x\u0026y","Output":"    --- FAIL: TestA/x\u0026y (0.02s)\n"}
{"Action":"fail","Package":"p","Test":"TestA/x\u0026y","Elapsed":0.02}
{"Action":"output","Package":"p","Output":"FAIL\n"}
{"Action":"fail","Package":"p","Elapsed":0.1}
"#;
    assert_eq!(
        go(text),
        "\
p | TestA/x&y | failed 0.02s | a_test.go:3 | a_test.go:3: got \"1\"
suite p failed Some(0.1)
"
    );
}

#[test]
fn packages_run_side_by_side_with_equal_names() {
    let text = r#"{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"q","Test":"TestA"}
{"Action":"skip","Package":"q","Test":"TestA","Elapsed":0}
{"Action":"pass","Package":"q","Elapsed":0.1}
{"Action":"output","Package":"p","Test":"TestA","Output":"panic: gone\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"\t/src/p_test.go:9 +0x1\n"}
{"Action":"fail","Package":"p","Elapsed":0.1}
{"Action":"skip","Package":"r","Elapsed":0}
"#;
    assert_eq!(
        go(text),
        "\
p | TestA | unfinished | /src/p_test.go:9 | panic: gone
q | TestA | skipped 0s
suite q passed Some(0.1)
suite p errored Some(0.1)
suite r skipped Some(0.0)
"
    );
}

#[test]
fn a_failed_build_is_an_errored_package_and_no_test() {
    let text = r##"{"ImportPath":"b [b.test]","Action":"build-output","Output":"# b [b.test]\n"}
{"ImportPath":"b [b.test]","Action":"build-fail"}
{"Time":"2026-01-02T03:04:05Z","Action":"start","Package":"b"}
{"Time":"2026-01-02T03:04:05Z","Action":"fail","Package":"b","Elapsed":0,"FailedBuild":"b [b.test]"}
"##;
    assert_eq!(go(text), "suite b errored Some(0.0)\n");
}

#[test]
fn an_error_is_preferred_to_an_earlier_log() {
    let text = r#"{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: connecting\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:2: refused\n","OutputType":"error"}
{"Action":"fail","Package":"p","Test":"TestA","Elapsed":0}
"#;
    assert!(go(text).contains("| a_test.go:2 | a_test.go:2: refused\n"));
}

#[test]
fn benchmarks_are_no_tests() {
    let text = r#"{"Action":"run","Package":"p","Test":"BenchmarkA"}
{"Action":"output","Package":"p","Test":"BenchmarkA","Output":"BenchmarkA-8 \t 20\t 3 ns/op\n"}
{"Action":"bench","Package":"p","Test":"BenchmarkA","Elapsed":0}
{"Action":"pass","Package":"p","Elapsed":0.1}
"#;
    assert_eq!(go(text), "suite p passed Some(0.1)\n");
}

#[test]
fn other_json_is_not_ours() {
    for text in [
        "{\"Action\":\"run\",\"User\":\"x\"}\n",
        "{\"Action\":\"deploy\",\"Package\":\"p\",\"Test\":\"TestA\"}\n",
        "{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"TestA\"\n",
        "{\"msg\":\"\\\"Action\\\":\\\"run\\\"\"}\n",
    ] {
        assert_eq!(go(text), "", "{text}");
    }
}

proptest! {
    #[test]
    fn the_usual_record_is_read_as_any_object(
        values in prop::array::uniform3(text()),
        action in prop::sample::select(vec!["run", "output", "pass", "nonsense"]),
        more in prop::collection::vec(member(), 0..3),
        end in prop::sample::select(vec!["}", "", "} ", "}}", "]"]),
    ) {
        let [time, package, test] = values;
        let more: String = more.iter().map(|member| format!(",{member}")).collect();
        let text = format!(
            r#"{{"Time":"{time}","Action":"{action}","Package":"{package}","Test":"{test}"{more}{end}"#
        );
        if let Some(usual) = Record::usual(&text) {
            let any = Record::any(&text);
            prop_assert_eq!(Some(format!("{usual:?}")), any.map(|r| format!("{r:?}")), "{}", text);
        }
    }
}

/// What stands between quotes.
fn text() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "p/q",
        "=== RUN   TestA\\n",
        "a \\\"b\\\" c",
        "\\\\",
        "\\\\\\n",
        "",
        "x\\",
        "TEST_PASS a",
        "ö",
    ])
}

/// A further member of a record.
fn member() -> impl Strategy<Value = String> {
    let seconds = prop::sample::select(vec!["0.12", "1", "-1", "1e3", "1.2.3", "null"]);
    let key = prop::sample::select(vec!["Output", "Output", "OutputType", "Test"]);
    prop_oneof![
        (key, text()).prop_map(|(key, text)| format!("\"{key}\":\"{text}\"")),
        seconds.prop_map(|seconds| format!("\"Elapsed\":{seconds}")),
    ]
}

#[test]
fn the_usual_record_is_recognised() {
    let line = r#"{"Time":"2026-01-02T03:04:05Z","Action":"output","Package":"p","Test":"T","Output":"a \"b\"\n"}"#;
    let record = Record::usual(line).unwrap();
    assert_eq!(record.output.unwrap().text(), "a \"b\"\n");
    for line in [
        r#"{"Time":"t","Action":"run","Package":"p","Test":"T"}"#,
        r#"{"Time":"t","Action":"pass","Package":"p","Test":"T","Elapsed":0.25}"#,
    ] {
        assert!(Record::usual(line).is_some(), "{line}");
    }
}
