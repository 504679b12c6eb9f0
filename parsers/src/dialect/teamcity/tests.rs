//! Messages in, tests out.

use super::super::testing::told;

fn tests(text: &str) -> String {
    told(&["teamcity"], text)
}

#[test]
fn suites_of_a_flow_are_joined_and_flows_kept_apart() {
    insta::assert_snapshot!(tests(
        "##teamcity[testCount count='3']\n\
         ##teamcity[testSuiteStarted name='cart' flowId='1']\n\
         ##teamcity[testSuiteStarted name='other' flowId='2']\n\
         ##teamcity[testSuiteStarted name='totals' flowId='1']\n\
         ##teamcity[testStarted name='adds' flowId='1']\n\
         ##teamcity[testStarted name='adds' flowId='2']\n\
         ##teamcity[testFailed name='adds' flowId='2' message='no|nmore' details=' /s/a.js:9|n ']\n\
         ##teamcity[testFinished name='adds' flowId='1' duration='12']\n\
         ##teamcity[testFinished name='adds' flowId='2' duration='1.5']\n\
         ##teamcity[testIgnored name='later' flowId='1' message='not |[yet|]']\n\
         ##teamcity[testSuiteFinished name='cart' flowId='1']\n"
    ));
}

#[test]
fn the_location_hint_of_phpunit_says_the_class() {
    insta::assert_snapshot!(tests(
        "##teamcity[testSuiteStarted name='/s/tests' flowId='9']\n\
         ##teamcity[testSuiteStarted name='App\\CartTest' locationHint='php_qn:///s/tests/CartTest.php::\\App\\CartTest' flowId='9']\n\
         ##teamcity[testSuiteStarted name='testSum' locationHint='php_qn:///s/tests/CartTest.php::\\App\\CartTest::testSum' flowId='9']\n\
         ##teamcity[testStarted name='testSum with data set #0' locationHint='php_qn:///s/tests/CartTest.php::\\App\\CartTest::testSum with data set #0' flowId='9']\n\
         ##teamcity[testFinished name='testSum with data set #0' duration='3' flowId='9']\n\
         ##teamcity[testSuiteFinished name='testSum' flowId='9']\n\
         ##teamcity[testSuiteFinished name='App\\CartTest' flowId='9']\n"
    ));
}

#[test]
fn a_dotted_name_falls_in_two_where_its_own_part_is_given() {
    assert!(
        tests(
            "##teamcity[testStarted metainfo='T.t|[a.b|]' name='d.m.T.t|[a.b|]']\n\
         ##teamcity[testFinished name='d.m.T.t|[a.b|]']\n"
        )
        .starts_with("d.m.T | t[a.b] | passed")
    );
}

#[test]
fn a_failure_is_kept_when_its_end_or_its_name_is_cut_off() {
    let open = "##teamcity[testStarted name='a' flowId='1']\n";
    assert!(
        tests(&format!(
            "{open}##teamcity[testFailed name='a' message='no' flowId='1']\n"
        ))
        .starts_with(" | a | failed | no")
    );
    assert!(
        tests(&format!(
            "{open}##teamcity[testFailed details='{}",
            "x".repeat(70_000)
        ))
        .starts_with(" | a | failed")
    );
    assert!(tests(open).starts_with(" | a | unfinished"));
}

#[test]
fn with_retry_support_a_repeated_name_is_a_further_attempt() {
    let text = "##teamcity[testRetrySupport enabled='true']\n\
                ##teamcity[testStarted name='a']\n\
                ##teamcity[testFailed name='a' message='no']\n\
                ##teamcity[testFinished name='a']\n\
                ##teamcity[testStarted name='a']\n\
                ##teamcity[testFinished name='a']\n";
    assert_eq!(tests(text).matches(" | a | ").count(), 1);
    let twice = text.replace("true", "false");
    assert_eq!(tests(&twice).matches(" | a | ").count(), 2);
}

#[test]
fn messages_that_are_not_about_tests_open_nothing() {
    assert_eq!(
        tests(
            "##teamcity[progressMessage 'tests']\n##teamcity[message text='testStarted']\n##teamcity[testStarted]\n"
        ),
        ""
    );
}
