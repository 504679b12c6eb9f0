//! Reading a request's body within its limits of size and time.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;

use crate::admission::{Amount, Share};
use crate::api::problem::Problem;
use crate::app::App;
use crate::server::Seat;

/// Room to begin with when the length is not told.
const START: usize = 16 * 1024;

/// The length the sender tells, if it does.
pub(crate) fn told_length(headers: &HeaderMap) -> Option<usize> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// Checks what the sender says the body is, before any of it is read.
pub(crate) fn check_kind(headers: &HeaderMap, kind: &str) -> Result<(), Problem> {
    let told = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    let essence = told.and_then(|t| t.split(';').next()).map(str::trim);
    if !essence.is_some_and(|e| e.eq_ignore_ascii_case(kind)) {
        let detail = format!("the content type must be {kind}");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    if headers.contains_key(header::CONTENT_ENCODING) {
        let detail = "bodies are not encoded as a whole; frames are compressed in themselves";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    Ok(())
}

/// How long the body can become: as long as the sender tells, or up to `max`.
pub(crate) fn within(told: Option<usize>, max: usize) -> Result<usize, Problem> {
    match told {
        Some(length) if length > max => Err(too_large(max)),
        told => Ok(told.unwrap_or(max)),
    }
}

/// Room for a body before any of it is read, once it is the stream's turn.
pub(crate) async fn room(app: &App, stream: &str, bytes: usize) -> Result<Share, Problem> {
    let need = Amount { bytes, inputs: 0 };
    let room = app.bodies.take(stream, need, app.bounds.turn).await;
    Ok(room.inspect_err(|_| app.watch.busy.one())?)
}

fn too_large(max: usize) -> Problem {
    Problem::too_large(format!("at most {max} bytes in a body"))
}

/// The whole body, if it is at most `max` bytes and never pauses longer than `pause`. From then on
/// whoever sits there is being served.
pub(crate) async fn read(
    mut body: Body,
    told: Option<usize>,
    max: usize,
    pause: Duration,
    seat: Option<&Arc<Seat>>,
) -> Result<Bytes, Problem> {
    let mut whole = Vec::with_capacity(told.unwrap_or(START));
    loop {
        let piece = tokio::time::timeout(pause, body.frame()).await;
        let Ok(piece) = piece else {
            let detail = "the body paused for too long";
            return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, detail));
        };
        match piece {
            None => {
                if let Some(seat) = seat {
                    seat.served();
                }
                return Ok(whole.into());
            }
            Some(Err(_)) => return Err(Problem::bad("the body ended early")),
            Some(Ok(piece)) => {
                let Ok(data) = piece.into_data() else {
                    continue;
                };
                if whole.len() + data.len() > max {
                    return Err(too_large(max));
                }
                whole.extend_from_slice(&data);
            }
        }
    }
}
