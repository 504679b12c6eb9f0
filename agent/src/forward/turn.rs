//! A stream's turn: what it says to the hub, and what the answer means for it and for the others.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sentinel_delivery::client::{Client, ClientError};
use sentinel_delivery::pace::Pace;
use sentinel_delivery::policy::{Action, Answer, Policy};
use sentinel_delivery::random;
use sentinel_parsers::wire::Position;

use super::Forwarder;
use super::board::{PAGE, Task};
use super::lane::{Lane, Next, Standing};
use super::parcel::Parcel;
use super::wire::{Relayed, Via};
use crate::runtime::Command;
use crate::store::{ForwardedRow, StoreError, Stretch, stretch, unsent};

/// Bytes of frames in a request.
const REQUEST: usize = 1 << 20;
/// How soon the store is asked again after it failed.
const STORE: Duration = Duration::from_secs(1);

/// One of those who take turns, with its connection to the hub.
pub(super) struct Worker {
    pub(super) forwarder: Arc<Forwarder>,
    pub(super) client: Client,
    /// How much a request carries.
    pub(super) pace: Pace,
}

impl Worker {
    /// Takes turns for ever.
    pub(super) async fn work(mut self) {
        loop {
            let forwarder = Arc::clone(&self.forwarder);
            let task = forwarder.board.next().await;
            forwarder.show_backlog();
            match task {
                Task::Look { after, all } => forwarder.look(after, all).await,
                Task::Turn(mut lane) => {
                    let next = self.turn(&mut lane).await;
                    forwarder.board.back(lane, next);
                    forwarder.show_backlog();
                }
            }
        }
    }

    async fn turn(&mut self, lane: &mut Lane) -> Next {
        let stretch = match self.forwarder.stretch(lane).await {
            Ok(Some(stretch)) => stretch,
            Ok(None) => return Next::Done,
            Err(error) => {
                tracing::warn!(%error, "cannot read what is to be sent to the hub");
                return Next::Pause(Instant::now() + STORE);
            }
        };
        lane.committed = stretch.committed;
        let Some(hub) = lane.hub.clone() else {
            return self.open(lane, &stretch).await;
        };
        if hub.closed {
            self.forwarder.note(lane, &hub);
            return Next::Done;
        }
        let over = stretch.over;
        let Some(epoch) = sentinel_core::stream::epoch_bytes(&stretch.open.identity.epoch) else {
            return Next::Done;
        };
        let keep_alive = self.forwarder.keep_alive;
        let silent = lane.spoken.map_or(keep_alive, |at| at.elapsed());
        if stretch.frames.is_empty() || hub.position >= stretch.committed && !stretch.closed {
            return match over {
                true => {
                    self.forwarder.note(lane, &hub);
                    Next::Done
                }
                false if silent >= keep_alive => self.open(lane, &stretch).await,
                false => Next::Rest(Instant::now() + (keep_alive - silent)),
            };
        }
        let one = lane.policy.one_at_a_time();
        match Parcel::new(stretch, epoch, hub.position, one) {
            Some(parcel) => self.send(lane, hub, parcel).await,
            // The hub has all there is, and yet not: it waits for an end that is not here.
            None => Next::Rest(Instant::now() + keep_alive),
        }
    }

    /// Opens the stream at the hub, or says again that the node is there.
    async fn open(&mut self, lane: &mut Lane, stretch: &Stretch) -> Next {
        let silent_ms = lane.heard.elapsed().as_millis();
        let relayed = Relayed {
            open: &stretch.open,
            via: Via {
                node: self.forwarder.node.clone(),
                silent_ms: u64::try_from(silent_ms).unwrap_or(u64::MAX),
            },
        };
        let answer = self.client.open(&relayed).await;
        lane.spoken = Some(Instant::now());
        let answer = match answer {
            Ok(Answer::Stored(position)) => {
                self.forwarder.answered();
                let (min, max) = self.forwarder.retry;
                lane.policy = Policy::new(min, max);
                self.stands(lane, position);
                if let Some(hub) = lane.hub.clone() {
                    self.forwarder.note(lane, &hub);
                }
                return Next::Again;
            }
            Ok(answer) => answer,
            Err(error) => return self.unheard(&error),
        };
        // Whatever it is, it is so for all: a hub that is none, a token that is not known.
        self.forwarder.away(&answer, describe(&answer));
        match lane.policy.step(&answer, 0, random::number()) {
            Action::Retry(pause) | Action::Reopen(pause) => Next::Pause(Instant::now() + pause),
            _ => Next::Pause(Instant::now() + self.forwarder.retry.1),
        }
    }

