//! What the cluster's Events said of pods and nodes: bounded by number, never by age, keyed by uid.

use std::collections::BTreeMap;

use crate::fact::{About, EventFact};

/// Events kept of one object.
const PER_OBJECT: usize = 32;
/// Of those that may have to go, so many are looked at: the first of an object that is gone goes.
const LOOKED_AT: usize = 64;

/// All Events remembered.
#[derive(Debug, Default)]
pub(crate) struct Events {
    limit: usize,
    /// By what they are about, in order of arrival.
    of: BTreeMap<String, Vec<Said>>,
    /// What each place in the order of arrival is about, and which Event it is.
    order: BTreeMap<u64, (String, String)>,
    next: u64,
}

/// An Event as remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its latest state.
    pub fact: EventFact,
    /// The count when runs last heard of it.
    told: u32,
}

/// What an Event was to those who listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Nothing new.
    None,
    /// It was said again; nobody need look for that.
    Counted,
    /// Something that runs should look at.
    Told {
        /// Others forgotten because of the limit.
        forgotten: u64,
    },
    /// Too many of that object.
    TooMany,
}

impl Events {
    pub(crate) fn new(limit: usize) -> Events {
        Events {
            limit,
            ..Events::default()
        }
    }

    /// What was said of a pod.
    pub(crate) fn of_pod(&self, uid: &str) -> &[Said] {
        self.of.get(uid).map_or(&[], Vec::as_slice)
    }

    /// What was said of a node.
    pub(crate) fn of_node(&self, name: &str) -> &[Said] {
        self.of.get(&node(name)).map_or(&[], Vec::as_slice)
    }

    /// Takes an Event into account. What is repeated, or older than what is known, is no news; a count that
    /// rises is when it has doubled. `is_gone` says of an object whether its Events may be forgotten first.
    pub(crate) fn take(&mut self, fact: EventFact, is_gone: impl Fn(&str) -> bool) -> News {
        let key = key(&fact.about);
        let said = self.of.entry(key.clone()).or_default();
        if let Some(known) = said.iter_mut().find(|said| said.fact.uid == fact.uid) {
            if fact.count <= known.fact.count {
                return News::None;
            }
            known.fact = fact;
            if known.fact.count < known.told.saturating_mul(2) {
                return News::Counted;
            }
            known.told = known.fact.count;
            return News::Told { forgotten: 0 };
        }
        if said.len() >= PER_OBJECT {
            return News::TooMany;
        }
        self.order.insert(self.next, (key, fact.uid.clone()));
        self.next += 1;
        let told = fact.count;
        said.push(Said { fact, told });
        News::Told {
            forgotten: self.forget(is_gone),
        }
    }

    fn forget(&mut self, is_gone: impl Fn(&str) -> bool) -> u64 {
        if self.order.len() <= self.limit {
            return 0;
        }
        let mut first = self.order.iter().take(LOOKED_AT);
        let gone = first.find(|(_, (key, _))| is_gone(key));
        let place = gone.or_else(|| self.order.iter().next());
        let Some((key, uid)) = place
            .map(|(place, _)| *place)
            .and_then(|place| self.order.remove(&place))
        else {
            return 0;
        };
        if let Some(said) = self.of.get_mut(&key) {
            said.retain(|said| said.fact.uid != uid);
            if said.is_empty() {
                self.of.remove(&key);
            }
        }
        1
    }
}

/// What an object's Events are kept by: components say a node's name where its uid should be.
fn key(about: &About) -> String {
    match about.kind.as_str() {
        "Node" => node(&about.name),
        _ => about.uid.clone(),
    }
}

fn node(name: &str) -> String {
    format!("node:{name}")
}

/// Events of these reasons as lines of evidence: the same words of several Events are one line, what was said
/// most often comes first.
pub(crate) fn evidence(said: &[Said], reasons: &[&str], container: Option<&str>) -> Vec<String> {
    let mut lines: Vec<(&str, &str, u32)> = Vec::new();
    for said in said {
        let fact = &said.fact;
        let of_other = container.is_some_and(|c| {
            let about = fact.about.container.as_deref();
            about.is_some_and(|about| about != c)
        });
        if of_other || !reasons.contains(&fact.reason.as_str()) {
            continue;
        }
        let words = (fact.reason.as_str(), fact.message.as_str());
        match lines.iter_mut().find(|line| (line.0, line.1) == words) {
            Some(line) => line.2 = line.2.saturating_add(said.told),
            None => lines.push((words.0, words.1, said.told)),
        }
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.2));
    let times = |count| match count {
        1 => String::new(),
        count => format!(", {count} times"),
    };
    let line = |(reason, message, count): (&str, &str, u32)| {
        let message = message.trim_end();
        format!("event {reason}{}: {message}", times(count))
    };
    lines.into_iter().take(LINES).map(line).collect()
}

/// Lines of Events that one finding shows.
const LINES: usize = 3;
