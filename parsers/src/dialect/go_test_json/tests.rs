//! Text in, tests out.

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
