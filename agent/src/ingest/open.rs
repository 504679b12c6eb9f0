//! `POST /v1/streams`: who sends, and for which run. Opening again is harmless and tells the
//! position.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use sentinel_config::Role;
use sentinel_core::{Input, Reply};
use sentinel_parsers::wire::{OpenStream, RunContext, StreamIdentity};

use super::body;
use super::identity::owned_stream_id;
use super::{answer, ask};
use crate::api::problem::Problem;
use crate::app::App;
use crate::audit::{Act, AuditRow, Verb};
use crate::auth::Caller;
use crate::forward::wire::{self, Opened, Via};
use crate::server::{Peer, Seat};
use crate::steps::Step;

/// Bytes of the body at most.
const BODY: usize = 64 * 1024;
/// Bytes of a run's identifier at most.
pub(crate) const RUN_ID: usize = 128;
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
    let length = body::within(told, BODY)?;
    let _room = body::room(&app, "opening", length).await?;
    let seat = parts.extensions.get::<Arc<Seat>>();
    let text = body::read(sent, told, BODY, app.bounds.body_pause, seat).await?;
    let Opened { mut open, via } =
        serde_json::from_slice(&text).map_err(|e| Problem::bad(e.to_string()))?;
    check_identity(&open.identity)?;
    check_run(&open.run)?;
    app.watch.limited.add(trim(&mut open));
    let caller = parts.extensions.get::<Caller>().cloned();
    let caller = caller.unwrap_or_default();
    check_pod(&app, &caller, &open.identity, &parts)?;
    check_via(&app, &caller, via.as_ref())?;
    let stream = owned_stream_id(&open.identity, caller.name());
    let audit = caller.name().map(|name| AuditRow {
        at_ms: app.clock.now_ms(),
        act: Act {
            actor: Some(name.to_owned()),
            verb: Verb::OpenedStream,
            object: format!("{} of run {}", stream, open.run.run_id),
            peer: peer(&parts),
        },
    });
    let mut step = Step::from(input(stream.clone(), open, via));
    step.audit = audit;
    match ask(&app, step).await? {
        // What can be wrong with the request was looked for above: this is a limit.
        Reply::Refused(why) => {
            app.watch.limited.one();
            Err(Problem::busy(why))
        }
        reply => Ok(answer(stream, &reply)),
    }
}

fn input(stream: String, open: OpenStream, via: Option<Via>) -> Input {
    match via {
        None => Input::OpenStream { stream, open },
        Some(via) => Input::Relay {
            stream,
            open,
            via: sentinel_core::Via {
                node: via.node,
                silent_ms: i64::try_from(via.silent_ms).unwrap_or(i64::MAX),
            },
        },
    }
}

/// Only a hub takes streams by way of nodes, and only of those that may speak for any pod.
fn check_via(app: &App, caller: &Caller, via: Option<&Via>) -> Result<(), Problem> {
    let Some(via) = via else { return Ok(()) };
    if !wire::is_node(&via.node) {
        return Err(Problem::bad("via.node is not the name of a node"));
    }
    if app.role != Role::Hub {
        let detail = "this agent is no hub (agent.role): it takes no streams by way of nodes";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    if caller.is_bound() {
        app.watch.refused.one();
        let detail = "the token stands for a pod, not for a node";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    Ok(())
}

fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<Peer>().map(|peer| peer.0.ip())
}

/// A token that stands for a pod does not speak for another.
fn check_pod(
    app: &App,
    caller: &Caller,
    identity: &StreamIdentity,
    parts: &Parts,
) -> Result<(), Problem> {
    if caller.speaks_for(&identity.pod_uid) {
        return Ok(());
    }
    app.watch.refused.one();
    app.note(Act {
        actor: caller.name().map(str::to_owned),
        verb: Verb::Refused,
        object: format!("a stream of pod {}", identity.pod_uid),
        peer: peer(parts),
    });
    let detail = "the token stands for another pod";
    Err(Problem::new(StatusCode::FORBIDDEN, detail))
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

/// Whether a run may be called that.
pub(crate) fn is_run_id(id: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"._:/-".contains(&b);
    // Never a path here, but it may become one elsewhere, and of an address it is a part.
    let climbs = |part: &str| matches!(part, "" | "." | "..");
    id.len() <= RUN_ID && id.bytes().all(fits) && !id.split('/').any(climbs)
}

fn check_run(run: &RunContext) -> Result<(), Problem> {
    if !is_run_id(&run.run_id) {
        return Err(Problem::bad(format!(
            "run.run_id must be 1 to {RUN_ID} bytes of [A-Za-z0-9._:/-], and no path like `..`"
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
