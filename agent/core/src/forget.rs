//! Which runs leave memory: those that have been over for long, once all that is known of them is stored. Whoever speaks of
//! one again finds it there.

use crate::input::Millis;
use crate::settings::millis;
use crate::step::Core;

impl Core {
    /// Inputs taken so far: the number of the last one.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// What inputs asked for up to this one is durable. A run of which more is on its way is not forgotten: what is
    /// stored of it is older than what is known. Until this was told once, everything is.
    pub fn note_durable(&mut self, step: u64) {
        self.durable = step;
    }

    /// Drops runs that have been over for long, and the oldest of those beyond the limit.
    pub(crate) fn forget(&mut self, now: Millis) {
        let limits = &self.settings.limits;
        let over = self.runs.len() - self.open.len().min(self.runs.len());
        if over == 0 {
            return;
        }
        let mut closed: Vec<(Millis, String)> = self
            .runs
            .values()
            .filter(|run| run.status.is_over() && run.step <= self.durable)
            .map(|run| (run.active_ms, run.id.clone()))
            .collect();
        closed.sort();
        let too_many = closed.len().saturating_sub(limits.closed_runs);
        let oldest = now.saturating_sub(millis(limits.closed_for));
        for (i, (active_ms, id)) in closed.into_iter().enumerate() {
            if i >= too_many && active_ms > oldest {
                break;
            }
            if let Some(run) = self.runs.remove(&id) {
                for (id, stream) in &run.streams {
                    self.run_of.remove(id);
                    self.held = self.held.saturating_sub(stream.ledger().held());
                }
            }
        }
    }
}
