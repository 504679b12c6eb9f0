//! What `sentinel run` exits with.

use clap::ValueEnum;
use sentinel_core::Severity;

use crate::exit::Exit;
use crate::report::model::Report;

/// From which severity on findings make a successful command fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Any finding
    Info,
    /// Warnings and worse
    Warning,
    /// Critical findings
    Critical,
    /// Nothing: always the command's own code
    Never,
}

/// A command that failed keeps its code. One that succeeded is believed only if tests were seen,
/// no evidence is missing, no test failed, and no finding is bad enough.
pub(crate) fn exit(fail_on: FailOn, command: i32, report: &Report) -> Exit {
    // Exit codes are one byte; a wrapper's 128 + N fits as well.
    let own = Exit::Command(u8::try_from(command).unwrap_or(u8::MAX));
    let least = match fail_on {
        FailOn::Never => return own,
        FailOn::Info => Severity::Info,
        FailOn::Warning => Severity::Warning,
        FailOn::Critical => Severity::Critical,
    };
    let status = report.run.as_ref().map_or("", |run| run.status.as_str());
    let found = report
        .anomalies
        .iter()
        .any(|a| !a.resolved && a.severity >= least);
    match status {
        _ if command != 0 => own,
        _ if report.totals.is_zero() => Exit::NoTests,
        "passed" if !found => Exit::Ok,
        "passed" | "failed" | "errored" | "timed_out" => Exit::Findings,
        _ => Exit::Incomplete,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::RunHead;
    use sentinel_core::{Anomaly, Category};
    use sentinel_parsers::Status;
    use sentinel_parsers::event::Counts;

    fn report(status: &str, tests: u64, finding: Option<Severity>) -> Report {
        let anomaly = |severity| Anomaly {
            run_id: "r".into(),
            rule: "rule".into(),
            subject: "run".into(),
            category: Category::Test,
            severity,
            title: String::new(),
            numbers: Vec::new(),
            evidence: Vec::new(),
            hints: Vec::new(),
            first_ms: 0,
            last_ms: 0,
            resolved: false,
        };
        Report {
            run: Some(RunHead {
                status: status.into(),
                ..RunHead::default()
            }),
            totals: Counts::of(Status::Passed, tests),
            anomalies: finding.map(anomaly).into_iter().collect(),
            ..Report::default()
        }
    }

    #[test]
    fn a_failing_command_keeps_its_code() {
        assert_eq!(
            exit(FailOn::Critical, 7, &report("failed", 3, None)),
            Exit::Command(7)
        );
        assert_eq!(
            exit(FailOn::Critical, 7, &report("incomplete", 0, None)),
            Exit::Command(7)
        );
    }

    #[test]
    fn success_is_believed_only_with_evidence() {
        let of = |r: &Report| exit(FailOn::Critical, 0, r);
        assert_eq!(of(&report("passed", 3, None)), Exit::Ok);
        assert_eq!(of(&report("incomplete", 0, None)), Exit::NoTests);
        assert_eq!(of(&report("incomplete", 3, None)), Exit::Incomplete);
        assert_eq!(of(&report("lost", 3, None)), Exit::Incomplete);
        assert_eq!(of(&report("failed", 3, None)), Exit::Findings);
    }

    #[test]
    fn findings_count_from_the_severity_asked_for() {
        let warned = report("passed", 3, Some(Severity::Warning));
        assert_eq!(exit(FailOn::Critical, 0, &warned), Exit::Ok);
        assert_eq!(exit(FailOn::Warning, 0, &warned), Exit::Findings);
        assert_eq!(
            exit(FailOn::Never, 0, &report("incomplete", 0, None)),
            Exit::Command(0)
        );
    }
}
