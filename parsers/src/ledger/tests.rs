//! What events mean for counting, as little scripts: one event per line in, tests and totals out.

use super::*;
use crate::event::{TestDetail, TestEnd, TestStart};

/// An event of a stream's first line.
pub(super) fn first_line<'a>(dialect: &'a str, body: Body<'a>) -> Event<'a> {
    Event {
        offset: 0,
        sub: 0,
        line: 1,
        time_ms: None,
        lane: 0,
        dialect,
        body,
    }
}

/// Folds a script and prints the tests and totals. A line is `VERB SUITE NAME REST...`; `-` is an
/// unknown suite, `#n` in the rest an attempt.
fn fold(script: &str) -> String {
    let mut ledger = Ledger::new();
    for (i, line) in script
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .enumerate()
    {
        let words: Vec<&str> = line.split(' ').collect();
        let body = body(&words);
        let line = i as u64 + 1;
        let time_ms = Some(1000 * line as i64);
        ledger.apply(&Event {
            offset: line,
            sub: 0,
            line,
            time_ms,
            lane: 0,
            dialect: "d",
            body,
        });
    }
    show(&ledger)
}

fn body<'a>(words: &[&'a str]) -> Body<'a> {
    let suite = Some(words[1]).filter(|s| *s != "-");
    let name = words.get(2).copied().unwrap_or_default();
    let rest = words.get(3..).unwrap_or_default();
    let attempt = rest.iter().find_map(|w| w.strip_prefix('#')?.parse().ok());
    let status = rest.iter().find_map(|w| Status::parse(w));
    let message = rest.iter().find_map(|w| w.strip_prefix("m="));
    let end = || {
        let status = status.expect("a script names the status");
        TestEnd {
            attempt,
            message,
            ..TestEnd::new(suite, name, status)
        }
    };
    match words[0] {
        "start" => Body::TestStart(TestStart {
            suite,
            name,
            attempt,
            tags: None,
        }),
        "end" => Body::TestEnd(end()),
        "recap" => Body::TestEnd(TestEnd {
            recap: true,
            ..end()
        }),
        "teardown" => Body::TestEnd(TestEnd {
            teardown: true,
            ..end()
        }),
        "recap-teardown" => Body::TestEnd(TestEnd {
            recap: true,
            teardown: true,
            ..end()
        }),
        "detail" => Body::TestDetail(TestDetail {
            suite,
            name,
            message,
            location: None,
        }),
        "count" => {
            let counts = Counts::of(status.expect("a status"), name.parse().expect("a number"));
            Body::Counted(Counted { suite, counts })
        }
        "adopt" => Body::SuiteEnd(crate::event::SuiteEnd {
            suite: words[1],
            status: None,
            duration_s: None,
            adopts: true,
        }),
        "suite" => Body::SuiteStart(crate::event::SuiteStart {
            suite: words[1],
            tags: None,
        }),
        other => panic!("no verb {other}"),
    }
}

fn show(ledger: &Ledger) -> String {
    let mut out: Vec<String> = ledger
        .tests()
        .iter()
        .map(|t| {
            let suite = t.suite.as_deref().unwrap_or("-");
            let attempts: Vec<String> = t
                .attempts
                .iter()
                .map(|a| {
                    let message = a.message.as_deref().map(|m| format!("({m})"));
                    format!(
                        "#{}:{}{}",
                        a.number,
                        a.status.as_str(),
                        message.unwrap_or_default()
                    )
                })
                .collect();
            let teardown = if t.teardown_error { " teardown" } else { "" };
            format!("{suite} {} {}{teardown}", t.name, attempts.join(" "))
        })
        .collect();
    let totals: Vec<String> = Status::ALL
        .iter()
        .filter(|s| ledger.totals()[**s] > 0)
        .map(|s| format!("{}={}", s.as_str(), ledger.totals()[*s]))
        .collect();
    out.push(format!("= {}", totals.join(" ")));
    out.join("\n")
}

fn check_fold(script: &str, expected: &[&str]) {
    assert_eq!(fold(script), expected.join("\n"));
}

#[test]
fn a_result_closes_the_test_that_is_open() {
    check_fold(
        "start s a\nend s a passed",
        &["s a #1:passed", "= passed=1"],
    );
    check_fold(
        "start s a\nstart s b\nend s b failed",
        &[
            "s a #1:unfinished",
            "s b #1:failed",
            "= failed=1 unfinished=1",
        ],
    );
}

