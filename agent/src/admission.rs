//! Whose turn it is: a pool of memory and queue places that streams share. Nobody gets more than its
//! part, those that hold least go first, and who waits too long is sent away; so a noisy stream
//! waits for itself, and what all hold together is bounded.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// Requests that wait at most; further ones are sent away at once.
const WAITING: usize = 1_024;

/// Too much is under way; retryable after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too much is under way")]
pub(crate) struct Crowded;

/// How much of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) bytes: usize,
    pub(crate) inputs: usize,
}

impl Amount {
    fn fits(self, within: Amount) -> bool {
        self.bytes <= within.bytes && self.inputs <= within.inputs
    }

    fn plus(self, other: Amount) -> Amount {
        Amount {
            bytes: self.bytes.saturating_add(other.bytes),
            inputs: self.inputs.saturating_add(other.inputs),
        }
    }

    fn minus(self, other: Amount) -> Amount {
        Amount {
            bytes: self.bytes.saturating_sub(other.bytes),
            inputs: self.inputs.saturating_sub(other.inputs),
        }
    }

    fn at_most(self, other: Amount) -> Amount {
        Amount {
            bytes: self.bytes.min(other.bytes),
            inputs: self.inputs.min(other.inputs),
        }
    }
}

/// Something there is a bounded amount of, shared fairly between streams.
#[derive(Clone)]
pub(crate) struct Pool(Arc<Shared>);

struct Shared {
    /// What one stream may hold.
    part: Amount,
    state: Mutex<State>,
}

struct State {
    free: Amount,
    held: HashMap<Arc<str>, Amount>,
    /// In order of arrival.
    waiting: Vec<Waiting>,
}

struct Waiting {
    stream: Arc<str>,
    need: Amount,
    granted: oneshot::Sender<Share>,
}

/// What was given to a stream, until it is dropped.
pub(crate) struct Share {
    /// Where it goes back to; nowhere if it never left.
    of: Option<Arc<Shared>>,
    stream: Arc<str>,
    amount: Amount,
}

impl std::fmt::Debug for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Share").field(&self.amount).finish()
    }
}

impl Pool {
    /// So much for all, and so much of it for one stream.
    pub(crate) fn new(all: Amount, part: Amount) -> Pool {
        Pool(Arc::new(Shared {
            part: part.at_most(all),
            state: Mutex::new(State {
                free: all,
                held: HashMap::new(),
                waiting: Vec::new(),
            }),
        }))
    }

    /// A share for the stream, as soon as it is its turn. More than its part is its part: it then
    /// has to hold nothing else.
    pub(crate) async fn take(
        &self,
        stream: &str,
        need: Amount,
        patience: Duration,
    ) -> Result<Share, Crowded> {
        let (granted, grant) = oneshot::channel();
        {
            let mut state = self.0.lock();
            if state.waiting.len() >= WAITING {
                state.waiting.retain(|waiting| !waiting.granted.is_closed());
                if state.waiting.len() >= WAITING {
                    return Err(Crowded);
                }
            }
            state.waiting.push(Waiting {
                stream: stream.into(),
                need: need.at_most(self.0.part),
                granted,
            });
            self.0.serve(&mut state);
        }
        let turn = tokio::time::timeout(patience, grant).await;
        turn.ok().and_then(Result::ok).ok_or(Crowded)
    }

    /// What nobody holds.
    #[cfg(test)]
    fn free(&self) -> Amount {
        self.0.lock().free
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is made whole before the lock is given back.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives to whoever may take more and holds least, as long as there is enough. The next one in
    /// this order is waited for although a smaller need would fit: nobody is passed over for ever.
    fn serve(self: &Arc<Shared>, state: &mut State) {
        while let Some(next) = self.next(state) {
            let need = state.waiting[next].need;
            if !need.fits(state.free) {
                return;
            }
            let Waiting {
                stream, granted, ..
            } = state.waiting.remove(next);
            let held = state.held.get(&stream).copied().unwrap_or_default();
            let share = Share {
                of: Some(Arc::clone(self)),
                stream: Arc::clone(&stream),
                amount: need,
            };
            match granted.send(share) {
                Ok(()) => {
                    state.free = state.free.minus(need);
                    state.held.insert(stream, held.plus(need));
                }
                // Went away meanwhile. The lock is held, so it must not give itself back.
                Err(mut share) => share.of = None,
            }
        }
    }

    fn next(&self, state: &State) -> Option<usize> {
        let holds = |waiting: &Waiting| state.held.get(&waiting.stream).copied();
        let candidates = state.waiting.iter().enumerate().filter_map(|(n, waiting)| {
            let held = holds(waiting).unwrap_or_default();
            let may = held.plus(waiting.need).fits(self.part);
            may.then_some((held.bytes, held.inputs, n))
        });
        candidates.min().map(|(_, _, n)| n)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some(of) = self.of.take() else { return };
        let mut state = of.lock();
        state.free = state.free.plus(self.amount);
        if let Some(held) = state.held.get_mut(&self.stream) {
            *held = held.minus(self.amount);
            if *held == Amount::default() {
                state.held.remove(&self.stream);
            }
        }
        of.serve(&mut state);
    }
}

/// How many there are of each key, up to a limit.
#[derive(Debug)]
pub(crate) struct Places<K>(Mutex<HashMap<K, usize>>);

impl<K> Default for Places<K> {
    fn default() -> Self {
        Places(Mutex::new(HashMap::new()))
    }
}

/// One of a key's places.
#[derive(Debug)]
pub(crate) struct Place<K: Hash + Eq> {
    of: Arc<Places<K>>,
    key: K,
}

impl<K: Hash + Eq + Clone> Places<K> {
    /// A place for the key if it has less than `limit`.
    pub(crate) fn enter(self: &Arc<Self>, key: &K, limit: usize) -> Option<Place<K>> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(key) {
            Some(count) if *count >= limit => return None,
            Some(count) => *count += 1,
            None => {
                counts.insert(key.clone(), 1);
            }
        }
        Some(Place {
            of: Arc::clone(self),
            key: key.clone(),
        })
    }
}

impl<K: Hash + Eq> Drop for Place<K> {
    fn drop(&mut self) {
        let mut counts = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests;
