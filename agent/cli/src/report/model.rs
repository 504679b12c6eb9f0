//! The one shape all report formats print: built from a ledger or from the agent's answers.

use sentinel_core::{Anomaly, Cause, Culprit};
use sentinel_parsers::Status;
use sentinel_parsers::event::{Counts, Gap, Printed};
use sentinel_parsers::ledger::{Ledger, Test};

/// What is known of a run, or of a parsed log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    /// The run; absent for a parsed log.
    pub(crate) run: Option<RunHead>,
    /// Tests by status.
    pub(crate) totals: Counts,
    /// Tests that passed after failing.
    pub(crate) flaky: u64,
    /// Totals as the frameworks printed them.
    pub(crate) printed: Option<Printed>,
    /// Number of tests announced.
    pub(crate) planned: Option<u64>,
    /// Dialects recognised.
    pub(crate) dialects: Vec<String>,
    /// All attempts of all tests by name, oldest first.
    pub(crate) tests: Vec<TestLine>,
    /// What the rules found, worst first.
    pub(crate) anomalies: Vec<Anomaly>,
    /// Known losses.
    pub(crate) gaps: Vec<GapLine>,
}

/// The run a report is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunHead {
    pub(crate) run_id: String,
    pub(crate) pipeline: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) branch: Option<String>,
    pub(crate) commit: Option<String>,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) started_ms: i64,
    pub(crate) ended_ms: Option<i64>,
    pub(crate) exit_code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) lost_bytes: u64,
}

/// One attempt of a test.
#[derive(Clone, Debug)]
pub(crate) struct TestLine {
    pub(crate) suite: String,
    pub(crate) name: String,
    pub(crate) status: Status,
    pub(crate) duration_s: Option<f64>,
    pub(crate) attempt: u32,
    /// Whether it is the test's latest attempt.
    pub(crate) latest: bool,
    /// Whether the test's tear-down failed beside its own result.
    pub(crate) teardown_error: bool,
    pub(crate) message: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) line: u64,
    /// Whose fault it is, if that was judged.
    pub(crate) cause: Option<Cause>,
}

/// A known loss.
#[derive(Clone, Debug)]
pub(crate) struct GapLine {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) reason: String,
}

impl GapLine {
    /// Whether nothing of it is known, rather than that whoever read on behind it had not read it.
    pub(crate) fn is_lost(&self) -> bool {
        self.reason != Gap::FORGOTTEN
    }
}

impl TestLine {
    /// Whose fault it is, how surely, and the best reason for it: `infra, 0.90: container db of pod ...`.
    pub(crate) fn fault(&self) -> Option<String> {
        let cause = self.cause.as_ref()?;
        let (class, why) = (cause.class.as_str(), cause.hints.first());
        if cause.class == Culprit::Unknown {
            return why.map(|why| format!("{class}: {}", why.text));
        }
        let why = why.map(|why| format!(": {}", why.text));
        let why = why.unwrap_or_default();
        Some(format!("{class}, {:.2}{why}", cause.confidence))
    }

    /// `suite > name`, or the name alone.
    pub(crate) fn title(&self) -> String {
        match (self.suite.is_empty(), self.name.is_empty()) {
            (true, _) => self.name.clone(),
            (false, true) => self.suite.clone(),
            (false, false) => format!("{} > {}", self.suite, self.name),
        }
    }
}

/// All attempts of a ledger's tests.
pub(crate) fn test_lines(tests: &[Test]) -> Vec<TestLine> {
    tests.iter().flat_map(lines_of).collect()
}

fn lines_of(test: &Test) -> impl Iterator<Item = TestLine> {
    let count = test.attempts.len();
    test.attempts
        .iter()
        .enumerate()
        .map(move |(i, attempt)| TestLine {
            suite: test.suite.as_deref().unwrap_or_default().to_owned(),
            name: test.name.to_string(),
            status: attempt.status,
            duration_s: attempt.duration_s,
            attempt: attempt.number,
            latest: i + 1 == count,
            teardown_error: test.teardown_error && i + 1 == count,
            message: attempt.message.as_deref().map(str::to_owned),
            location: attempt.location.as_deref().map(str::to_owned),
            line: attempt.line,
            cause: None,
        })
}

