//! Jenkins, by its notification plugin: a build begins and ends.
//!
//! The run is `jenkins:JOB/BUILD`; in a build that is `jenkins:$JOB_NAME/$BUILD_NUMBER`.

use sentinel_core::{Outcome, Told};
use sentinel_parsers::wire::RunContext;
use serde_json::Value;

use super::field::{number, run_id, text, word};
use super::{Call, Said};

/// What the delivery says.
pub(super) fn hear(call: &Call<'_>) -> Said {
    Said::of("webhook:jenkins", build(call))
}

fn build(call: &Call<'_>) -> Option<(RunContext, Told)> {
    let build = call.body.get("build")?;
    let job = job(call.body)?;
    // One that is queued may have no number yet: nothing can be said of it.
    let number = number(build, "/number")?;
    let mut context = RunContext {
        run_id: run_id("jenkins", &job, &number.to_string()),
        pipeline: Some(job),
        branch: text(build, "/scm/branch"),
        commit: text(build, "/scm/commit"),
        ..RunContext::default()
    };
    let page = text(build, "/full_url").map(|url| ("url".to_owned(), url));
    context.labels.extend(page);
    let end = match word(build, "/phase") {
        Some("QUEUED" | "STARTED") => Told::GoesOn,
        // The second comes after the first, once archives are written, and says the same.
        Some("COMPLETED" | "FINALIZED") => status(call, word(build, "/status")),
        _ => Told::Nothing,
    };
    Some((context, end))
}

/// The job's name with its folders, which are in its address only: `job/FOLDER/job/NAME/`.
fn job(body: &Value) -> Option<String> {
    let name = word(body, "/name")?;
    let parts: Vec<&str> = word(body, "/url")
        .map(|url| url.split('/').filter(|part| !part.is_empty()).collect())
        .unwrap_or_default();
    let is_path = parts.len() > 2 && parts.iter().step_by(2).all(|part| *part == "job");
    // Whatever is encoded in the address would not be in the build's environment.
    let plain = parts.len().is_multiple_of(2)
        && parts.last() == Some(&name)
        && !parts.concat().contains('%');
    if is_path && plain {
        let folders: Vec<&str> = parts.into_iter().skip(1).step_by(2).collect();
        return Some(folders.join("/"));
    }
    Some(name.to_owned())
}

/// How it ended. An unstable build is one whose tests failed; one that was not built never came to them.
fn status(call: &Call<'_>, word: Option<&str>) -> Told {
    let outcome = match word {
        Some("SUCCESS") => Outcome::Succeeded,
        Some("ABORTED" | "NOT_BUILT") => Outcome::Aborted,
        _ => Outcome::Failed,
    };
    call.ended(outcome, word.unwrap_or("completed without a status"))
}