#[test]
fn a_repeated_name_is_a_further_test_and_a_numbered_one_a_further_attempt() {
    check_fold(
        "end s a passed\nend s a failed",
        &["s a #1:passed", "s a #1:failed", "= passed=1 failed=1"],
    );
    check_fold(
        "end s a failed #1\nend s a passed #2",
        &["s a #1:failed #2:passed", "= passed=1"],
    );
    check_fold(
        "start s a #1\nend s a failed #1\nstart s a #2\nend s a passed #2",
        &["s a #1:failed #2:passed", "= passed=1"],
    );
}

#[test]
fn tests_told_without_a_suite_belong_to_the_suite_that_ends_next() {
    check_fold(
        "end - a passed\nstart - b\nadopt p\nend - a failed\nadopt q",
        &[
            "p a #1:passed",
            "p b #1:unfinished",
            "q a #1:failed",
            "= passed=1 failed=1 unfinished=1",
        ],
    );
}

#[test]
fn a_recap_names_a_result_that_was_only_counted() {
    check_fold(
        "count s 3 passed\ncount s 2 failed\nrecap s::T a failed m=boom",
        &["s::T a #1:failed(boom)", "= passed=3 failed=2"],
    );
}

#[test]
fn a_recap_amends_a_named_result_and_counts_nothing() {
    check_fold(
        "end s a failed\nrecap s a failed m=boom\nrecap s a failed m=later",
        &["s a #1:failed(boom)", "= failed=1"],
    );
}

#[test]
fn a_recap_of_an_unknown_test_is_a_result() {
    check_fold("recap s a failed", &["s a #1:failed", "= failed=1"]);
}

#[test]
fn a_detail_waits_for_its_result_if_it_comes_first() {
    check_fold(
        "detail - a d m=why\nend s a failed",
        &["s a #1:failed(why)", "= failed=1"],
    );
    check_fold(
        "end s a failed\ndetail - a d m=why",
        &["s a #1:failed(why)", "= failed=1"],
    );
}

#[test]
fn a_failed_teardown_counts_beside_the_result() {
    check_fold(
        "end s a passed\nteardown s a errored\nteardown s a errored",
        &["s a #1:passed teardown", "= passed=1 errored=1"],
    );
}

#[test]
fn a_recap_of_a_failed_teardown_names_the_error_and_the_passed_test_that_were_counted() {
    check_fold(
        "count s 2 passed\ncount s 1 errored\nrecap-teardown s a errored m=gone",
        &["s a #1:passed(gone) teardown", "= passed=2 errored=1"],
    );
    check_fold(
        "count s 1 failed\ncount s 1 errored\nrecap s a failed m=no\nrecap-teardown s a errored m=gone",
        &["s a #1:failed(no) teardown", "= failed=1 errored=1"],
    );
    check_fold(
        "count s 1 errored\nrecap-teardown s a errored",
        &["s a #1:errored", "= errored=1"],
    );
}

#[test]
fn suite_counts_follow_the_results() {
    let mut ledger = Ledger::new();
    for (i, words) in [vec!["start", "s", "a"], vec!["end", "s", "a", "failed"]]
        .iter()
        .enumerate()
    {
        let body = body(words);
        let at = i as u64;
        ledger.apply(&Event {
            offset: at,
            sub: 0,
            line: at,
            time_ms: None,
            lane: 0,
            dialect: "d",
            body,
        });
    }
    assert_eq!(ledger.suites()["s"].counts, Counts::of(Status::Failed, 1));
    assert_eq!(ledger.take_changed().len(), 1);
    assert!(ledger.take_changed().is_empty());
}

#[test]
fn recaps_of_one_name_go_through_its_results_of_that_status_in_order() {
    check_fold(
        "end s a failed\nend s a passed\nend s a failed\nrecap s a failed m=x\nrecap s a failed m=y\nrecap s a failed m=z",
        &[
            "s a #1:failed(x)",
            "s a #1:passed",
            "s a #1:failed(y)",
            "= passed=1 failed=2",
        ],
    );
}

#[test]
fn results_of_one_name_close_its_starts_oldest_first_even_when_one_runs_again() {
    check_fold(
        "start s a\nstart s a\nend s a passed\nend s a failed\nstart s a #2\nend s a #2 passed",
        &["s a #1:passed", "s a #1:failed #2:passed", "= passed=2"],
    );
}

#[test]
fn a_test_that_runs_a_suite_is_taken_back() {
    let told = |last: &str| {
        fold(&format!(
            "end - a passed\nstart - b\n{last}\nend s c failed\nadopt p"
        ))
    };
    assert_eq!(
        told("suite b"),
        fold("end - a passed\nend s c failed\nadopt p")
    );
    for other in [
        "suite a",
        "suite c",
        "end - b passed\nsuite b",
        "start - d\nsuite b",
    ] {
        assert!(told(other).contains("p b"), "{other}: {}", told(other));
    }
}