impl Report {
    /// What a ledger knows.
    pub(crate) fn of_ledger(ledger: &Ledger) -> Report {
        Report {
            run: None,
            totals: ledger.totals(),
            flaky: ledger.tests().iter().filter(|t| t.is_flaky()).count() as u64,
            printed: ledger.printed(),
            planned: ledger.planned(),
            dialects: ledger.dialects().map(str::to_owned).collect(),
            tests: test_lines(ledger.tests()),
            anomalies: Vec::new(),
            gaps: Vec::new(),
        }
    }

    /// The latest attempts that make a run red, by their status or by their tear-down, in order.
    pub(crate) fn failures(&self) -> impl Iterator<Item = &TestLine> {
        self.tests
            .iter()
            .filter(|t| t.latest && (t.status.is_failure() || t.teardown_error))
    }

    /// Tests that began and never ended.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = &TestLine> {
        self.tests
            .iter()
            .filter(|t| t.latest && t.status == Status::Unfinished)
    }

    /// The slowest results, slowest first; at most `n`, none under 100 ms.
    pub(crate) fn slowest(&self, n: usize) -> Vec<&TestLine> {
        let mut timed: Vec<&TestLine> = self
            .tests
            .iter()
            .filter(|t| t.duration_s.is_some_and(|d| d >= 0.1))
            .collect();
        timed.sort_by(|a, b| b.duration_s.total_cmp_option(a.duration_s));
        timed.truncate(n);
        timed
    }
}

/// Orders optional durations; a printed duration is never NaN, and if it were it would sort last.
trait TotalCmpOption {
    fn total_cmp_option(self, other: Self) -> std::cmp::Ordering;
}

impl TotalCmpOption for Option<f64> {
    fn total_cmp_option(self, other: Self) -> std::cmp::Ordering {
        self.unwrap_or(f64::NEG_INFINITY)
            .total_cmp(&other.unwrap_or(f64::NEG_INFINITY))
    }
}

/// The totals with the words of the contract; a test ended for its time counts as failed.
pub(crate) fn totals_json(counts: &Counts) -> serde_json::Value {
    serde_json::json!({
        "tests": counts.total(),
        "passed": counts[Status::Passed],
        "failed": counts[Status::Failed] + counts[Status::TimedOut],
        "errored": counts[Status::Errored],
        "skipped": counts[Status::Skipped],
        "xfail": counts[Status::Xfail],
        "xpass": counts[Status::Xpass],
        "todo": counts[Status::Todo],
        "unfinished": counts[Status::Unfinished],
    })
}

/// Printed totals: only the figures that were printed.
pub(crate) fn printed_json(printed: Option<Printed>) -> serde_json::Value {
    let Some(printed) = printed else {
        return serde_json::Value::Null;
    };
    let words = [
        "tests", "passed", "failed", "errored", "skipped", "xfail", "xpass", "todo",
    ];
    let figures = words.iter().zip(printed.to_array());
    figures
        .filter_map(|(word, n)| Some(((*word).to_owned(), serde_json::Value::from(n?))))
        .collect()
}

/// One attempt with the words of the contract.
pub(crate) fn test_json(test: &TestLine) -> serde_json::Value {
    let mut json = serde_json::json!({
        "suite": test.suite,
        "name": test.name,
        "status": test.status.as_str(),
        "duration_s": test.duration_s,
        "attempt": test.attempt,
        "message": test.message,
        "location": test.location,
        "line": test.line,
    });
    if let Some(cause) = &test.cause {
        json["cause"] = serde_json::json!(cause);
    }
    if test.teardown_error {
        json["teardown_error"] = true.into();
    }
    json
}
