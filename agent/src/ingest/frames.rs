//! `POST /v1/streams/{id}/frames`: one or more frames back to back; the answer is the position
//! once all of them are durable.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use sentinel_core::{Input, Reply};
use sentinel_parsers::frame::{Frame, FrameError, Limits};
use tokio::sync::oneshot;

use super::body;
use super::{answer, check_owner, settled};
use crate::admission::{Amount, Share};
use crate::api::problem::Problem;
use crate::app::App;
use crate::server::Seat;
use crate::steps::{Held, Step};

/// What a body of frames says it is.
const KIND: &str = "application/vnd.sentinel.frame";

pub(crate) async fn frames(
    State(app): State<Arc<App>>,
    Path(stream): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    check_owner(&app, &stream, &request)?;
    if let Some(why) = app.watch.store_failing() {
        // What waits already is tried again; more would only wait with it.
        app.watch.busy.one();
        return Err(Problem::busy(format!("nothing can be stored: {why}")));
    }
    let (parts, sent) = request.into_parts();
    body::check_kind(&parts.headers, KIND).inspect_err(|_| app.watch.frames_rejected.one())?;
    let Some(_turn) = app.requests.enter(&stream, app.bounds.requests) else {
        app.watch.busy.one();
        let detail = "too many requests of this stream are under way";
        return Err(Problem::too_many(detail));
    };
    let (told, most) = (body::told_length(&parts.headers), app.bounds.body);
    let length = body::within(told, most).inspect_err(|_| app.watch.limited.one())?;
    // Held as long as any of the frames is on its way.
    let room = Arc::new(body::room(&app, &stream, length).await?);
    let seat = parts.extensions.get::<Arc<Seat>>();
    let body = body::read(sent, told, most, app.bounds.body_pause, seat)
        .await
        .inspect_err(|_| app.watch.limited.one())?;
    app.watch.body_bytes.add(body.len() as u64);

    let mut taking = Taking {
        app: &app,
        stream: &stream,
        room,
        inflated: 0,
        waiting: Vec::new(),
    };
    // Frames before one that cannot be taken are taken all the same.
    let trouble = taking.all(&body).await.err();
    let mut last = None;
    for reply in taking.waiting {
        last = Some(settled(reply).await?);
    }
    match (trouble, last) {
        (Some(problem), _) => Err(problem),
        (None, Some(reply)) => Ok(answer(stream, &reply)),
        (None, None) => Err(Problem::bad("no frame in the body")),
    }
}

/// Queueing the frames of one body, in order.
struct Taking<'r> {
    app: &'r App,
    stream: &'r str,
    room: Arc<Share>,
    /// Bytes of the frames so far, inflated.
    inflated: usize,
    waiting: Vec<oneshot::Receiver<Option<Reply>>>,
}

impl Taking<'_> {
    async fn all(&mut self, body: &Bytes) -> Result<(), Problem> {
        let mut at = 0;
        while at < body.len() {
            let (frame, length) = self.decode(body, at).inspect_err(|error| {
                self.app.watch.frames_rejected.one();
                if matches!(error, FrameError::TooLarge { .. }) {
                    self.app.watch.limited.one();
                }
            })?;
            self.submit(frame, body.slice(at..at + length)).await?;
            at += length;
        }
        Ok(())
    }

    /// The frame at this byte of the body. What it says it inflates to is held against what is left
    /// for the whole body before anything is inflated.
    fn decode(&mut self, body: &Bytes, at: usize) -> Result<(Frame, usize), FrameError> {
        let bounds = &self.app.bounds;
        let (_, length) = Frame::peek(&body[at..], &bounds.frame)?;
        let dense = (at + length).saturating_mul(bounds.frame.ratio);
        let most = dense.max(bounds.frame.ratio_from).min(bounds.inflated);
        let limits = Limits {
            inflated: bounds
                .frame
                .inflated
                .min(most.saturating_sub(self.inflated)),
            ..bounds.frame
        };
        let (frame, length) = Frame::decode(&body[at..], &limits)?;
        self.inflated += frame.payload_len();
        self.app
            .watch
            .inflated_bytes
            .add(frame.payload_len() as u64);
        Ok((frame, length))
    }

    async fn submit(&mut self, frame: Frame, raw: Bytes) -> Result<(), Problem> {
        let need = Amount {
            bytes: frame.payload_len(),
            inputs: 1,
        };
        // What waits for its own frames to be stored has its turn already.
        let patience = match self.waiting.is_empty() {
            true => self.app.bounds.turn,
            false => Duration::MAX,
        };
        let share = self.app.frames.take(self.stream, need, patience).await;
        let share = share.inspect_err(|_| self.app.watch.busy.one())?;
        let mut step = Step::from(Input::Frame {
            stream: self.stream.to_owned(),
            frame,
        });
        step.raw = Some(raw);
        step.held = Some(Held {
            _frame: share,
            _body: Arc::clone(&self.room),
        });
        let submitted = self.app.door.submit(step);
        self.waiting
            .push(submitted.inspect_err(|_| self.app.watch.busy.one())?);
        Ok(())
    }
}

impl From<FrameError> for Problem {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::TooLarge { .. } => {
                Problem::too_large(format!("{error}: send fewer frames, or smaller ones"))
            }
            _ => Problem::bad(error.to_string()),
        }
    }
}
