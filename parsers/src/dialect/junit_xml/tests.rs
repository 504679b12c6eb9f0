//! JUnit reports in, tests out. The documents are our own, after those that frameworks write.

use super::scan::{Scanner, Token, decoded};
use crate::dialect::{testing, told};

fn junit(text: &str) -> String {
    told::told("junit_xml", text)
}

#[test]
fn results_have_messages_from_attribute_or_body_and_entities_are_resolved() {
    let text = r#"$ cat report.xml
<?xml version="1.0" encoding="UTF-8"?>
<!-- written by
  a < b -->
<testsuites tests="7" failures="2" errors="1" skipped="2">
  <testsuite name="a.B" tests="7"
      hostname="vm">
    <properties>
      <property name="x" value="a > b"/>
    </properties>
    <testcase classname="a.B" name="adds &lt;int&gt; &#233; &#x1F4A9; &amp;amp;" time="1,234.5"/>
    <testcase name='says "no"' classname="a.B" time="0.25">
      <failure type="E" message="1 != 2&#10;more">at a.B:3</failure>
      <failure message="again"/>
    </testcase>
    <testcase classname="a.B"
              name="breaks"
              time="0.002"
    >
      <error type="E"><![CDATA[

  java.io.IOException: <disk> full
    at a.B:3
]]></error>
      <system-out>not ok</system-out>
    </testcase>
    <testcase classname="a.B" name="waits"><skipped/></testcase>
    <testcase classname="a.B" name="later"><skipped message="on &apos;ARM&apos; only"></skipped></testcase>
    <testcase classname="a.B" name="known"><skipped type="pytest.xfail" message="bug 3" /></testcase>
    <testcase classname="a.B" name="body"><failure message="">
      expected: &lt;1&gt; &unknown; &
    </failure></testcase>
  </testsuite>
</testsuites>
done
"#;
    assert_eq!(
        junit(text),
        r#"passed a.B | adds <int> é 💩 &amp; [1234.5s]
failed a.B | says "no" [0.25s] <1 != 2>
errored a.B | breaks [0.002s] <java.io.IOException: <disk> full>
skipped a.B | waits
skipped a.B | later <on 'ARM' only>
xfail a.B | known <bug 3>
failed a.B | body <expected: <1> &unknown; &>
printed: 7 tests, 2 failed, 1 errored, 2 skipped"#
    );
}

#[test]
fn one_line_may_hold_a_whole_document_and_more() {
    let text = "<?xml version='1.0'?><testsuites tests=\"1\"><testsuite name=\"s\"><testcase name=\"a\" classname=\"c\"/></testsuite></testsuites><testsuite name=\"t\" tests=\"2\"><testcase name=\"b\"><failure>no</failure></testcase><testcase name=\"b\"/></testsuite> trailing
<testsuite>
<testsuite name=\"inner\"><testcase name=\"c\"></testcase></testsuite>
</testsuite>
<testcase name=\"outside\"/>
";
    assert_eq!(
        junit(text),
        "passed c | a
failed t | b <no>
passed t | b
passed inner | c
printed: 3 tests"
    );
}

#[test]
fn the_suite_is_the_class_unless_that_says_nothing() {
    let text = r#"<testsuites>
<testsuite name="Linux-c++"><testcase name="unit.all" classname="unit.all"/></testsuite>
<testsuite name="(empty)"><testcase name="unit.all" classname="unit.all"/></testsuite>
<testsuite name="outer" disabled="0"><testsuite name="inner" disabled="0">
<testcase name="node" classname="test"/>
</testsuite></testsuite>
<testsuite name="pytest"><testcase name="test_a" classname="test"/></testsuite>
<testsuite name="A\BTest"><testcase name="testC" class="A\BTest" classname="A.BTest"/></testsuite>
<testsuite name="Stray"><testcase name="" classname=""><failure/></testcase></testsuite>
<testcase name="bare"/>
</testsuites>
"#;
    assert_eq!(
        junit(text),
        r"passed Linux-c++ | unit.all
passed  | unit.all
passed outer > inner | node
passed test | test_a
passed A\BTest | testC
failed  | 
passed  | bare"
    );
}

