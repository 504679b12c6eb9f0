//! Whose turn it is: streams in the order in which their turns came due, so that none waits for
//! another's backlog, and nobody's while the hub is away.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sentinel_delivery::policy::{Action, Answer, Policy};
use sentinel_delivery::random;

use super::lane::{Lane, Next};
use super::news::{Fresh, News, Told};
use crate::store::Unsent;

/// Streams held at once; further ones stay in the store until there is room.
const LANES: usize = 4_096;
/// Streams asked for at once.
pub(super) const PAGE: usize = 256;
/// With nothing due, how long until somebody looks all the same.
const LOOK: Duration = Duration::from_secs(60);

/// What to do next.
pub(super) enum Task {
    Turn(Lane),
    /// Look in the store for streams after this number; with `all` for those the hub had as well.
    Look {
        after: i64,
        all: bool,
    },
}

/// How much waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Backlog {
    pub(super) streams: u64,
    pub(super) bytes: u64,
}

impl Backlog {
    /// So much of the stream waits now.
    fn count(&mut self, lane: &mut Lane, behind: u64) {
        let before = std::mem::replace(&mut lane.counted, behind);
        self.streams = self.streams + u64::from(behind > 0) - u64::from(before > 0);
        self.bytes = self.bytes.saturating_sub(before).saturating_add(behind);
    }
}

pub(super) struct Board {
    news: Arc<News>,
    retry: (Duration, Duration),
    state: Mutex<State>,
}

struct State {
    lanes: HashMap<Arc<str>, Lane>,
    due: BTreeSet<(Instant, Arc<str>)>,
    /// Streams whose turn it is, with what was told of them meanwhile.
    busy: HashMap<Arc<str>, Option<Told>>,
    /// Where the look through the store stands, while it is not over.
    look: Option<(i64, bool)>,
    looking: bool,
    /// Whether to begin that look anew once it is over.
    look_again: bool,
    backlog: Backlog,
    hub: Hub,
}

/// How the hub answers.
struct Hub {
    policy: Policy,
    /// Nobody is sent before that, and then one alone, until it answers.
    away_until: Option<Instant>,
}

impl Board {
    /// An empty board: the first task is to look in the store.
    pub(super) fn new(news: Arc<News>, retry: (Duration, Duration)) -> Board {
        Board {
            news,
            retry,
            state: Mutex::new(State {
                lanes: HashMap::new(),
                due: BTreeSet::new(),
                busy: HashMap::new(),
                look: Some((0, false)),
                looking: false,
                look_again: false,
                backlog: Backlog::default(),
                hub: Hub {
                    policy: Policy::new(retry.0, retry.1),
                    away_until: None,
                },
            }),
        }
    }

    /// The next task, once there is one.
    pub(super) async fn next(&self) -> Task {
        loop {
            let until = {
                let mut state = self.lock();
                let now = Instant::now();
                state.hear(self.news.take(), self.retry);
                match state.pick(now) {
                    Ok(task) => {
                        // One call wakes one task: it wakes the next if there is more to do.
                        if state.has_more(now) {
                            self.news.wake();
                        }
                        return task;
                    }
                    Err(until) => until.unwrap_or(now + LOOK),
                }
            };
            tokio::select! {
                () = tokio::time::sleep_until(until.into()) => {}
                () = self.news.told() => {}
            }
        }
    }

    /// A stream's turn is over.
    pub(super) fn back(&self, lane: Lane, next: Next) {
        self.lock().back(lane, next);
        self.news.wake();
    }

    /// What was found in the store.
    pub(super) fn found(&self, page: Vec<Unsent>, all: bool) {
        self.lock().found(page, all, self.retry);
        self.news.wake();
    }

    /// The store could not be looked at.
    pub(super) fn not_found(&self) {
        self.lock().looking = false;
    }

    /// The hub has lost what it had: everything the store still has is offered to it again.
    pub(super) fn offer_all(&self) {
        let mut state = self.lock();
        state.look = Some((0, true));
        state.look_again = false;
    }

    /// The hub answered as it should.
    pub(super) fn answered(&self) {
        self.lock().hub = Hub {
            policy: Policy::new(self.retry.0, self.retry.1),
            away_until: None,
        };
    }

