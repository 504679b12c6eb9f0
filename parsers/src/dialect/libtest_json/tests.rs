//! Text in, tests out.

use crate::dialect::testing::told;

fn json(text: &str) -> String {
    told(&["libtest_json", "libtest"], text)
}

#[test]
fn results_belong_to_the_binary_of_the_heading() {
    let text = r#"     Running unittests src/lib.rs (target/debug/deps/shop-0123456789abcdef)
{ "type": "suite", "event": "started", "test_count": 3 }
{ "type": "test", "event": "started", "name": "cart::adds" }
{ "type": "test", "name": "cart::adds", "event": "ok", "exec_time": 0.25 }
{ "type": "test", "event": "started", "name": "cart::pays" }
{ "type": "test", "name": "cart::pays", "event": "failed", "exec_time": "0.5s", "stdout": "\nthread 'cart::pays' (7) panicked at src/cart.rs:9:5:\nno \"money\"\n" }
{ "type": "test", "name": "later", "event": "ignored", "message": "not yet" }
{ "type": "suite", "event": "failed", "passed": 1, "failed": 1, "ignored": 1, "measured": 0, "filtered_out": 0, "exec_time": 0.01 }
   Doc-tests shop
{ "type": "suite", "event": "started", "test_count": 1 }
{ "type": "test", "event": "started", "name": "src/lib.rs - Cart (line 3) - compile fail" }
"#;
    assert_eq!(
        json(text),
        "\
shop | cart::adds | passed 0.25s
shop | cart::pays | failed 0.5s | src/cart.rs:9 | no \"money\"
shop | later | skipped | not yet
doc | src/lib.rs - Cart (line 3) | unfinished
suite shop failed Some(0.01)
printed Some(3) Some(1) Some(1) Some(1)
"
    );
}

#[test]
fn nextest_names_the_binary_before_a_dollar() {
    let text = r#"{"type":"suite","event":"started","test_count":1,"nextest":{"crate":"a"}}
{"type":"test","event":"started","name":"a::b$works"}
{"type":"test","event":"ok","name":"a::b$works","exec_time":0.1}
"#;
    assert_eq!(json(text), "a::b | works | passed 0.1s\nplanned 1\n");
}

#[test]
fn a_bench_is_a_test_that_passed() {
    let text = r#"{"type":"suite","event":"started","test_count":1}
{"type":"bench","name":"b","median":12,"deviation":1}
{"type":"suite","event":"ok","passed":0,"failed":0,"ignored":0,"measured":1,"filtered_out":0}
"#;
    let got = json(text);
    assert!(got.starts_with("? | b | passed\n"), "{got}");
    assert!(
        got.ends_with("printed Some(1) Some(1) Some(0) Some(0)\n"),
        "{got}"
    );
}

#[test]
fn other_json_is_not_ours() {
    for text in [
        "{\"type\":\"test\",\"event\":\"ok\",\"name\":\"x\"}\n",
        "{\"type\":\"suite\",\"event\":\"started\"}\n",
        "{\"type\":\"suite\",\"event\":\"ok\",\"passed\":3}\n",
    ] {
        assert_eq!(json(text), "", "{text}");
    }
}