#[test]
fn tries_are_kept_apart() {
    let text = r#"<testsuite name="s">
<testcase name="flaky" classname="c" time="0.3">
<flakyFailure message="first" time="0.1"><stackTrace>x</stackTrace></flakyFailure>
<flakyError type="E">second</flakyError>
</testcase>
<testcase name="broken" classname="c" time="0.2">
<failure message="one"/><rerunFailure message="two" time="0.4"/><rerunError message="three"/>
</testcase>
</testsuite>
"#;
    let ledger = told::ledger("junit_xml", text);
    let tries = |at: usize| -> Vec<(u32, &str, Option<&str>, Option<f64>)> {
        let attempts = ledger.tests()[at].attempts.iter();
        attempts
            .map(|a| {
                (
                    a.number,
                    a.status.as_str(),
                    a.message.as_deref(),
                    a.duration_s,
                )
            })
            .collect()
    };
    assert_eq!(
        tries(0),
        [
            (1, "failed", Some("first"), Some(0.1)),
            (2, "errored", Some("second"), None),
            (3, "passed", None, Some(0.3)),
        ]
    );
    assert!(ledger.tests()[0].is_flaky());
    assert_eq!(
        tries(1),
        [
            (1, "failed", Some("one"), Some(0.2)),
            (2, "failed", Some("two"), Some(0.4)),
            (3, "errored", Some("three"), None),
        ]
    );
}

#[test]
fn phpunits_title_and_pytests_wrapping_are_no_messages() {
    let text = r#"<testsuite name="s">
<testcase name="testA with data set #0" classname="A.B" class="A\B"><failure type="E">A\B::testA with data set #0 (1, 'x')
Failed asserting that two strings are not identical.
</failure></testcase>
<testcase name="testW" classname="A.B" class="A\B"><warning>A\B::testW
No tests found</warning></testcase>
<testcase name="tests.test_x" classname=""><error message="collection failure">ImportError while importing
trio</error></testcase>
<testcase name="t" classname="m"><error message="failed on setup with &quot;OSError: full&quot;">long</error></testcase>
</testsuite>
"#;
    assert_eq!(
        junit(text),
        r"failed A\B | testA with data set #0 <Failed asserting that two strings are not identical.>
errored A\B | testW <No tests found>
errored  | tests.test_x <ImportError while importing>
errored m | t <OSError: full>"
    );
}

#[test]
fn output_in_it_is_read_by_nobody_and_lines_between_its_elements_by_others() {
    let text = r#"[ RUN      ] Before.Open
[       OK ] Before.Open (1 ms)
<testsuite name="s">
<testcase name="a"><system-out><![CDATA[
TAP version 13
1..1
ok 1 - inside
[ RUN      ] In.Side
[       OK ] In.Side (1 ms)
<testsuites><testcase name="text"/>
]]></system-out><system-err>
[ RUN      ] In.Error
[       OK ] In.Error (1 ms)
</system-err></testcase>
[ RUN      ] Be.Tween
[       OK ] Be.Tween (1 ms)
<testcase name="b" status="notrun"/>
</testsuite>
[ RUN      ] Af.Ter
[       OK ] Af.Ter (1 ms)
"#;
    assert_eq!(
        testing::told(&["junit_xml", "tap", "googletest"], text),
        "Before | Open | passed 0.001s
s | a | passed
Be | Tween | passed 0.001s
Af | Ter | passed 0.001s
"
    );
}

#[test]
fn a_document_that_breaks_off_loses_no_result_it_told() {
    let cut = |end: &str| {
        let text = "<testsuites tests=\"5\"><testsuite name=\"s\">
<testcase name=\"a\"/>
"
        .to_owned()
            + end;
        junit(&text)
    };
    let told = "passed s | a\n";
    let printed = "\nprinted: 5 tests";
    assert_eq!(
        cut("<testcase name=\"b\"><failure message=\"m\">text"),
        format!("{told}failed s | b <m>{printed}")
    );
    assert_eq!(
        cut("<testcase name=\"b\"><system-out>text"),
        format!("{told}unfinished s | b{printed}")
    );
    assert_eq!(
        cut(
            "<testcase name=\"b\">\n<?xml version='1.0'?><testsuites tests=\"1\"><testcase name=\"c\"/></testsuites>\n"
        ),
        format!("{told}unfinished s | b\npassed  | c\nprinted: 6 tests")
    );
    assert_eq!(cut("<testcase name=\"b"), format!("passed s | a{printed}"));
    // Others go on where it was given up.
    let others = "nothing of it\n".repeat(300);
    assert_eq!(
        cut(&format!("{others}<testcase name=\"late\"/>")),
        format!("passed s | a{printed}")
    );
}

#[test]
fn a_line_over_the_cap_breaks_off_and_reading_goes_on_at_the_next_tag() {
    let long = "x".repeat(crate::line::LINE_CAP);
    let text = format!(
        "<testsuites>\n <testsuite name=\"s\"><testcase name=\"a\"/><testcase name=\"b\"><failure>
{long}</failure></testcase><testcase name=\"c\"/>
rest of a text
</failure></testcase><testcase name=\"d\" classname=\"s\"/></testsuite></testsuites>
<testcase name=\"outside\"/>"
    );
    let told = junit(&text);
    let names: Vec<&str> = told
        .lines()
        .map(|l| l.split('<').next().unwrap_or(l))
        .collect();
    assert_eq!(names, ["passed s | a", "failed s | b ", "passed s | d"]);
}