    /// The hub answered for none.
    pub(super) fn away(&self, answer: &Answer) {
        let mut state = self.lock();
        if let Action::Retry(pause) = state.hub.policy.step(answer, 0, random::number()) {
            state.hub.away_until = Some(Instant::now() + pause);
        }
    }

    /// How much waits of the streams that are held.
    pub(super) fn backlog(&self) -> Backlog {
        self.lock().backlog
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is made whole before the lock is given back.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn room(&self) -> usize {
        LANES.saturating_sub(self.lanes.len() + self.busy.len())
    }

    fn hear(&mut self, fresh: Fresh, retry: (Duration, Duration)) {
        if fresh.more {
            self.look_again = true;
        }
        for (stream, told) in fresh.streams {
            self.told(stream.into(), told, retry);
        }
    }

    fn told(&mut self, stream: Arc<str>, told: Told, retry: (Duration, Duration)) {
        if let Some(meanwhile) = self.busy.get_mut(&stream) {
            *meanwhile = Some(told);
        } else if let Some(lane) = self.lanes.get_mut(&stream) {
            lane.hear(told);
            let behind = lane.behind();
            self.backlog.count(lane, behind);
            if lane.resting && lane.due > told.heard {
                self.due.remove(&(lane.due, Arc::clone(&stream)));
                lane.due = told.heard;
                self.due.insert((told.heard, stream));
            }
        } else if self.room() > 0 {
            self.put(Lane::new(stream, told, retry));
        } else {
            self.look_again = true;
        }
    }

    fn put(&mut self, mut lane: Lane) {
        let behind = lane.behind();
        self.backlog.count(&mut lane, behind);
        self.due.insert((lane.due, Arc::clone(&lane.stream)));
        self.lanes.insert(Arc::clone(&lane.stream), lane);
    }

    /// The next task, or until when there is none.
    fn pick(&mut self, now: Instant) -> Result<Task, Option<Instant>> {
        if let Some(until) = self.hub.away_until {
            if now < until {
                return Err(Some(until));
            }
            if !self.busy.is_empty() {
                return Err(None);
            }
        }
        if self.look.is_none() && std::mem::take(&mut self.look_again) {
            self.look = Some((0, false));
        }
        if let Some((after, all)) = self.look
            && !self.looking
            && self.room() >= PAGE
        {
            self.looking = true;
            return Ok(Task::Look { after, all });
        }
        let first = self.due.first().cloned();
        let Some((due, stream)) = first else {
            return Err(None);
        };
        if due > now {
            return Err(Some(due));
        }
        self.due.pop_first();
        let Some(lane) = self.lanes.remove(&stream) else {
            return Err(Some(now));
        };
        self.busy.insert(stream, None);
        Ok(Task::Turn(lane))
    }

    fn has_more(&self, now: Instant) -> bool {
        self.hub.away_until.is_none() && self.due.first().is_some_and(|(due, _)| *due <= now)
    }

    fn back(&mut self, mut lane: Lane, next: Next) {
        let told = self.busy.remove(&lane.stream).flatten();
        if let Some(told) = told {
            lane.hear(told);
        }
        let now = Instant::now();
        (lane.due, lane.resting) = match next {
            Next::Again => (now, true),
            Next::Rest(_) | Next::Done if told.is_some() => (now, true),
            Next::Rest(until) => (until, true),
            Next::Pause(until) => (until, false),
            Next::Done => {
                self.backlog.count(&mut lane, 0);
                return;
            }
        };
        self.put(lane);
    }

    fn found(&mut self, page: Vec<Unsent>, all: bool, retry: (Duration, Duration)) {
        self.looking = false;
        // Another look may have been asked for meanwhile.
        if self.look.is_some_and(|(_, asked)| asked == all) {
            self.look = page.last().map(|last| (last.id, all));
        }
        let heard = Instant::now();
        for Unsent {
            stream, committed, ..
        } in page
        {
            let known: Arc<str> = stream.into();
            if !self.busy.contains_key(&known) && !self.lanes.contains_key(&known) {
                self.put(Lane::new(known, Told { committed, heard }, retry));
            }
        }
    }
}

#[cfg(test)]
mod tests;
