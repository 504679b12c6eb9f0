//! What came already: deliveries and ends, remembered for some time, and no more of them than there is room for.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sentinel_core::Millis;
use sha2::{Digest, Sha256};

/// A hash of what is remembered: names are as long as their senders like.
pub(super) type Key = [u8; 16];

/// The key of something by its parts.
pub(super) fn key(parts: &[&[u8]]) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let whole: [u8; 32] = hash.finalize().into();
    let (half, _) = whole.split_at(16);
    let mut key = Key::default();
    key.copy_from_slice(half);
    key
}

/// Things that came, the oldest forgotten first.
pub(super) struct Remembered {
    most: usize,
    keep: Millis,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    since: HashMap<Key, Millis>,
    /// In order of arrival; of those that were forgotten early the entries stay until it is their turn.
    order: VecDeque<(Millis, Key)>,
}

/// Things taken for new. They are forgotten again, so that their sender may try once more, unless it is said that
/// they had their effect.
pub(super) struct Claim<'a> {
    of: &'a Remembered,
    keys: Vec<Key>,
}

impl Remembered {
    pub(super) fn new(most: usize, keep: Duration) -> Remembered {
        Remembered {
            most,
            keep: Millis::try_from(keep.as_millis()).unwrap_or(Millis::MAX),
            state: Mutex::default(),
        }
    }

    /// Takes them for new, if none of them came before.
    pub(super) fn claim(&self, keys: Vec<Key>, now: Millis) -> Option<Claim<'_>> {
        let mut state = self.lock(now);
        if keys.iter().any(|key| state.since.contains_key(key)) {
            return None;
        }
        for key in &keys {
            state.put(*key, now, self.most);
        }
        drop(state);
        Some(Claim { of: self, keys })
    }

    /// Remembers it.
    pub(super) fn note(&self, key: Key, now: Millis) {
        self.lock(now).put(key, now, self.most);
    }

    /// Whether it came before.
    pub(super) fn knows(&self, key: &Key, now: Millis) -> bool {
        self.lock(now).since.contains_key(key)
    }

    fn lock(&self, now: Millis) -> MutexGuard<'_, State> {
        // Whatever was left half done is a key too many or too few, for as long as any is kept.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((then, _)) = state.order.front()
            && now.saturating_sub(*then) >= self.keep
        {
            state.drop_oldest();
        }
        state
    }
}

impl State {
    fn put(&mut self, key: Key, now: Millis, most: usize) {
        while self.order.len() >= most && self.drop_oldest() {}
        self.since.insert(key, now);
        self.order.push_back((now, key));
    }

    fn drop_oldest(&mut self) -> bool {
        let Some((then, key)) = self.order.pop_front() else {
            return false;
        };
        // One that came again since then stays.
        if self.since.get(&key) == Some(&then) {
            self.since.remove(&key);
        }
        true
    }
}

impl Claim<'_> {
    /// They had their effect.
    pub(super) fn keep(mut self) {
        self.keys.clear();
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if self.keys.is_empty() {
            return;
        }
        let state = self.of.state.lock();
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            state.since.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(n: usize) -> Key {
        key(&[&n.to_be_bytes()])
    }

    fn came(remembered: &Remembered, n: usize, now: Millis) -> bool {
        let claim = remembered.claim(vec![named(n)], now);
        claim.is_none_or(|claim| {
            claim.keep();
            false
        })
    }

    #[test]
    fn what_came_is_known_for_its_time_and_no_longer() {
        let remembered = Remembered::new(8, Duration::from_millis(100));
        assert!(!came(&remembered, 1, 0));
        assert!(came(&remembered, 1, 99));
        assert!(!came(&remembered, 1, 100));
        assert!(came(&remembered, 1, 150));
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for_and_the_oldest_goes_first() {
        let remembered = Remembered::new(4, Duration::from_secs(1));
        for n in 0..100 {
            assert!(!came(&remembered, n, 0));
            let state = remembered.state.lock().unwrap();
            assert!(state.since.len() <= 4 && state.order.len() <= 4);
        }
        assert!(came(&remembered, 99, 0));
        assert!(came(&remembered, 96, 0));
        assert!(!came(&remembered, 95, 0));
    }

    #[test]
    fn what_had_no_effect_may_come_again() {
        let remembered = Remembered::new(4, Duration::from_secs(1));
        drop(remembered.claim(vec![named(1), named(2)], 0).unwrap());
        let claim = remembered.claim(vec![named(1)], 0).unwrap();
        assert!(remembered.claim(vec![named(3), named(1)], 0).is_none());
        assert!(!remembered.knows(&named(3), 0));
        claim.keep();
        assert!(remembered.knows(&named(1), 0));
    }

    #[test]
    fn parts_are_told_apart() {
        assert_ne!(key(&[b"ab", b"c"]), key(&[b"a", b"bc"]));
    }
}