    /// Sends frames, and acts on the answer.
    async fn send(&mut self, lane: &mut Lane, hub: Standing, mut parcel: Parcel) -> Next {
        loop {
            let body = parcel.body(self.pace.bytes());
            let (begun, sent) = (Instant::now(), body.len());
            let answer = self.client.frames(&hub.name, body).await;
            lane.spoken = Some(Instant::now());
            match &answer {
                Ok(_) => self.pace.answered(sent, begun.elapsed()),
                Err(ClientError::Timeout) => self.pace.timed_out(sent),
                Err(_) => {}
            }
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) => return self.unheard(&error),
            };
            match &answer {
                Answer::Stored(_) | Answer::Conflict(_) => self.forwarder.answered(),
                answer if is_for_all(answer) => self.forwarder.away(answer, describe(answer)),
                answer => self.forwarder.failed(&describe(answer)),
            }
            let action = lane.policy.step(&answer, parcel.start(), random::number());
            let longest = Next::Pause(Instant::now() + self.forwarder.retry.1);
            let smaller = match action {
                Action::Advance { committed, closed } => {
                    self.forwarder.watch.forwarded_frames.add(parcel.len());
                    let name = hub.name.clone();
                    let position = Position {
                        stream: name,
                        committed,
                        closed,
                    };
                    self.stands(lane, position);
                    return Next::Again;
                }
                Action::Seek(committed) => {
                    let position = Position {
                        stream: hub.name.clone(),
                        committed,
                        closed: false,
                    };
                    self.stands(lane, position);
                    return Next::Again;
                }
                Action::Reopen(pause) => {
                    lane.hub = None;
                    return Next::Pause(Instant::now() + pause);
                }
                Action::Retry(pause) => return Next::Pause(Instant::now() + pause),
                Action::Shrink => parcel.shrink(),
                Action::Replace => parcel.replace(),
            };
            if !smaller {
                return longest;
            }
        }
    }

    /// The hub told where it stands.
    fn stands(&self, lane: &mut Lane, position: Position) {
        let standing = Standing {
            name: position.stream,
            position: position.committed,
            closed: position.closed,
        };
        let before = lane.hub.replace(standing.clone());
        if before.is_some_and(|before| standing.position < before.position) {
            tracing::warn!(stream = %lane.stream, "the hub has lost what it had stored");
            self.forwarder.board.offer_all();
        }
    }

    fn unheard(&self, error: &ClientError) -> Next {
        self.forwarder.away(&Answer::Nothing, error.to_string());
        Next::Again
    }
}

impl Forwarder {
    async fn look(&self, after: i64, all: bool) {
        let reader = Arc::clone(&self.reader);
        let page = move || reader.call(|conn| unsent(conn, after, all, PAGE));
        match tokio::task::spawn_blocking(page).await {
            Ok(Ok(page)) => self.board.found(page, all),
            failed => {
                tracing::warn!(?failed, "cannot look for what is to be sent to the hub");
                tokio::time::sleep(STORE).await;
                self.board.not_found();
            }
        }
    }

    async fn stretch(&self, lane: &Lane) -> Result<Option<Stretch>, StoreError> {
        let (reader, stream) = (Arc::clone(&self.reader), Arc::clone(&lane.stream));
        let from = lane.hub.as_ref().map(|hub| hub.position);
        let bytes = match lane.policy.one_at_a_time() {
            true => 0,
            false => REQUEST,
        };
        let read = move || reader.call(|conn| stretch(conn, &stream, from, bytes));
        let read = tokio::task::spawn_blocking(read).await;
        read.unwrap_or(Err(StoreError::TooSlow))
    }

    /// Leaves a note of how far the hub has the stream, for the next start.
    fn note(&self, lane: &mut Lane, hub: &Standing) {
        if lane.noted == Some(hub.position) && !hub.closed {
            return;
        }
        lane.noted = Some(hub.position);
        let row = ForwardedRow {
            stream: lane.stream.to_string(),
            position: hub.position,
            closed: hub.closed,
        };
        // A note that is not left costs the next start a question.
        let _ = self.door.send(Command::Forwarded(row));
    }

    fn answered(&self) {
        self.board.answered();
        self.watch.forward_trouble(None);
    }

    /// The hub answers for no stream.
    fn away(&self, answer: &Answer, why: String) {
        self.failed(&why);
        self.board.away(answer);
        self.watch.forward_trouble(Some(why));
    }

    fn failed(&self, why: &str) {
        self.watch.forward_errors.one();
        tracing::debug!(why, "the hub did not take what it was sent");
    }

    fn show_backlog(&self) {
        let backlog = self.board.backlog();
        self.watch.forward_backlog_streams.set(backlog.streams);
        self.watch.forward_backlog_bytes.set(backlog.bytes);
    }
}

/// Whether an answer to one stream's frames is one to everybody's.
fn is_for_all(answer: &Answer) -> bool {
    match answer {
        Answer::Refused { status, .. } => matches!(status, 401 | 429) || *status >= 500,
        _ => false,
    }
}

fn describe(answer: &Answer) -> String {
    match answer {
        Answer::Unknown => "the hub does not know the stream (404)".to_owned(),
        Answer::TooLarge => "too large for the hub (413)".to_owned(),
        Answer::Malformed => "refused by the hub as malformed (400)".to_owned(),
        Answer::Refused { status, .. } => format!("refused by the hub ({status})"),
        Answer::Stored(_) | Answer::Conflict(_) | Answer::Nothing => "no answer".to_owned(),
    }
}