#[test]
fn other_xml_is_no_report() {
    for other in [
        "<testsuites>\n<testsuite name=\"unit\"><directory>tests</directory></testsuite>\n</testsuites>\n",
        "see <testsuite name=\"a\"><testcase name=\"b\"/></testsuite>\n",
        "<testsuiteX><testcase name=\"b\"/></testsuiteX>\n",
        "<?xml version='1.0'?>\n<project><testcase name=\"b\"/></project>\n",
        "<testsuite",
        "<testsuites tests=\"3\">",
    ] {
        assert_eq!(junit(other), "", "{other}");
    }
}

#[test]
fn many_levels_and_endless_tags_are_bounded() {
    let deep = "<testsuite name=\"s\">".repeat(100)
        + "<testcase name=\"a\"/>"
        + &"</testsuite>".repeat(100);
    assert_eq!(
        junit(&(deep + "<testcase name=\"outside\"/>")),
        "passed s | a"
    );
    let endless = "<testsuite name=\"s\"><testcase name=\"a\"/><testcase name=\"".to_owned()
        + &"line\n".repeat(3000)
        + "<testcase name=\"b\"/>";
    assert_eq!(junit(&endless), "passed s | a");
}

#[test]
fn the_scanner_puts_together_what_lines_cut() {
    let mut scanner = Scanner::default();
    let mut out = Vec::new();
    for line in [
        "a<b c='1",
        "2' d=\">\"",
        "/><!-- x",
        "<y> --> z<![CDATA[<q",
        "]] >]]></b><",
        "5 < 6",
    ] {
        scanner.line(line, &mut |token| {
            out.push(match token {
                Token::Open(tag) => format!(
                    "{} {:?} {}",
                    tag.name,
                    tag.attributes().collect::<Vec<_>>(),
                    tag.empty
                ),
                other => format!("{other:?}"),
            });
        });
    }
    assert_eq!(
        out,
        [
            "Text(\"a\")",
            "b [(\"c\", \"1\\n2\"), (\"d\", \">\")] true",
            "Text(\" z\")",
            "Data(\"<q\")",
            "Data(\"]] >\")",
            "Close(\"b\")",
            "Text(\"<\")",
            "Text(\"5 \")",
            "Text(\"<\")",
            "Text(\" 6\")",
        ]
    );
    assert_eq!(
        decoded("a&lt;é&#0;&#x110000;&amp", 100),
        "a<é\0&#x110000;&amp"
    );
    assert_eq!(decoded("aé&gt;é", 4), "aé>");
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_strange(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..60)) {
        let text = pieces.concat();
        let whole = told::ledger("junit_xml", &text);
        let cases = pieces.iter().filter(|p| p.starts_with("<testcase")).count();
        proptest::prop_assert!(whole.tests().len() <= cases);
    }
}

const PIECES: &[&str] = &[
    "<testsuites tests=\"3\">",
    "</testsuites>",
    "<testsuite name=\"s\"",
    ">",
    "</testsuite>",
    "<testcase name=\"a\">",
    "<testcase name=\"b\"/>",
    "<testcase ",
    "name=\"",
    "\"",
    "</testcase>",
    "<failure message=\"m\">",
    "<failure/>",
    "</failure>",
    "<skipped/>",
    "<system-out>",
    "</system-out>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?xml",
    "?>",
    "&lt;",
    "&",
    "<",
    "\n",
    "\n",
    "\n",
    "text",
    "<flakyFailure/>",
    "<rerunFailure>",
    "é",
];

#[test]
fn tests_behind_a_failure_s_text_are_read_however_long_their_line_is() {
    let cases: String = (0..3000)
        .map(|n| {
            format!("<testcase classname=\"a.B\" name=\"test_{n}\" time=\"0.001\"></testcase>")
        })
        .collect();
    let failure = "<testcase classname=\"a.B\" name=\"x\"><failure message=\"m\">one\n  at two</failure></testcase>";
    let log =
        format!("<?xml version=\"1.0\"?><testsuite name=\"s\">{failure}{cases}</testsuite>\n");
    assert!(cases.len() > crate::line::LINE_CAP);
    for size in [1, 4096, log.len()] {
        let mut ended = 0;
        let mut parser = crate::Parser::new();
        let mut count = |event: &crate::Event<'_>| {
            ended += u32::from(matches!(event.body, crate::Body::TestEnd(_)));
        };
        for chunk in log.as_bytes().chunks(size) {
            parser.feed(chunk, &mut count);
        }
        parser.finish(&mut count);
        assert_eq!(
            (ended, parser.cut_bytes()),
            (3001, 0),
            "in chunks of {size}"
        );
    }
}
