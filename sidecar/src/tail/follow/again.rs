//! When a stream begins again: what was open is kept, and what is hardly known is forgotten.

use std::collections::VecDeque;
use std::io;

use super::FollowSource;
use super::chain::{LOOKS, Link, is_moved};
use super::opened::Opened;
use super::planned::{Loss, Planned};
use super::record::Generation;

/// What was open when a stream began again.
pub(super) struct Held {
    /// Which of the record was read last, and its file.
    pub(super) generation: usize,
    pub(super) file: Opened,
    /// Those after it.
    newer: VecDeque<Planned>,
}

impl Held {
    /// As it stands in a plan, from which it is taken the next time.
    fn into_planned(self) -> impl Iterator<Item = Planned> {
        let known = Planned {
            generation: Some(self.generation),
            file: self.file,
            loss: None,
        };
        std::iter::once(known).chain(self.newer)
    }
}

impl FollowSource {
    /// The file that was read last and those to be read after it, which are open: they can be read even if they are
    /// gone by now.
    pub(super) fn let_go(&mut self) -> Option<Held> {
        let now = self.now.take().map(|now| (now.generation, now.file));
        let mut plan = std::mem::take(&mut self.plan);
        let newest = self.record.as_ref()?.generations.len().checked_sub(1)?;
        let known = plan.iter().rposition(|p| p.generation == Some(newest));
        let file = match (now, known) {
            (Some((generation, file)), _) if generation == newest => file,
            (_, Some(at)) => plan.drain(..=at).next_back()?.file,
            _ => return None,
        };
        Some(Held {
            generation: newest,
            file: file.again(),
            newer: plan,
        })
    }

    /// Plans what is there; again while files get other names meanwhile, and from the start each time.
    pub(super) fn plan_again(
        &mut self,
        known: bool,
        held: Option<Held>,
        committed: u64,
    ) -> io::Result<()> {
        let loss = self.loss.clone();
        let mut looks = 1;
        loop {
            match self.plan_all(known, held.as_ref(), committed) {
                Err(error) => {
                    self.plan.clear();
                    self.loss.clone_from(&loss);
                    if looks >= LOOKS || !is_moved(&error) {
                        self.plan
                            .extend(held.into_iter().flat_map(Held::into_planned));
                        return Err(error);
                    }
                    looks += 1;
                }
                Ok(()) => return Ok(()),
            }
        }
    }

    /// Of a file of which nothing was read there is nothing to know again: it becomes a new one once more.
    pub(super) fn forget_unread(&mut self) {
        let Some(record) = &mut self.record else {
            return;
        };
        while let Some(unread) = record.generations.pop_if(|g| g.mark.read == g.skip) {
            self.loss = (!unread.lost.is_empty()).then(|| Loss {
                to: unread.base.saturating_sub(1),
                origin: None,
                reason: known_reason(&unread.lost),
            });
        }
    }

    /// What was open, if it left the chain and is the file that was read last; whether it is. What is newer is found
    /// behind it.
    pub(super) fn plan_held(
        &mut self,
        held: Option<&Held>,
        last: &Generation,
        links: &[Link],
    ) -> io::Result<bool> {
        let left = |held: &&Held| links.iter().all(|link| link.id != held.file.id());
        let Some(held) = held.filter(left) else {
            return Ok(false);
        };
        if !held.file.has(&last.mark)? {
            return Ok(false);
        }
        self.plan.push_back(Planned {
            generation: Some(held.generation),
            file: held.file.again(),
            loss: None,
        });
        self.plan.extend(held.newer.iter().map(Planned::again));
        Ok(true)
    }
}

/// The reason as the program's own word.
fn known_reason(told: &str) -> &'static str {
    match told {
        "truncated" => "truncated",
        "corrupt" => "corrupt",
        _ => "rotated_away",
    }
}
