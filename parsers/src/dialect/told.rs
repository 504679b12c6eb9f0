//! What a text tells, as text, for the tests of dialects.

use crate::Parser;
use crate::ledger::{Ledger, Test};

/// Parses with one dialect only; byte by byte, which must make no difference.
pub(crate) fn ledger(dialect: &str, text: &str) -> Ledger {
    let mut ledger = Ledger::new();
    let mut parser = Parser::with_dialects(|id| id == dialect);
    for byte in text.as_bytes() {
        parser.feed(&[*byte], &mut |event| ledger.apply(event));
    }
    parser.finish(&mut |event| ledger.apply(event));
    ledger
}

/// One line per test: `status suite | name`, then what else is known of it; then the unnamed
/// results, and the printed totals.
pub(crate) fn told(dialect: &str, text: &str) -> String {
    let ledger = ledger(dialect, text);
    let mut lines: Vec<String> = ledger.tests().iter().map(test_line).collect();
    if !ledger.unnamed().is_zero() {
        let counts: Vec<String> = crate::Status::ALL
            .iter()
            .filter(|s| ledger.unnamed()[**s] > 0)
            .map(|s| format!("{} {}", ledger.unnamed()[*s], s.as_str()))
            .collect();
        lines.push(format!("unnamed: {}", counts.join(", ")));
    }
    if let Some(p) = ledger.printed() {
        let words = [
            "tests", "passed", "failed", "errored", "skipped", "xfail", "xpass", "todo",
        ];
        let figures: Vec<String> = words
            .iter()
            .zip(p.to_array())
            .filter_map(|(word, n)| Some(format!("{} {word}", n?)))
            .collect();
        lines.push(format!("printed: {}", figures.join(", ")));
    }
    lines.join("\n")
}

fn test_line(test: &Test) -> String {
    let last = test.last();
    let mut line = format!(
        "{} {} | {}",
        last.status.as_str(),
        test.suite.as_deref().unwrap_or("-"),
        test.name
    );
    if let Some(seconds) = last.duration_s {
        line.push_str(&format!(" [{seconds}s]"));
    }
    if let Some(message) = &last.message {
        line.push_str(&format!(" <{message}>"));
    }
    if let Some(location) = &last.location {
        line.push_str(&format!(" @{location}"));
    }
    line
}
