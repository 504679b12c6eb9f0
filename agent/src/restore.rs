//! Bringing runs back into the core: those left open at the start, and later any run that the core
//! has forgotten and somebody speaks of again.

use std::sync::Arc;

use sentinel_core::{Core, Input, Millis};

use crate::store::{Reader, Recorded, Replayed, StoreError, Which, replay};
use crate::watch::Watch;

/// Where stored runs are read.
pub(crate) trait Stored: Send {
    /// Hands out what is stored of those runs, as [`replay`] does.
    fn replay(
        &self,
        which: Which<'_>,
        take: &mut dyn FnMut(Recorded),
    ) -> Result<Replayed, StoreError>;
}

impl Stored for Arc<Reader> {
    fn replay(
        &self,
        which: Which<'_>,
        take: &mut dyn FnMut(Recorded),
    ) -> Result<Replayed, StoreError> {
        self.call_long(|conn| replay(conn, which, take))
    }
}

/// Reads the store for the core thread.
pub(crate) struct Restorer {
    stored: Box<dyn Stored>,
    watch: Arc<Watch>,
}

impl Restorer {
    pub(crate) fn new(stored: impl Stored + 'static, watch: Arc<Watch>) -> Restorer {
        let stored = Box::new(stored);
        Restorer { stored, watch }
    }

    /// Takes up all runs that are not over; gives the time of the latest frame among them.
    pub(crate) fn all(&self, core: &mut Core) -> Option<Millis> {
        self.take(core, Which::Open)
    }

    /// Makes sure that the core knows what is stored of the run the input is about.
    pub(crate) fn before(&self, core: &mut Core, input: &Input) {
        let which = match input {
            Input::OpenStream { stream, open } | Input::Relay { stream, open, .. }
                if core.stream(stream).is_none() =>
            {
                match core.run(&open.run.run_id) {
                    Some(_) => return,
                    None => Which::Run(&open.run.run_id),
                }
            }
            Input::Frame { stream, .. } | Input::AskPosition { stream }
                if core.stream(stream).is_none() =>
            {
                Which::OfStream(stream)
            }
            Input::Run { context, .. } if core.run(&context.run_id).is_none() => {
                Which::Run(&context.run_id)
            }
            Input::Fact(fact) => {
                if let Some(run_id) = core.announced(fact) {
                    self.take(core, Which::Run(&run_id));
                }
                return;
            }
            _ => return,
        };
        self.take(core, which);
    }

    fn take(&self, core: &mut Core, which: Which<'_>) -> Option<Millis> {
        let replayed = self.stored.replay(which, &mut |recorded| match recorded {
            Recorded::Run(row) => core.restore_run(&row),
            Recorded::Input(then, input) => core.restore(then, *input),
            Recorded::Replaced(then, stream, by) => core.restore_replaced(then, &stream, by),
        });
        let done = match replayed {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "stored runs cannot be taken up again");
                self.watch
                    .replay_failed(format!("stored runs cannot be taken up again: {error}"));
                return None;
            }
        };
        self.watch.replayed.add(done.frames);
        if done.unreadable > 0 {
            let n = done.unreadable;
            tracing::error!(frames = n, "stored frames cannot be read any more");
            self.watch
                .replay_failed(format!("{n} stored frames cannot be read any more"));
        }
        if done.runs > 0 {
            tracing::debug!(runs = done.runs, frames = done.frames, "taken up again");
        }
        done.latest_ms
    }
}
