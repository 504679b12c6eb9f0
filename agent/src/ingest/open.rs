//! `POST /v1/streams`: who sends, and for which run. Opening again is harmless and tells the
//! position.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use sentinel_core::{Input, Reply};
use sentinel_parsers::wire::{OpenStream, RunContext, StreamIdentity};

use super::body;
use super::identity::stream_id;
use super::{answer, ask};
use crate::api::problem::Problem;
use crate::app::App;

/// Bytes of the body at most.
const BODY: usize = 64 * 1024;
/// Bytes of a run's identifier at most.
const RUN_ID: usize = 128;
/// Bytes of a name of Kubernetes or of an environment, branch or pipeline at most.
const WORD: usize = 256;
/// Bytes of a command at most; more is cut, for it is only for people.
const COMMAND: usize = 1_024;
/// Labels of a run at most, and the bytes of their keys and values; what is beyond is left out.
const LABELS: (usize, usize, usize) = (32, 63, 256);

pub(crate) async fn open(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, sent) = request.into_parts();
    body::check_kind(&parts.headers, "application/json")?;
    let told = body::told_length(&parts.headers);
    let text = body::read(sent, told, BODY, app.bounds.body_pause).await?;
    let mut open: OpenStream =
        serde_json::from_slice(&text).map_err(|e| Problem::bad(e.to_string()))?;
    check_identity(&open.identity)?;
    check_run(&open.run)?;
    app.watch.limited.add(trim(&mut open));
    let stream = stream_id(&open.identity);
    let input = Input::OpenStream {
        stream: stream.clone(),
        open,
    };
    match ask(&app, input).await? {
        // What can be wrong with the request was looked for above: this is a limit.
        Reply::Refused(why) => {
            app.watch.limited.one();
            Err(Problem::busy(why))
        }
        reply => Ok(answer(stream, &reply)),
    }
}

fn check_identity(identity: &StreamIdentity) -> Result<(), Problem> {
    let StreamIdentity {
        cluster,
        pod_uid,
        container,
        restart: _,
        source,
        epoch,
    } = identity;
    for (field, value) in [
        ("cluster", cluster),
        ("pod_uid", pod_uid),
        ("container", container),
        ("source", source),
    ] {
        if value.len() > WORD || value.chars().any(char::is_control) {
            return Err(Problem::bad(format!(
                "identity.{field} must be at most {WORD} bytes without control characters"
            )));
        }
    }
    if source.is_empty() {
        return Err(Problem::bad("identity.source is empty"));
    }
    if epoch.len() != 32 || !epoch.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Problem::bad("identity.epoch must be 32 hex digits"));
    }
    Ok(())
}

fn check_run(run: &RunContext) -> Result<(), Problem> {
    let id = run.run_id.as_bytes();
    let fits = |b: &u8| b.is_ascii_alphanumeric() || b"._:/-".contains(b);
    if id.is_empty() || id.len() > RUN_ID || !id.iter().all(fits) {
        return Err(Problem::bad(format!(
            "run.run_id must be 1 to {RUN_ID} bytes of [A-Za-z0-9._:/-]"
        )));
    }
    Ok(())
}

/// Cuts what is only for people to its limits; gives the number of things cut.
fn trim(open: &mut OpenStream) -> u64 {
    let mut cut = 0;
    let mut shorten = |text: &mut Option<String>, most: usize| {
        if let Some(text) = text
            && text.len() > most
        {
            text.truncate(text.floor_char_boundary(most));
            cut += 1;
        }
    };
    let run = &mut open.run;
    shorten(&mut open.command, COMMAND);
    shorten(&mut run.pipeline, WORD);
    shorten(&mut run.environment, WORD);
    shorten(&mut run.branch, WORD);
    shorten(&mut run.commit, WORD);
    let labels = std::mem::take(&mut run.labels);
    let told = labels.len();
    let (most, key, value) = LABELS;
    run.labels = labels
        .into_iter()
        .filter(|(k, v)| k.len() <= key && v.len() <= value)
        .take(most)
        .collect::<BTreeMap<_, _>>();
    cut + (told - run.labels.len()) as u64
}
