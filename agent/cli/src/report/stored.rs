//! A report of a stored run, from the agent's views.

use sentinel_agent::api::view::{PrintedTotals, RunView, TestView, Totals};
use sentinel_parsers::Status;
use sentinel_parsers::event::{Counts, Printed};

use super::model::{GapLine, Report, RunHead, TestLine};
use crate::exit::Failure;
use crate::source::Source;

impl Report {
    /// Everything the source knows of a run.
    pub(crate) fn of_run(source: &Source, id: &str) -> Result<Report, Failure> {
        let run = source.run(id)?;
        let tests = source.tests(&run.run_id)?;
        let mut anomalies = source.anomalies(&run.run_id)?;
        anomalies.sort_by(|a, b| {
            b.severity
                .cmp(&a.severity)
                .then(a.first_ms.cmp(&b.first_ms))
        });
        Ok(Report {
            totals: counts(&run.totals),
            flaky: run.flaky,
            printed: run.printed.map(printed),
            planned: run.planned,
            dialects: run.dialects.clone(),
            tests: tests.iter().flat_map(test_lines).collect(),
            anomalies,
            gaps: run
                .gaps
                .iter()
                .map(|g| GapLine {
                    from: g.from,
                    to: g.to,
                    reason: g.reason.clone(),
                })
                .collect(),
            run: Some(head(run)),
        })
    }
}

fn head(run: RunView) -> RunHead {
    RunHead {
        run_id: run.run_id,
        pipeline: run.pipeline,
        environment: run.environment,
        branch: run.branch,
        commit: run.commit,
        status: run.status.as_str().to_owned(),
        reason: run.reason,
        started_ms: run.started_ms,
        ended_ms: run.ended_ms,
        exit_code: run.exit_code,
        signal: run.signal,
        lost_bytes: run.lost_bytes,
    }
}

fn test_lines(test: &TestView) -> Vec<TestLine> {
    let latest = TestLine {
        suite: test.suite.clone(),
        name: test.name.clone(),
        status: test.status,
        duration_s: test.duration_s,
        attempt: test.attempt,
        latest: true,
        teardown_error: test.teardown_error,
        message: test.message.clone(),
        location: test.location.clone(),
        line: test.line,
        cause: test.cause.clone(),
    };
    let earlier = test.earlier.iter().map(|attempt| TestLine {
        status: attempt.status,
        duration_s: attempt.duration_s,
        attempt: attempt.attempt,
        latest: false,
        teardown_error: false,
        message: attempt.message.clone(),
        location: attempt.location.clone(),
        line: attempt.line,
        cause: attempt.cause.clone(),
        ..latest.clone()
    });
    let mut lines: Vec<TestLine> = earlier.collect();
    lines.push(latest);
    lines
}

/// The view's totals as counts.
pub(crate) fn counts(totals: &Totals) -> Counts {
    let mut counts = Counts::ZERO;
    for (status, n) in [
        (Status::Passed, totals.passed),
        (Status::Failed, totals.failed),
        (Status::Errored, totals.errored),
        (Status::Skipped, totals.skipped),
        (Status::Xfail, totals.xfail),
        (Status::Xpass, totals.xpass),
        (Status::Todo, totals.todo),
        (Status::TimedOut, totals.timed_out),
        (Status::Unfinished, totals.unfinished),
    ] {
        counts.add(status, n);
    }
    counts
}

fn printed(view: PrintedTotals) -> Printed {
    Printed {
        tests: view.tests,
        passed: view.passed,
        failed: view.failed,
        errored: view.errored,
        skipped: view.skipped,
        xfail: view.xfail,
        xpass: view.xpass,
        todo: view.todo,
    }
}
