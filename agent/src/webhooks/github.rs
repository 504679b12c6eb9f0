//! GitHub: a workflow's run begins and ends, one of its jobs tells of it, and other systems' checks.
//!
//! The run of a workflow is `github:OWNER/REPOSITORY/RUN/ATTEMPT`; in a job that is
//! `github:$GITHUB_REPOSITORY/$GITHUB_RUN_ID/$GITHUB_RUN_ATTEMPT`. Only `workflow_run` tells its end: a job is
//! a part of it.
//!
//! A check run of GitHub Actions is passed over: it stands for a job and names no attempt, and `workflow_job`
//! says the same. That of another system is a run of its own, `github:OWNER/REPOSITORY/check/ID` by the
//! system's own reference (`external_id`), or else by GitHub's number.

use sentinel_core::{Outcome, Told};
use sentinel_parsers::wire::RunContext;
use serde_json::Value;

use super::field::{attempt, number, run_id, text, word};
use super::{Call, Said};

const KIND: &str = "github";
const SOURCE: &str = "webhook:github";
/// Bytes of another system's reference that make a run's identifier; a longer one does not.
const REFERENCE: usize = 64;

/// What the delivery says.
pub(super) fn hear(call: &Call<'_>) -> Said {
    match call.header("x-github-event") {
        Some("ping") => Said::Greeting,
        Some("workflow_run") => Said::of(SOURCE, workflow_run(call)),
        Some("workflow_job") => Said::of(SOURCE, workflow_job(call)),
        Some("check_run") if word(call.body, "/check_run/app/slug") == Some("github-actions") => {
            Said::Other("a check run of GitHub Actions says nothing that its workflow_job does not")
        }
        Some("check_run") => Said::of(SOURCE, check_run(call)),
        _ => Said::Other("not an event that says something of a run"),
    }
}

fn workflow_run(call: &Call<'_>) -> Option<(RunContext, Told)> {
    let mut context = workflow(call.body, "/workflow_run/id", "/workflow_run/run_attempt")?;
    let run = call.body.get("workflow_run")?;
    context.pipeline = text(run, "/name");
    about(&mut context, run);
    let end = match word(call.body, "/action") {
        Some("completed") => conclusion(call, word(run, "/conclusion")),
        Some("requested" | "in_progress") => Told::GoesOn,
        _ => Told::Nothing,
    };
    Some((context, end))
}

fn workflow_job(call: &Call<'_>) -> Option<(RunContext, Told)> {
    let (run, try_) = ("/workflow_job/run_id", "/workflow_job/run_attempt");
    let mut context = workflow(call.body, run, try_)?;
    let job = call.body.get("workflow_job")?;
    context.pipeline = text(job, "/workflow_name");
    about(&mut context, job);
    // The job's own page is none of the run's.
    context.labels.clear();
    Some((context, Told::Nothing))
}

/// A workflow's run by its number and attempt.
fn workflow(body: &Value, run: &str, try_: &str) -> Option<RunContext> {
    let place = word(body, "/repository/full_name")?;
    let try_ = attempt(body, try_).unwrap_or(1);
    let name = format!("{}/{try_}", number(body, run)?);
    Some(RunContext {
        run_id: run_id(KIND, place, &name),
        attempt: Some(try_),
        ..RunContext::default()
    })
}

fn about(context: &mut RunContext, of: &Value) {
    context.branch = text(of, "/head_branch");
    context.commit = text(of, "/head_sha");
    let page = text(of, "/html_url").map(|url| ("url".to_owned(), url));
    context.labels.extend(page);
}

fn check_run(call: &Call<'_>) -> Option<(RunContext, Told)> {
    let place = word(call.body, "/repository/full_name")?;
    let check = call.body.get("check_run")?;
    let id = number(check, "/id")?.to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let own = word(check, "/external_id")
        .filter(|own| own.len() <= REFERENCE && own.chars().all(plain))
        .map_or(id, str::to_owned);
    let mut context = RunContext {
        run_id: run_id(KIND, &format!("{place}/check"), &own),
        pipeline: text(check, "/name"),
        ..RunContext::default()
    };
    about(&mut context, check);
    context.branch = text(check, "/check_suite/head_branch");
    let end = match word(check, "/status")? {
        "completed" => conclusion(call, word(check, "/conclusion")),
        _ => Told::GoesOn,
    };
    Some((context, end))
}

/// How it ended. What was skipped or is neutral failed nowhere, and makes nothing green by itself; what is stale
/// took GitHub too long to hear of; what waits for somebody's approval goes on after it.
fn conclusion(call: &Call<'_>, word: Option<&str>) -> Told {
    let outcome = match word {
        Some("success" | "skipped" | "neutral") => Outcome::Succeeded,
        Some("timed_out" | "stale") => Outcome::TimedOut,
        Some("cancelled") => Outcome::Aborted,
        Some("action_required") => return Told::GoesOn,
        // Also what is not known here yet: nothing is green by a word that nobody understands.
        _ => Outcome::Failed,
    };
    call.ended(outcome, word.unwrap_or("completed without a conclusion"))
}
