//! `POST /v1/streams/{id}/frames`: one or more frames back to back; the answer is the position
//! once all of them are durable.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use sentinel_core::{Input, Reply};
use sentinel_parsers::frame::{Frame, FrameError};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::body;
use super::{answer, is_stream_id, settled};
use crate::api::problem::Problem;
use crate::app::App;

/// What a body of frames says it is.
const KIND: &str = "application/vnd.sentinel.frame";

pub(crate) async fn frames(
    State(app): State<Arc<App>>,
    Path(stream): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    if !is_stream_id(&stream) {
        return Ok(answer(stream, &Reply::UnknownStream));
    }
    if let Some(why) = app.watch.store_failing() {
        // What waits already is tried again; more would only wait with it.
        app.watch.busy.one();
        return Err(Problem::busy(format!("nothing can be stored: {why}")));
    }
    let (parts, sent) = request.into_parts();
    body::check_kind(&parts.headers, KIND).inspect_err(|_| app.watch.frames_rejected.one())?;
    let told = body::told_length(&parts.headers);
    // Room for the body is taken before it is read, for as long as the request lasts.
    let most = app.bounds.body;
    let _room = room(&app, told.unwrap_or(most).min(most))?;
    let body = body::read(sent, told, most, app.bounds.body_pause)
        .await
        .inspect_err(|_| app.watch.limited.one())?;
    app.watch.body_bytes.add(body.len() as u64);
    if body.is_empty() {
        return Err(Problem::bad("no frame in the body"));
    }

    let (waiting, trouble) = submit_all(&app, &stream, &body);
    let mut last = None;
    for reply in waiting {
        last = Some(settled(reply).await?);
    }
    match (trouble, last) {
        (Some(problem), _) => Err(problem),
        (None, Some(reply)) => Ok(answer(stream, &reply)),
        (None, None) => Err(Problem::bad("no frame in the body")),
    }
}

/// Queues the frames of a body in order, up to the first that cannot be taken; those before it are
/// taken all the same.
fn submit_all(
    app: &App,
    stream: &str,
    body: &Bytes,
) -> (Vec<oneshot::Receiver<Option<Reply>>>, Option<Problem>) {
    let mut waiting = Vec::new();
    let (mut at, mut inflated) = (0, 0);
    while at < body.len() {
        let frame = Frame::decode(&body[at..], &app.bounds.frame);
        let (frame, length) = match frame {
            Ok(decoded) => decoded,
            Err(error) => {
                app.watch.frames_rejected.one();
                return (waiting, Some(unreadable(&error, at)));
            }
        };
        inflated += frame.payload_len();
        if inflated > app.bounds.inflated {
            app.watch.limited.one();
            let most = app.bounds.inflated;
            let detail = format!("the body inflates to more than {most} bytes: send fewer frames");
            return (waiting, Some(Problem::too_large(detail)));
        }
        let raw = body.slice(at..at + length);
        at += length;
        let submitted = room(app, frame.payload_len()).and_then(|held| {
            let stream = stream.to_owned();
            let input = Input::Frame { stream, frame };
            let submitted = app.door.submit(input, Some(raw), Some(held));
            Ok(submitted.inspect_err(|_| app.watch.busy.one())?)
        });
        match submitted {
            Ok(reply) => waiting.push(reply),
            Err(problem) => return (waiting, Some(problem)),
        }
    }
    (waiting, None)
}

/// A share of the memory that inputs may take on their way to the disk, or 503.
fn room(app: &App, bytes: usize) -> Result<OwnedSemaphorePermit, Problem> {
    let kibibytes = u32::try_from(bytes / 1024 + 1).unwrap_or(u32::MAX);
    Arc::clone(&app.budget)
        .try_acquire_many_owned(kibibytes)
        .map_err(|_| {
            app.watch.busy.one();
            Problem::busy("too much is under way")
        })
}

fn unreadable(error: &FrameError, at: usize) -> Problem {
    let detail = format!("frame at byte {at} of the body: {error}");
    match error {
        FrameError::TooLarge { .. } => Problem::too_large(detail),
        _ => Problem::bad(detail),
    }
}