#[test]
fn orphans_of_two_dialects_share_a_name_and_only_one_is_adopted() {
    let mut ledger = Ledger::new();
    let mut tell = |dialect, body| {
        ledger.apply(&first_line(dialect, body));
    };
    let start = |name| {
        Body::TestStart(TestStart {
            suite: None,
            name,
            attempt: None,
            tags: None,
        })
    };
    tell("one", start("a"));
    tell("two", start("a"));
    tell(
        "one",
        Body::SuiteEnd(crate::event::SuiteEnd {
            suite: "s",
            status: None,
            duration_s: None,
            adopts: true,
        }),
    );
    tell(
        "two",
        Body::TestEnd(TestEnd::new(None, "a", Status::Passed)),
    );
    let seen: Vec<_> = ledger
        .tests()
        .iter()
        .map(|t| (t.suite.as_deref(), t.status()))
        .collect();
    assert_eq!(
        seen,
        [(Some("s"), Status::Unfinished), (None, Status::Passed)]
    );
}

/// Quadratic work would keep this from ending.
#[test]
fn very_many_tests_of_one_name_are_no_trouble() {
    let mut ledger = Ledger::new();
    let mut script: Vec<Body<'_>> = Vec::new();
    let n = 40_000;
    for _ in 0..n {
        script.push(Body::TestStart(TestStart {
            suite: None,
            name: "a",
            attempt: None,
            tags: None,
        }));
    }
    for _ in 0..n {
        script.push(Body::TestEnd(TestEnd::new(None, "a", Status::Passed)));
    }
    script.push(Body::SuiteEnd(crate::event::SuiteEnd {
        suite: "s",
        status: None,
        duration_s: None,
        adopts: true,
    }));
    for _ in 0..n {
        script.push(Body::TestDetail(TestDetail {
            suite: None,
            name: "elsewhere",
            message: None,
            location: None,
        }));
    }
    for body in script {
        ledger.apply(&first_line("d", body));
    }
    assert_eq!(ledger.totals()[Status::Passed], n);
    assert_eq!(ledger.suites().len(), 1);
}

#[test]
fn writers_adopt_and_close_only_their_own_tests() {
    let mut ledger = Ledger::new();
    // Two go test services run tests of the same names at once.
    let script = [
        (1, "start - TestA"),
        (2, "start - TestA"),
        (2, "end - TestA failed m=two"),
        (1, "start - TestB"),
        (2, "detail - TestB m=early"),
        (1, "end - TestB failed"),
        (2, "adopt two -"),
        (1, "end - TestA passed"),
        (1, "adopt one -"),
        (2, "end - TestB failed"),
        (2, "recap - TestB failed m=late"),
        (0, "adopt none -"),
    ];
    for (i, (lane, line)) in (0u64..).zip(script) {
        let words: Vec<&str> = line.split(' ').collect();
        ledger.apply(&Event {
            offset: i,
            sub: 0,
            line: i,
            time_ms: None,
            lane,
            dialect: "go_test",
            body: body(&words),
        });
    }
    assert_eq!(
        show(&ledger),
        "one TestA #1:passed\n\
         two TestA #1:failed(two)\n\
         one TestB #1:failed\n\
         - TestB #1:failed(early)\n\
         = passed=1 failed=3"
    );
}

#[test]
fn beyond_the_limit_a_test_that_begins_and_ends_counts_once() {
    let mut ledger = Ledger::new();
    ledger.limit(2);
    let mut test = |n: u64, suite: &str, end: bool| {
        let name = format!("t{n}");
        let (suite, name) = (Some(suite), name.as_str());
        let body = match end {
            true => Body::TestEnd(TestEnd::new(suite, name, Status::Passed)),
            false => Body::TestStart(TestStart {
                suite,
                name,
                attempt: None,
                tags: None,
            }),
        };
        ledger.apply(&Event {
            offset: n,
            sub: u32::from(end),
            line: n,
            time_ms: None,
            lane: 0,
            dialect: "d",
            body,
        });
        (ledger.dropped(), ledger.totals()[Status::Unfinished])
    };
    for n in 0..5 {
        test(n, "s", false);
        test(n, "s", true);
    }
    // Begun in one suite, and told without a beginning in another.
    test(5, "s", false);
    assert_eq!(test(6, "other", true), (5, 1));
    assert_eq!(ledger.totals()[Status::Passed], 6);
    assert_eq!(ledger.suites()["s"].counts[Status::Passed], 5);
    assert_eq!(ledger.suites()["s"].counts[Status::Unfinished], 1);
}
