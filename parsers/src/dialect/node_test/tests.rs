//! Text in, tests out.

use crate::dialect::testing::told;

fn node(text: &str) -> String {
    told(&["node_test"], text)
}

#[test]
fn suites_enclose_their_tests_and_errors_stand_below_them() {
    let text = "\
▶ cart
  ✔ adds (35.481741ms)
  ▶ with a coupon
    ✖ subtracts (2.407096ms)
      AssertionError [ERR_ASSERTION]: 1 == 2
          at helper (/w/test/cart.js:16:14)
          at run (node:internal/test_runner/test:796:25) {
        generatedMessage: true,
        code: 'ERR_ASSERTION'
      }

    ﹣ waits (0.1ms) # SKIP no net
  ✖ with a coupon (3.1ms)
  ✔ plans (0.2ms) # TODO
✖ cart (117.12ms)
✔ alone (1ms)
ℹ tests 5
ℹ suites 2
ℹ pass 2
ℹ fail 1
ℹ cancelled 0
ℹ skipped 1
ℹ todo 1
ℹ duration_ms 1948.93

✖ failing tests:

test at test/cart.js:10:3
✖ subtracts (2.407096ms)
  AssertionError [ERR_ASSERTION]: 1 == 2
      at helper (/w/test/cart.js:16:14)
";
    assert_eq!(
        node(text),
        "\
cart | adds | passed 0.035481741s
cart > with a coupon | subtracts | failed 0.002407096s | /w/test/cart.js:16 | 1 == 2
cart > with a coupon | waits | skipped 0.0001s | no net
cart | plans | todo 0.0002s
 | alone | passed 0.001s
printed Some(5) Some(2) Some(1) Some(1)
"
    );
}

#[test]
fn where_errors_stand_only_in_the_list_it_tells_them() {
    let text = "\
✖ /w/test/crash.js (211.5ms)
✖ twice (1.5ms)
✖ twice (2.5ms)
ℹ tests 3
ℹ fail 3

✖ failing tests:

test at test/crash.js:1:1
✖ /w/test/crash.js (211.5ms)
  'test failed'

test at test/a.js:3:1
✖ twice (1.5ms)
  [Error: first]

test at test/a.js:9:1
✖ twice (2.5ms)
  Error: second
      at TestContext.<anonymous> (file:///w/test/a.js:10:2)
";
    assert_eq!(
        node(text).trim_start(),
        "\
| /w/test/crash.js | failed 0.2115s | test/crash.js:1 | test failed
 | twice | failed 0.0015s | test/a.js:3 | first
 | twice | failed 0.0025s | /w/test/a.js:10 | second
printed Some(3) None Some(3) None
"
    );
}

#[test]
fn marks_without_nodes_exact_times_tell_nothing() {
    for text in [
        "✔ installed\n",
        "✔ built (12ms)\n",
        "✖ failing tests:\n",
        "▶ cart\n  ✔ adds (12 ms)\n",
        "ℹ tests are fun\n",
    ] {
        assert_eq!(node(text), "", "{text}");
    }
}
