//! The list of the slowest tests (`--durations=N`): a line per phase, of which a test's are added up.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap};

use super::node;
use super::session::{Session, end};
use crate::dialect::{Claim, Emit};
use crate::event::{Body, Status, TestEnd};

/// Tests whose result is remembered until the list.
const KNOWN_CAP: usize = 100_000;
/// Tests of the list; those beyond go without a duration.
const LISTED_CAP: usize = 10_000;

/// What the list needs to know, and what it has said.
#[derive(Debug, Default)]
pub(super) struct Slowest {
    hasher: DefaultHashBuilder,
    /// Results told by name, by the hash of the node id; those told since anybody asked are only noted, for
    /// most runs print no list. None for what no list says.
    known: HashMap<u64, Status>,
    noted: Vec<(u64, Option<Status>)>,
    /// Which of the listed tests has that node id.
    at: HashMap<u64, usize>,
    listed: Vec<Listed>,
}

#[derive(Debug)]
struct Listed {
    id: Box<str>,
    status: Status,
    seconds: f64,
    line: u64,
}

/// `0.03s call     tests/test_a.py::test_b`: seconds and node id.
fn phase(text: &str) -> Option<(f64, &str)> {
    let (seconds, rest) = text.split_once("s ")?;
    let plain = |b: u8| b.is_ascii_digit() || b == b'.';
    if seconds.is_empty() || !seconds.bytes().all(plain) {
        return None;
    }
    let phases = ["setup    ", "call     ", "teardown "];
    let id = phases.iter().find_map(|phase| rest.strip_prefix(phase))?;
    Some((seconds.parse().ok()?, id))
}

impl Slowest {
    /// Takes what was noted into the table.
    fn settle(&mut self) {
        for (id, status) in self.noted.drain(..) {
            match status {
                None => {
                    self.known.remove(&id);
                }
                Some(status) if self.known.len() < KNOWN_CAP => {
                    self.known.insert(id, status);
                }
                Some(_) => {}
            }
        }
    }
}

impl Session {
    /// Remembers the result of a test told by name. Of a test with several tries the list does not say
    /// whose phases it holds.
    pub(super) fn know(&mut self, id: &str, status: Status, tries: bool) {
        let slowest = &mut self.slowest;
        let id = slowest.hasher.hash_one(id);
        slowest.noted.push((id, Some(status).filter(|_| !tries)));
        if slowest.noted.len() >= KNOWN_CAP {
            slowest.settle();
        }
    }

    /// A line of the list. Where the progress showed no names, nobody knows how a listed test ended.
    pub(super) fn slowest_line(&mut self, text: &str, line: u64) -> Claim {
        let Some((seconds, id)) = phase(text) else {
            return Claim::Text;
        };
        let slowest = &mut self.slowest;
        slowest.settle();
        let key = slowest.hasher.hash_one(id);
        let Some(&status) = slowest.known.get(&key) else {
            return Claim::Own;
        };
        if let Some(listed) = slowest
            .at
            .get(&key)
            .and_then(|at| slowest.listed.get_mut(*at))
        {
            listed.seconds += seconds;
        } else if slowest.listed.len() < LISTED_CAP {
            slowest.at.insert(key, slowest.listed.len());
            slowest.listed.push(Listed {
                id: id.into(),
                status,
                seconds,
                line,
            });
        }
        Claim::Own
    }

    /// The list is over: tells how long its tests took.
    pub(super) fn tell_slowest(&mut self, emit: Emit<'_>) {
        self.slowest.at.clear();
        for listed in std::mem::take(&mut self.slowest.listed) {
            let (suite, name) = node::split(&listed.id);
            let told = TestEnd {
                duration_s: Some(listed.seconds),
                recap: true,
                ..end(suite, name, listed.status)
            };
            emit(listed.line, Body::TestEnd(told));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_have_seconds_and_an_id() {
        let call = "0.03s call     tests/test_a.py::test_b[x y]";
        assert_eq!(phase(call), Some((0.03, "tests/test_a.py::test_b[x y]")));
        let teardown = "12.50s teardown t.py::T::t";
        assert_eq!(phase(teardown), Some((12.5, "t.py::T::t")));
        for text in [
            "(3 durations < 0.005s hidden.  Use -vv to show these durations.)",
            "s call     a",
        ] {
            assert_eq!(phase(text), None, "{text}");
        }
    }
}
