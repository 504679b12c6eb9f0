//! The report as JSON, schema `sentinel.report/1`.

use serde_json::{Value, json};

use super::model::{Report, printed_json, test_json, totals_json};

/// The whole report as one JSON object.
pub(crate) fn report(report: &Report) -> Value {
    json!({
        "schema": "sentinel.report/1",
        "run": report.run.as_ref().map(|run| json!({
            "run_id": run.run_id,
            "pipeline": run.pipeline,
            "environment": run.environment,
            "branch": run.branch,
            "commit": run.commit,
            "status": run.status,
            "reason": run.reason,
            "started_ms": run.started_ms,
            "ended_ms": run.ended_ms,
            "exit_code": run.exit_code,
            "signal": run.signal,
            "lost_bytes": run.lost_bytes,
        })),
        "dialects": report.dialects,
        "totals": totals_json(&report.totals),
        "flaky": report.flaky,
        "printed_totals": printed_json(report.printed),
        "planned": report.planned,
        "tests": report.tests.iter().map(test_json).collect::<Vec<_>>(),
        "anomalies": report.anomalies,
        "gaps": report.gaps.iter().map(|g| json!({
            "from": g.from, "to": g.to, "bytes": g.to - g.from, "reason": g.reason,
        })).collect::<Vec<_>>(),
    })
}
