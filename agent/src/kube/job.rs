//! A Job's JSON, trimmed to what the core judges by.

use sentinel_core::fact::{JobEnd, JobFact};
use serde_json::Value;

use super::trim::{count, list, ours, owner, text, time};

/// What matters of a Job; `None` if it has no uid or no name.
#[must_use]
pub fn job_fact(job: &Value) -> Option<JobFact> {
    let (meta, status) = (&job["metadata"], &job["status"]);
    Some(JobFact {
        uid: text(&meta["uid"])?,
        namespace: text(&meta["namespace"]).unwrap_or_default(),
        name: text(&meta["name"])?,
        sentinel: ours(&[meta, &job["spec"]["template"]["metadata"]]),
        owner: owner(meta),
        completions: job["spec"]["completions"]
            .is_u64()
            .then(|| count(&job["spec"]["completions"])),
        succeeded: count(&status["succeeded"]),
        failed: count(&status["failed"]),
        started_ms: time(&status["startTime"]),
        end: end(status),
    })
}

fn end(status: &Value) -> Option<JobEnd> {
    let conditions = list(&status["conditions"]).iter();
    let mut last = conditions.filter(|condition| {
        let over = condition["type"] == "Complete" || condition["type"] == "Failed";
        over && condition["status"] == "True"
    });
    let condition = last.next()?;
    Some(JobEnd {
        condition: text(&condition["type"])?,
        reason: text(&condition["reason"]).unwrap_or_default(),
        at_ms: time(&condition["lastTransitionTime"]),
    })
}
