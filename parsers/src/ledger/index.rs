//! Finds tests by lane, suite and name without keeping either twice: by a hash, checked by the caller
//! against the tests themselves.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use super::Test;

/// Ordinals of tests by the hash of lane, suite and name. Two tests may share a hash by chance, so whoever
/// asks compares with the test.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    places: HashMap<u64, Place, BuildHasherDefault<Identity>>,
    hasher: RandomState,
}

/// Tests of one lane, suite and name, in order of appearance.
#[derive(Clone, Debug)]
enum Place {
    /// The usual case.
    One(u32),
    /// Tests of one name, the first of which have ended.
    Many { all: Vec<u32>, ended: usize },
}

impl Index {
    fn key(&self, lane: u32, suite: Option<&str>, name: &str) -> u64 {
        self.hasher.hash_one((lane, suite, name))
    }

    pub(super) fn push(&mut self, lane: u32, suite: Option<&str>, name: &str, ordinal: u32) {
        let key = self.key(lane, suite, name);
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
        lane: u32,
        names: impl Iterator<Item = &'n str>,
        keep: impl Fn(u32) -> bool,
    ) {
        let keys: HashSet<u64> = names.map(|name| self.key(lane, None, name)).collect();
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

    /// Drops these tests.
    pub(super) fn forget(&mut self, gone: &[Test]) {
        let mut by_key: HashMap<u64, HashSet<u32>> = HashMap::new();
        for test in gone {
            let key = self.key(test.lane, test.suite.as_deref(), &test.name);
            by_key.entry(key).or_default().insert(test.ordinal);
        }
        for (key, gone) in by_key {
            let left = match self.places.get_mut(&key) {
                Some(Place::One(only)) => usize::from(!gone.contains(only)),
                Some(Place::Many { all, ended }) => {
                    all.retain(|ordinal| !gone.contains(ordinal));
                    *ended = 0;
                    all.len()
                }
                None => continue,
            };
            if left == 0 {
                self.places.remove(&key);
            }
        }
    }

    /// Candidates, oldest first.
    pub(super) fn all(&self, lane: u32, suite: Option<&str>, name: &str) -> &[u32] {
        self.places
            .get(&self.key(lane, suite, name))
            .map_or(&[], ordinals)
    }

    /// The oldest candidate that is open. Looks at each ended one once.
    pub(super) fn oldest_open(
        &mut self,
        lane: u32,
        suite: Option<&str>,
        name: &str,
        is_open: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let key = self.key(lane, suite, name);
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
    pub(super) fn reopen(&mut self, lane: u32, suite: Option<&str>, name: &str) {
        let key = self.key(lane, suite, name);
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

/// Something for each name, apart for each lane.
#[derive(Clone, Debug)]
pub(super) struct ByName<T> {
    lanes: HashMap<u32, HashMap<Box<str>, T>>,
    len: usize,
}

impl<T> Default for ByName<T> {
    fn default() -> ByName<T> {
        ByName {
            lanes: HashMap::new(),
            len: 0,
        }
    }
}

impl<T> ByName<T> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.lanes.values().flat_map(HashMap::values)
    }

    pub(super) fn at(&self, lane: u32, name: &str) -> Option<&T> {
        self.lanes.get(&lane)?.get(name)
    }

    pub(super) fn insert(&mut self, lane: u32, name: &str, value: T) {
        let names = self.lanes.entry(lane).or_default();
        self.len += usize::from(names.insert(name.into(), value).is_none());
    }

    pub(super) fn take(&mut self, lane: u32, name: &str) -> Option<T> {
        let names = self.lanes.get_mut(&lane)?;
        let found = names.remove(name)?;
        self.len -= 1;
        if names.is_empty() {
            self.lanes.remove(&lane);
        }
        Some(found)
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
