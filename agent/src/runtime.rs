//! The core thread: one queue in, one step at a time, rows and answers out to the writer.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use sentinel_core::{Core, Input, Millis, Outputs, Persist, Reply, Settings};
use tokio::sync::oneshot;

use crate::admission::Share;
use crate::api::view::LiveRun;
use crate::audit::AuditRow;
use crate::clock::Clock;
use crate::live;
use crate::restore::Restorer;
use crate::store::{Batch, ForwardedRow};
use crate::watch::Watch;

/// How often the core hears that time passed.
const TICK: Duration = Duration::from_secs(1);

/// Why an input was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Retryable: more waits than may.
    #[error("the agent is busy")]
    Busy,
    /// Retryable elsewhere or later: the agent is stopping.
    #[error("the agent is stopping")]
    Stopping,
}

/// What the core thread is asked.
pub(crate) enum Command {
    Step(Box<Step>),
    /// Something that somebody did, to be written down.
    Audit(AuditRow),
    /// How far the hub has a stream, to be written down.
    Forwarded(ForwardedRow),
    Live {
        run_id: String,
        answer: oneshot::Sender<Option<LiveRun>>,
    },
    /// Time passed, whatever the clock of ticks says; for tests with a manual clock.
    Tick,
    Stop,
}

/// An input and what goes with it.
pub(crate) struct Step {
    pub(crate) input: Input,
    /// The frame's bytes as they came.
    pub(crate) raw: Option<Bytes>,
    pub(crate) held: Option<Held>,
    /// What somebody does by it, written down if it is done.
    pub(crate) audit: Option<AuditRow>,
    answer: Option<oneshot::Sender<Option<Reply>>>,
}

impl From<Input> for Step {
    fn from(input: Input) -> Self {
        Step {
            input,
            raw: None,
            held: None,
            audit: None,
            answer: None,
        }
    }
}

/// What an input holds until it is durable: its own share, and a part of its request's.
#[derive(Debug)]
pub struct Held {
    pub(crate) _frame: Share,
    pub(crate) _body: Arc<Share>,
}

/// The way into the core thread.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    commands: Sender<Command>,
}

impl Door {
    /// Queues an input; the answer comes once it and everything before it is durable.
    pub(crate) fn submit(
        &self,
        step: impl Into<Step>,
    ) -> Result<oneshot::Receiver<Option<Reply>>, SubmitError> {
        let (answer, reply) = oneshot::channel();
        let mut step = Box::new(step.into());
        step.answer = Some(answer);
        self.send(Command::Step(step))?;
        Ok(reply)
    }

    pub(crate) fn send(&self, command: Command) -> Result<(), SubmitError> {
        self.commands.try_send(command).map_err(|e| match e {
            TrySendError::Full(_) => SubmitError::Busy,
            TrySendError::Disconnected(_) => SubmitError::Stopping,
        })
    }

    /// Ends the thread after everything queued so far; waits for room in the queue if need be.
    pub(crate) fn stop(&self) {
        // Disconnected means that it has ended already.
        let _ = self.commands.send(Command::Stop);
    }
}

/// What the core thread works with.
pub(crate) struct Parts {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) batches: Sender<Batch>,
    pub(crate) restorer: Restorer,
    pub(crate) watch: Arc<Watch>,
    /// Inputs waiting at most.
    pub(crate) queue: usize,
    /// Whether runs left open by an earlier process are taken up again.
    pub(crate) resume: bool,
}

/// Starts the thread; it first takes open runs up again, while inputs already queue.
pub(crate) fn start(parts: Parts) -> std::io::Result<(Door, JoinHandle<()>)> {
    let (sender, commands) = bounded(parts.queue);
    let thread = std::thread::Builder::new()
        .name("core".into())
        .spawn(move || {
            let resume = parts.resume;
            let mut work = Work {
                core: Core::new(parts.settings.clone()),
                parts,
                quiet_until: None,
            };
            if resume {
                work.resume();
            }
            work.run(&commands);
        })?;
    Ok((Door { commands: sender }, thread))
}

struct Work {
    core: Core,
    parts: Parts,
    /// After a start behind a long pause: until when silence is ours and not the senders'.
    quiet_until: Option<Millis>,
}

impl Work {
    fn run(&mut self, commands: &Receiver<Command>) {
        let mut next = Instant::now() + TICK;
        loop {
            match commands.recv_deadline(next) {
                Ok(Command::Step(step)) => self.step(*step),
                Ok(Command::Audit(row)) => self.pass_on(Batch {
                    audit: Some(row),
                    ..Batch::default()
                }),
                Ok(Command::Forwarded(row)) => self.pass_on(Batch {
                    forwarded: Some(row),
                    ..Batch::default()
                }),
                Ok(Command::Live { run_id, answer }) => {
                    // Whoever asked may have gone.
                    let _ = answer.send(self.core.run(&run_id).map(live::view));
                }
                Ok(Command::Tick) => self.tick(),
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
            // A busy queue does not keep ticks away.
            if Instant::now() >= next {
                self.tick();
                next = Instant::now() + TICK;
            }
        }
    }

    fn step(&mut self, step: Step) {
        let Step {
            input,
            raw,
            held,
            audit,
            answer,
        } = step;
        self.parts.restorer.before(&mut self.core, &input);
        let header = match &input {
            Input::Frame { frame, .. } => Some(*frame.header()),
            _ => None,
        };
        let now = self.parts.clock.now_ms();
        let outputs = self.core.step(now, input);
        self.parts.watch.steps.one();
        if let Some(reply) = &outputs.reply
            && header.is_some()
        {
            self.parts.watch.frame_answered(reply);
        }
        // Bytes of a frame that was cut are not what is to be stored.
        let whole = outputs
            .persist
            .iter()
            .any(|row| matches!(row, Persist::Frame(row) if Some(*row.frame.header()) == header));
        let done = matches!(outputs.reply, Some(Reply::At { .. }));
        let reply = answer.map(|answer| (answer, outputs.reply));
        self.pass_on(Batch {
            persist: outputs.persist,
            raw: raw.filter(|_| whole),
            reply,
            notify: outputs.notify,
            held,
            audit: audit.filter(|_| done),
            forwarded: None,
        });
    }

    fn tick(&mut self) {
        let now = self.parts.clock.now_ms();
        if self.quiet_until.is_some_and(|until| now < until) {
            return;
        }
        self.quiet_until = None;
        let open_runs = self.core.open_runs().count();
        self.parts.watch.note_core(self.core.metrics(), open_runs);
        let Outputs {
            persist, notify, ..
        } = self.core.step(now, Input::Tick);
        if !persist.is_empty() || !notify.is_empty() {
            self.pass_on(Batch {
                persist,
                notify,
                ..Batch::default()
            });
        }
    }

    /// Waits while the writer is behind: that is how its trouble reaches the senders.
    fn pass_on(&self, batch: Batch) {
        // The writer ends only after this thread, or when it gave up storing at a stop.
        let _ = self.parts.batches.send(batch);
    }

    fn resume(&mut self) {
        let latest = self.parts.restorer.all(&mut self.core);
        let now = self.parts.clock.now_ms();
        self.core.wake(now);
        let Some(latest) = latest else { return };
        let lost = Millis::try_from(self.parts.settings.run.lost_after.as_millis());
        if now.saturating_sub(latest) > lost.unwrap_or(Millis::MAX) / 2 {
            self.quiet_until = Some(now + RECONNECT);
        }
    }
}

/// How long senders have to come back after the agent was away before their silence counts: the
/// longest pause between a sidecar's tries.
const RECONNECT: Millis = 30_000;
