//! What others than the output say of a run's end: a Job's condition, a CI system's conclusion.

use std::collections::BTreeMap;

use crate::input::Millis;

/// How a run ended, by whoever says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Everything did what it should. Nobody is green by this alone: it is no evidence of any test.
    Succeeded,
    /// Something did not.
    Failed,
    /// It was there for too long.
    TimedOut,
    /// Somebody ended it: cancelled, deleted.
    Aborted,
    /// What it ran on is gone: an evicted pod, a lost node.
    Lost,
}

/// One source's word on a run's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// How.
    pub outcome: Outcome,
    /// The cause as its source spells it: `Complete`, `BackoffLimitExceeded`, `DeadlineExceeded`, `cancelled`.
    pub cause: String,
    /// When, by the source's clock or else the agent's.
    pub at_ms: Millis,
}

/// The sources that tell ends, and what they told: at most as many as a run may have sources.
#[derive(Clone, Debug, Default)]
pub(crate) struct Endings(BTreeMap<String, Option<Ending>>);

impl Endings {
    /// A source that tells ends spoke: of none so far, or of this one. The first end of a source stays, whatever
    /// becomes of its remains, until it goes on again. Whether anything is new.
    pub(crate) fn hear(&mut self, source: &str, ended: Option<Ending>, limit: usize) -> bool {
        if !self.0.contains_key(source) && self.0.len() >= limit {
            return false;
        }
        let known = self.0.get(source);
        if known == Some(&ended) || (ended.is_some() && matches!(known, Some(Some(_)))) {
            return false;
        }
        self.0.insert(source.to_owned(), ended);
        true
    }

    /// The end, once all sources that tell ends have told it: the worst outcome, and of those the first.
    pub(crate) fn end(&self) -> Option<(&str, &Ending)> {
        let mut worst: Option<(&str, &Ending)> = None;
        for (source, ended) in &self.0 {
            let ended = ended.as_ref()?;
            let rank = |e: &Ending| (e.outcome, std::cmp::Reverse(e.at_ms));
            if worst.is_none_or(|(_, known)| rank(known) < rank(ended)) {
                worst = Some((source, ended));
            }
        }
        worst
    }

    /// Whether a source that tells ends says that the run goes on.
    pub(crate) fn goes_on(&self) -> bool {
        self.0.values().any(Option::is_none)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(outcome: Outcome, at_ms: Millis) -> Ending {
        Ending {
            outcome,
            cause: format!("{outcome:?}"),
            at_ms,
        }
    }

    #[test]
    fn a_run_of_two_jobs_ends_with_the_later_one_and_as_the_worse_one() {
        let mut endings = Endings::default();
        assert!(endings.hear("job:a", None, 8));
        assert!(endings.hear("job:b", None, 8));
        assert!(endings.hear("job:a", Some(ending(Outcome::TimedOut, 1)), 8));
        assert!(endings.goes_on());
        assert_eq!(endings.end(), None);
        assert!(endings.hear("job:b", Some(ending(Outcome::Succeeded, 2)), 8));
        assert!(!endings.hear("job:b", Some(ending(Outcome::Succeeded, 2)), 8));
        assert!(!endings.hear("job:b", Some(ending(Outcome::Aborted, 3)), 8));
        assert!(!endings.goes_on());
        let worst = endings.end().map(|(source, end)| (source, end.outcome));
        assert_eq!(worst, Some(("job:a", Outcome::TimedOut)));
    }

    #[test]
    fn more_sources_than_a_run_may_have_are_not_kept() {
        let mut endings = Endings::default();
        assert!(endings.hear("job:a", None, 1));
        assert!(!endings.hear("job:b", None, 1));
        assert_eq!(endings.0.len(), 1);
    }
}
