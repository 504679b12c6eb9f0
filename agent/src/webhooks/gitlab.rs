//! GitLab: a pipeline begins and ends, and one of its jobs tells of it.
//!
//! The run is `gitlab:PROJECT/PIPELINE`; in a job that is `gitlab:$CI_PROJECT_PATH/$CI_PIPELINE_ID`. Only the
//! pipeline tells its end. One whose jobs are tried again goes on as the same run.

use sentinel_core::{Outcome, Told};
use sentinel_parsers::wire::RunContext;
use serde_json::Value;

use super::field::{number, run_id, text, word};
use super::{Call, Said};

const SOURCE: &str = "webhook:gitlab";
/// Jobs of a pipeline looked at for the reason of its failure.
const JOBS: usize = 1_000;

/// What the delivery says.
pub(super) fn hear(call: &Call<'_>) -> Said {
    match call.header("x-gitlab-event") {
        Some("Pipeline Hook") => Said::of(SOURCE, pipeline(call)),
        Some("Job Hook") => Said::of(SOURCE, job(call)),
        _ => Said::Other("not an event that says something of a run"),
    }
}

fn pipeline(call: &Call<'_>) -> Option<(RunContext, Told)> {
    let about = call.body.get("object_attributes")?;
    let mut context = run(call.body, number(about, "/id")?)?;
    context.branch = text(about, "/ref");
    context.commit = text(about, "/sha");
    let page = text(about, "/url").map(|url| ("url".to_owned(), url));
    context.labels.extend(page);
    Some((context, status(call, word(about, "/status"))))
}

fn job(call: &Call<'_>) -> Option<(RunContext, Told)> {
    let mut context = run(call.body, number(call.body, "/pipeline_id")?)?;
    context.branch = text(call.body, "/ref");
    context.commit = text(call.body, "/sha");
    Some((context, Told::Nothing))
}

fn run(body: &Value, pipeline: u64) -> Option<RunContext> {
    let project = word(body, "/project/path_with_namespace")?;
    Some(RunContext {
        run_id: run_id("gitlab", project, &pipeline.to_string()),
        pipeline: Some(project.to_owned()),
        ..RunContext::default()
    })
}

/// How far it is. What was skipped failed nowhere, and makes nothing green by itself; what waits for somebody to
/// start it goes on after that.
fn status(call: &Call<'_>, word: Option<&str>) -> Told {
    match word {
        Some(word @ ("success" | "skipped")) => call.ended(Outcome::Succeeded, word),
        Some(word @ "canceled") => call.ended(Outcome::Aborted, word),
        Some(word @ "failed") => match reason(call.body) {
            Some(why @ ("job_execution_timeout" | "stuck_or_timeout_failure")) => {
                call.ended(Outcome::TimedOut, why)
            }
            Some(why) => call.ended(Outcome::Failed, why),
            None => call.ended(Outcome::Failed, word),
        },
        Some(_) => Told::GoesOn,
        None => Told::Nothing,
    }
}

/// Why the first job failed that was not allowed to.
fn reason(body: &Value) -> Option<&str> {
    let jobs = body.get("builds")?.as_array()?;
    jobs.iter().take(JOBS).find_map(|job| {
        let may = job.get("allow_failure").and_then(Value::as_bool);
        let failed = word(job, "/status") == Some("failed") && may != Some(true);
        failed.then(|| word(job, "/failure_reason")).flatten()
    })
}
