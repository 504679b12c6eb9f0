//! The core thread: one queue in, one step at a time, rows and answers out to the writer.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use sentinel_core::{Millis, Reply, Settings};
use tokio::sync::oneshot;

use crate::api::view::LiveRun;
use crate::audit::AuditRow;
use crate::clock::Clock;
use crate::live;
use crate::restore::Restorer;
use crate::steps::{Step, Steps};
use crate::store::backlog::Batches;
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
    pub(crate) batches: Batches,
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
                steps: Steps::new(parts.settings, parts.clock, parts.restorer, parts.watch),
                batches: parts.batches,
            };
            if resume {
                work.steps.resume();
            }
            work.run(&commands);
        })?;
    Ok((Door { commands: sender }, thread))
}

struct Work {
    steps: Steps,
    batches: Batches,
}

impl Work {
    fn run(&mut self, commands: &Receiver<Command>) {
        let mut next = Instant::now() + TICK;
        loop {
            match commands.recv_deadline(next) {
                Ok(Command::Step(step)) => {
                    let batch = self.steps.step(*step);
                    self.pass_on(batch);
                }
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
                    let _ = answer.send(self.steps.core.run(&run_id).map(live::view));
                }
                Ok(Command::Tick) => self.tick(),
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
            // A busy queue does not keep ticks away.
            let late = Instant::now().checked_duration_since(next);
            if let Some(late) = late {
                let late = Millis::try_from(late.as_millis()).unwrap_or(Millis::MAX);
                self.steps.excuse(late);
                self.tick();
                next = Instant::now() + TICK;
            }
        }
    }

    fn tick(&mut self) {
        if let Some(batch) = self.steps.tick() {
            self.pass_on(batch);
        }
    }

    /// Waits while the writer is behind: that is how its trouble reaches the senders.
    fn pass_on(&self, batch: Batch) {
        self.batches.send(batch);
    }
}
