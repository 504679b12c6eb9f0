//! The core with what it needs of the clock and the store, one input at a time. No thread and no queue: the
//! [runtime](crate::runtime) brings those, and a simulation its own.

use std::sync::Arc;

use axum::body::Bytes;
use sentinel_core::{Core, Input, Millis, Outputs, Persist, Reply, Settings};
use tokio::sync::oneshot;

use crate::admission::Share;
use crate::audit::AuditRow;
use crate::clock::Clock;
use crate::restore::Restorer;
use crate::store::Batch;
use crate::watch::Watch;

/// How long senders have to come back after the agent was away before their silence counts: the
/// longest pause between a sidecar's tries.
const RECONNECT: Millis = 30_000;

/// An input and what goes with it.
pub(crate) struct Step {
    pub(crate) input: Input,
    /// The frame's bytes as they came.
    pub(crate) raw: Option<Bytes>,
    pub(crate) held: Option<Held>,
    /// What somebody does by it, written down if it is done.
    pub(crate) audit: Option<AuditRow>,
    pub(crate) answer: Option<oneshot::Sender<Option<Reply>>>,
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

/// The core at work.
pub(crate) struct Steps {
    pub(crate) core: Core,
    clock: Arc<dyn Clock>,
    restorer: Restorer,
    watch: Arc<Watch>,
    /// Silence after which a run is lost.
    lost_after: Millis,
    /// After a long pause, of the process or before its start: until when silence is ours and not the
    /// senders'.
    quiet_until: Option<Millis>,
}

impl Steps {
    pub(crate) fn new(
        settings: Settings,
        clock: Arc<dyn Clock>,
        restorer: Restorer,
        watch: Arc<Watch>,
    ) -> Steps {
        let lost_after = Millis::try_from(settings.run.lost_after.as_millis());
        Steps {
            core: Core::new(settings),
            clock,
            restorer,
            watch,
            lost_after: lost_after.unwrap_or(Millis::MAX),
            quiet_until: None,
        }
    }

    /// Takes runs up again that an earlier process left open.
    pub(crate) fn resume(&mut self) {
        let latest = self.restorer.all(&mut self.core);
        let now = self.clock.now_ms();
        self.core.wake(now);
        if let Some(latest) = latest {
            self.excuse(now.saturating_sub(latest));
        }
    }

    /// Nobody was listening for so long: when that is much of what makes a run lost, senders have time
    /// to come back first.
    pub(crate) fn excuse(&mut self, absent: Millis) {
        if absent > self.lost_after / 2 {
            self.quiet_until = Some(self.clock.now_ms() + RECONNECT.min(self.lost_after));
        }
    }

    /// Takes one input; gives what is to be made durable for it before anybody is told.
    pub(crate) fn step(&mut self, step: Step) -> Batch {
        let Step {
            input,
            raw,
            held,
            audit,
            answer,
        } = step;
        self.restorer.before(&mut self.core, &input);
        let header = match &input {
            Input::Frame { frame, .. } => Some(*frame.header()),
            _ => None,
        };
        let now = self.clock.now_ms();
        let outputs = self.core.step(now, input);
        self.watch.steps.one();
        if let Some(reply) = &outputs.reply
            && header.is_some()
        {
            self.watch.frame_answered(reply);
        }
        // Bytes of a frame that was cut are not what is to be stored.
        let whole = outputs
            .persist
            .iter()
            .any(|row| matches!(row, Persist::Frame(row) if Some(*row.frame.header()) == header));
        let done = matches!(outputs.reply, Some(Reply::At { .. }));
        let reply = answer.map(|answer| (answer, outputs.reply));
        Batch {
            step: self.core.steps(),
            persist: outputs.persist,
            raw: raw.filter(|_| whole),
            reply,
            notify: outputs.notify,
            held,
            audit: audit.filter(|_| done),
            forwarded: None,
            weight: 0,
        }
    }

    /// Everything up to this step is durable, says who writes in the same thread.
    #[cfg(feature = "simulation")]
    pub(crate) fn note_durable(&self, step: u64) {
        self.watch.note_durable(step);
    }

    /// Time passed.
    pub(crate) fn tick(&mut self) -> Option<Batch> {
        let now = self.clock.now_ms();
        let open_runs = self.core.open_runs().count();
        self.watch.note_core(self.core.metrics(), open_runs);
        if self.quiet_until.is_some_and(|until| now < until) {
            return None;
        }
        self.quiet_until = None;
        self.core.note_durable(self.watch.durable.value());
        let Outputs {
            persist, notify, ..
        } = self.core.step(now, Input::Tick);
        (!persist.is_empty() || !notify.is_empty()).then(|| Batch {
            step: self.core.steps(),
            persist,
            notify,
            ..Batch::default()
        })
    }
}
