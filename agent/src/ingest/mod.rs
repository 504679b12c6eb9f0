//! The delivery protocol's server side: open a stream, tell its position, take its frames.
//!
//! Every answer waits until what it tells, and everything before it, is durable.

mod body;
pub(crate) mod frames;
mod identity;
pub(crate) mod open;
pub(crate) mod position;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use sentinel_core::{Input, Reply};
use sentinel_parsers::wire::Position;
use tokio::sync::oneshot;

pub use identity::stream_id;

use crate::api::problem::Problem;
use crate::app::App;

/// Queues an input without a frame and waits for its answer.
async fn ask(app: &App, input: Input) -> Result<Reply, Problem> {
    let reply = app
        .door
        .submit(input, None, None)
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
    match *reply {
        Reply::At {
            committed, closed, ..
        } => position(committed, closed).into_response(),
        Reply::Hole { committed } => {
            (StatusCode::CONFLICT, position(committed, false)).into_response()
        }
        Reply::UnknownStream => {
            Problem::new(StatusCode::NOT_FOUND, "no such stream: open it first").into_response()
        }
        Reply::Refused(why) => Problem::bad(why).into_response(),
    }
}

/// Whether a word of the path can be a stream's name, before anything is asked about it.
fn is_stream_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
