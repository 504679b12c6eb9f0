//! The report as JUnit XML, in the Surefire dialect that CI systems read: earlier attempts become
//! `flakyFailure` or `rerunFailure`.

use std::fmt::Write as _;

use sentinel_parsers::Status;

use super::model::{Report, TestLine};

/// The whole report as a JUnit document.
pub(crate) fn report(report: &Report) -> String {
    let mut suites: Vec<(&str, Vec<&[TestLine]>)> = Vec::new();
    for attempts in report.tests.split_inclusive(|t| t.latest) {
        let suite = attempts[0].suite.as_str();
        match suites.iter_mut().find(|(name, _)| *name == suite) {
            Some((_, tests)) => tests.push(attempts),
            None => suites.push((suite, vec![attempts])),
        }
    }
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let name = report
        .run
        .as_ref()
        .map_or("sentinel", |r| r.run_id.as_str());
    let all: Vec<&[TestLine]> = suites
        .iter()
        .flat_map(|(_, tests)| tests.iter().copied())
        .collect();
    let _ = writeln!(
        xml,
        "<testsuites name=\"{}\"{}>",
        escape(name),
        figures(&all)
    );
    for (suite, tests) in &suites {
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\"{}>",
            escape(suite),
            figures(tests)
        );
        for attempts in tests {
            case(&mut xml, attempts);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// The counting attributes of a group of tests.
fn figures(tests: &[&[TestLine]]) -> String {
    let last = |t: &&[TestLine]| t[t.len() - 1].status;
    let count = |of: &[Status]| tests.iter().filter(|t| of.contains(&last(t))).count();
    let teardowns = tests
        .iter()
        .filter(|t| t[t.len() - 1].teardown_error)
        .count();
    let time: f64 = tests
        .iter()
        .flat_map(|t| t.iter())
        .filter_map(|t| t.duration_s)
        .sum();
    format!(
        " tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{time:.3}\"",
        tests.len(),
        count(&[Status::Failed, Status::TimedOut, Status::Xpass]),
        count(&[Status::Errored, Status::Unfinished]) + teardowns,
        count(&[Status::Skipped, Status::Xfail, Status::Todo]),
    )
}

fn case(xml: &mut String, attempts: &[TestLine]) {
    // `split_inclusive` never yields an empty slice.
    let last = &attempts[attempts.len() - 1];
    let _ = write!(
        xml,
        "    <testcase classname=\"{}\" name=\"{}\"",
        escape(&last.suite),
        escape(&last.name)
    );
    if let Some(seconds) = last.duration_s {
        let _ = write!(xml, " time=\"{seconds:.3}\"");
    }
    let mut inner = String::new();
    outcome(&mut inner, last, element(last.status));
    if last.teardown_error {
        outcome(&mut inner, last, Some("error"));
    }
    for earlier in &attempts[..attempts.len() - 1] {
        let kind = if last.status == Status::Passed {
            "flakyFailure"
        } else {
            "rerunFailure"
        };
        outcome(&mut inner, earlier, Some(kind));
    }
    if inner.is_empty() {
        xml.push_str("/>\n");
    } else {
        let _ = write!(xml, ">\n{inner}    </testcase>\n");
    }
}

/// The element that tells a status; none for a pass.
fn element(status: Status) -> Option<&'static str> {
    match status {
        Status::Passed => None,
        Status::Failed | Status::TimedOut | Status::Xpass => Some("failure"),
        Status::Errored | Status::Unfinished => Some("error"),
        Status::Skipped | Status::Xfail | Status::Todo => Some("skipped"),
    }
}

fn outcome(xml: &mut String, test: &TestLine, element: Option<&str>) {
    let Some(element) = element else { return };
    let message = test.message.as_deref().unwrap_or(test.status.as_str());
    let _ = write!(xml, "      <{element} message=\"{}\"", escape(message));
    if element != "skipped" {
        let _ = write!(xml, " type=\"{}\"", test.status.as_str());
    }
    match &test.location {
        Some(location) => {
            let _ = writeln!(xml, ">{}</{element}>", escape(location));
        }
        None => xml.push_str("/>\n"),
    }
}

/// Escapes for text and attributes; characters XML 1.0 cannot hold become U+FFFD.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
