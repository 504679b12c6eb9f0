//! Why tests failed: whether the log's reason was told, and whether it is the one of the report.

use sentinel_parsers::Status;
use sentinel_parsers::ledger::Test;

use crate::truth::{Truth, TruthTest};

/// Whether the log should say why it failed: of a Go test whose sub-tests failed nothing is said.
pub(crate) fn expected(truth: &Truth, want: &TruthTest) -> bool {
    let name = want.name.as_deref().unwrap_or_default();
    let is_below = |t: &TruthTest| {
        let below = t.name.as_deref().and_then(|n| n.strip_prefix(name));
        t.status == "failed" && t.suite == want.suite && below.is_some_and(|b| b.starts_with('/'))
    };
    let go = truth
        .framework_of(want)
        .is_some_and(|f| f.starts_with("go-test"));
    !(go && truth.tests.iter().any(is_below))
}

/// Whether any try of the test was told with a reason, of which a time-out is one.
pub(crate) fn told(got: &Test) -> bool {
    if got.status() == Status::TimedOut {
        return true;
    }
    let mut said = got.attempts.iter().filter_map(|a| a.message.as_deref());
    said.any(|text| !text.trim().is_empty())
}

/// Whether the reason told is the report's; `None` if the report has none. Reports with several tries
/// may lead with the first.
pub(crate) fn right(want: &TruthTest, got: &Test) -> Option<bool> {
    let truth = want.says()?;
    let mut said = got.attempts.iter().filter_map(|a| a.message.as_deref());
    Some(said.any(|told| agrees(truth, told)))
}

/// Whether the told message is the truth's, compared by prefix: both are cut somewhere. `${...}`
/// in the truth stands for a folder.
pub(crate) fn agrees(truth: &str, told: &str) -> bool {
    if let (true, Some(rest)) = (truth.contains("${"), truth.split('}').nth(1)) {
        return !told.is_empty()
            && told.contains(rest.split("${").next().unwrap_or(rest).trim_end());
    }
    // Node's own assertions have a code that only some reporters print.
    let truth = truth.trim().replacen(" [ERR_ASSERTION]: ", ": ", 1);
    let told = told.trim().replacen(" [ERR_ASSERTION]: ", ": ", 1);
    // Jest's console leaves this beginning of a stack out (`separateMessageFromStack`).
    let truth = match truth.strip_prefix("Error: ") {
        Some(bare) if !told.starts_with("Error: ") => bare,
        _ => &truth,
    };
    let shorter = truth.len().min(told.len());
    let common = truth
        .bytes()
        .zip(told.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    shorter > 0 && (common == shorter || common >= 60)
}
