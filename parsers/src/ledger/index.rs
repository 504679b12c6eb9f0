//! Finds tests by suite and name without keeping either twice: by a hash, checked by the caller
//! against the tests themselves.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// Ordinals of tests by the hash of suite and name. Two tests may share a hash by chance, so whoever
/// asks compares with the test.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    places: HashMap<u64, Place, BuildHasherDefault<Identity>>,
    hasher: RandomState,
}

/// Tests of one suite and name, in order of appearance.
#[derive(Clone, Debug)]
enum Place {
    /// The usual case.
    One(u32),
    /// Tests of one name, the first of which have ended.
    Many { all: Vec<u32>, ended: usize },
}

impl Index {
    fn key(&self, suite: Option<&str>, name: &str) -> u64 {
        self.hasher.hash_one((suite, name))
    }

    pub(super) fn push(&mut self, suite: Option<&str>, name: &str, ordinal: u32) {
        let key = self.key(suite, name);
        match self.places.get_mut(&key) {
            None => {
                self.places.insert(key, Place::One(ordinal));
            }
            Some(Place::Many { all, .. }) => all.push(ordinal),
            Some(place @ Place::One(_)) => {
                let mut all = ordinals(place).to_vec();
                all.push(ordinal);
                *place = Place::Many { all, ended: 0 };
            }
        }
    }

    /// Drops the tests of these names without a suite that are no longer to be kept.
    pub(super) fn release<'n>(
        &mut self,
        names: impl Iterator<Item = &'n str>,
        keep: impl Fn(u32) -> bool,
    ) {
        let keys: HashSet<u64> = names.map(|name| self.key(None, name)).collect();
        for key in keys {
            let kept: Vec<u32> = match self.places.get(&key) {
                Some(place) => ordinals(place)
                    .iter()
                    .copied()
                    .filter(|i| keep(*i))
                    .collect(),
                None => continue,
            };
            match kept.is_empty() {
                true => self.places.remove(&key),
                false => self.places.insert(
                    key,
                    Place::Many {
                        all: kept,
                        ended: 0,
                    },
                ),
            };
        }
    }

    /// Candidates, oldest first.
    pub(super) fn all(&self, suite: Option<&str>, name: &str) -> &[u32] {
        self.places
            .get(&self.key(suite, name))
            .map_or(&[], ordinals)
    }

    /// The oldest candidate that is open. Looks at each ended one once.
    pub(super) fn oldest_open(
        &mut self,
        suite: Option<&str>,
        name: &str,
        is_open: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let key = self.key(suite, name);
        match self.places.get_mut(&key)? {
            Place::One(only) => Some(*only).filter(|i| is_open(*i)),
            Place::Many { all, ended } => {
                while all.get(*ended).is_some_and(|i| !is_open(*i)) {
                    *ended += 1;
                }
                all.get(*ended).copied()
            }
        }
    }

    /// A test that had ended is open again.
    pub(super) fn reopen(&mut self, suite: Option<&str>, name: &str) {
        let key = self.key(suite, name);
        if let Some(Place::Many { ended, .. }) = self.places.get_mut(&key) {
            *ended = 0;
        }
    }
}

fn ordinals(place: &Place) -> &[u32] {
    match place {
        Place::One(only) => std::slice::from_ref(only),
        Place::Many { all, .. } => all,
    }
}

/// Takes a key that already is a hash as it is.
#[derive(Clone, Copy, Debug, Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
