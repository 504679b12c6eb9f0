//! The delivery protocol's server side: open a stream, tell its position, take its frames.
//!
//! Every answer waits until what it tells, and everything before it, is durable.

pub(crate) mod body;
pub(crate) mod collect;
pub(crate) mod frames;
mod identity;
pub(crate) mod open;
pub(crate) mod position;

use axum::Json;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use sentinel_core::Reply;
use sentinel_parsers::wire::Position;
use tokio::sync::oneshot;

use identity::{Owned, owned};
pub use identity::{owned_stream_id, stream_id};

use crate::api::problem::Problem;
use crate::app::App;
use crate::audit::{Act, Verb};
use crate::auth::Caller;
use crate::steps::Step;

/// Queues an input without a frame and waits for its answer.
async fn ask(app: &App, step: impl Into<Step>) -> Result<Reply, Problem> {
    let reply = app
        .door
        .submit(step)
        .inspect_err(|_| app.watch.busy.one())?;
    settled(reply).await
}

/// The answer, once durable. None comes when the agent stops before that.
async fn settled(reply: oneshot::Receiver<Option<Reply>>) -> Result<Reply, Problem> {
    let reply = reply.await.ok().flatten();
    reply.ok_or_else(|| Problem::busy("the agent is stopping"))
}

/// The answer to the sender of a stream.
fn answer(stream: String, reply: &Reply) -> Response {
    let position = |committed, closed| {
        Json(Position {
            stream,
            committed,
            closed,
        })
    };
    match reply {
        &Reply::At {
            committed, closed, ..
        } => position(committed, closed).into_response(),
        &Reply::Hole { committed } => {
            (StatusCode::CONFLICT, position(committed, false)).into_response()
        }
        // What a collector is told is no answer to a sender.
        Reply::UnknownStream | Reply::ToRead(_) => unknown().into_response(),
        Reply::Refused(why) => Problem::bad(*why).into_response(),
    }
}

/// Checks that a word of the path names a stream of the caller's, before anything is asked about it.
fn check_owner(app: &App, stream: &str, request: &Request) -> Result<(), Problem> {
    let caller = request.extensions().get::<Caller>();
    let name = caller.and_then(Caller::name);
    match owned(stream, name) {
        Owned::Yes => Ok(()),
        Owned::Unknown => Err(unknown()),
        Owned::Foreign => {
            app.watch.refused.one();
            app.note(Act::of_request(name, Verb::Refused, request));
            let detail = "the stream belongs to somebody else";
            Err(Problem::new(StatusCode::FORBIDDEN, detail))
        }
    }
}

fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no such stream: open it first")
}
