//! The intervals kept, by place: bounded for each place and in all, and made from what facts say again and again.

use std::collections::{BTreeMap, VecDeque};

use super::{About, Condition, Interval, Locator, Origin, Place};
use crate::input::Millis;

/// What was over for less goes on when it is told again: the kubelet's reasons of waiting come and go.
const REOPENED_WITHIN: Millis = 300_000;

/// All intervals kept.
#[derive(Debug, Default)]
pub struct Timeline {
    /// Places at most, and intervals of each.
    limits: (usize, usize),
    lanes: BTreeMap<Place, Lane>,
    dropped: u64,
}

/// The intervals of one place, the oldest first.
#[derive(Debug, Default)]
struct Lane {
    intervals: VecDeque<Interval>,
    /// When something last changed.
    changed_ms: Millis,
}

impl Timeline {
    /// Nothing yet; at most so many places, and intervals of each.
    #[must_use]
    pub fn new(places: usize, each: usize) -> Timeline {
        Timeline {
            limits: (places.max(1), each.max(1)),
            ..Timeline::default()
        }
    }

    /// What is kept of a place, the oldest first.
    pub fn at(&self, place: &Place) -> impl Iterator<Item = &Interval> {
        self.lanes
            .get(place)
            .into_iter()
            .flat_map(|lane| &lane.intervals)
    }

    /// Intervals that were not kept, or forgotten, because of a limit, since the last call.
    pub(crate) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    /// An object says all that holds of it now, or held: what it does not say any more is over. Gives the time from
    /// which on things are other than they were known to be, if any are.
    pub(crate) fn tell(
        &mut self,
        now: Millis,
        about: &About,
        conditions: Vec<Condition>,
    ) -> Option<Millis> {
        let (place, source) = (&about.place, about.source);
        if conditions.is_empty() && !self.lanes.contains_key(place) {
            return None;
        }
        self.make_room(place);
        let lane = self.lanes.entry(place.clone()).or_default();
        let mut changed: Option<Millis> = None;
        let mut since = |from: Millis| changed = Some(changed.map_or(from, |c| c.min(from)));
        let mut held = Vec::new();
        for condition in conditions {
            let locator = Locator {
                container: condition.container.clone(),
                ..about.locator.clone()
            };
            let at = match lane.find(now, (source, &locator), &condition) {
                Some(at) => at,
                None => {
                    let interval = begun(now, (source, locator), condition.clone());
                    since(interval.from_ms);
                    lane.intervals.push_back(interval);
                    lane.intervals.len() - 1
                }
            };
            held.push(at);
            if let Some(known) = lane.intervals.get_mut(at)
                && known.to_ms != condition.to_ms
            {
                known.to_ms = condition.to_ms;
                since(known.from_ms);
            }
        }
        for (at, known) in lane.intervals.iter_mut().enumerate() {
            if about.is_of(known) && known.to_ms.is_none() && !held.contains(&at) {
                known.to_ms = Some(now);
                since(known.from_ms);
            }
        }
        if changed.is_some() {
            lane.changed_ms = now;
        }
        let (_, each) = self.limits;
        while lane.intervals.len() > each {
            lane.forget_one();
            self.dropped += 1;
        }
        changed
    }

    /// A place that is gone.
    pub(crate) fn forget(&mut self, place: &Place) {
        self.lanes.remove(place);
    }

    /// Room for one more place, if it is new: the one that changed longest ago goes.
    fn make_room(&mut self, place: &Place) {
        let (places, _) = self.limits;
        if self.lanes.len() < places || self.lanes.contains_key(place) {
            return;
        }
        let oldest = self.lanes.iter().min_by_key(|(_, lane)| lane.changed_ms);
        if let Some(oldest) = oldest.map(|(place, _)| place.clone())
            && let Some(lane) = self.lanes.remove(&oldest)
        {
            self.dropped += lane.intervals.len() as u64;
        }
    }
}

impl Lane {
    /// The interval that a condition is told of again.
    fn find(
        &self,
        now: Millis,
        (source, locator): (Origin, &Locator),
        condition: &Condition,
    ) -> Option<usize> {
        let same = |known: &Interval| {
            known.level == condition.level
                && known.source == source
                && known.reason == condition.reason
                && known.locator == *locator
        };
        self.intervals.iter().rposition(|known| {
            let goes_on = match condition.from_ms {
                Some(from) => known.from_ms == from,
                None => known
                    .to_ms
                    .is_none_or(|to| now.saturating_sub(to) <= REOPENED_WITHIN),
            };
            same(known) && goes_on
        })
    }

    /// Forgets the oldest that is over, or else the oldest.
    fn forget_one(&mut self) {
        let over = self.intervals.iter().position(|i| i.to_ms.is_some());
        self.intervals.remove(over.unwrap_or(0));
    }
}

impl About {
    fn is_of(&self, interval: &Interval) -> bool {
        let (own, its) = (&self.locator, &interval.locator);
        interval.source == self.source && its.name == own.name && its.namespace == own.namespace
    }
}

fn begun(now: Millis, (source, locator): (Origin, Locator), condition: Condition) -> Interval {
    Interval {
        level: condition.level,
        source,
        locator,
        reason: condition.reason,
        note: condition.note,
        exit_code: condition.exit_code,
        // What lies in the future was told by a clock that is ahead.
        from_ms: condition.from_ms.unwrap_or(now).min(now),
        to_ms: condition.to_ms,
        within: condition.within,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::Level;

    fn waiting(reason: &str) -> Vec<Condition> {
        vec![Condition::new(Level::Container, reason)]
    }

    fn about(place: Place) -> About {
        About {
            place,
            source: Origin::Pod,
            locator: Locator::default(),
        }
    }

    fn pod() -> About {
        about(Place::Pod("uid".to_owned()))
    }

    #[test]
    fn reasons_that_come_and_go_are_one_interval_each() {
        let pod = pod();
        let mut timeline = Timeline::new(10, 10);
        for (now, reason) in [
            (1_000, "ErrImagePull"),
            (2_000, "ImagePullBackOff"),
            (15_000, "ErrImagePull"),
            (16_000, "ImagePullBackOff"),
        ] {
            assert!(timeline.tell(now, &pod, waiting(reason)).is_some());
            assert_eq!(timeline.tell(now, &pod, waiting(reason)), None);
        }
        timeline.tell(20_000, &pod, Vec::new());
        let kept: Vec<_> = timeline
            .at(&pod.place)
            .map(|i| (i.from_ms, i.to_ms))
            .collect();
        assert_eq!(kept, [(1_000, Some(16_000)), (2_000, Some(20_000))]);
    }

    #[test]
    fn a_full_place_forgets_what_is_over_first_and_counts_it() {
        let pod = pod();
        let mut timeline = Timeline::new(10, 2);
        for (now, reason) in [(1, "A"), (2, "B"), (3, "C")] {
            timeline.tell(now, &pod, waiting(reason));
        }
        let kept: Vec<_> = timeline.at(&pod.place).map(|i| i.reason.as_str()).collect();
        assert_eq!(kept, ["B", "C"]);
        assert_eq!(timeline.take_dropped(), 1);
    }

    #[test]
    fn of_too_many_places_the_one_that_changed_longest_ago_goes() {
        let mut timeline = Timeline::new(2, 10);
        let place = |name: &str| Place::Node(name.to_owned());
        for (now, name) in [(1, "a"), (2, "b"), (3, "a"), (4, "c")] {
            let reason = now.to_string();
            timeline.tell(now, &about(place(name)), waiting(&reason));
        }
        let kept = |name| timeline.at(&place(name)).count();
        assert_eq!((kept("a"), kept("b"), kept("c")), (2, 0, 1));
        assert_eq!(timeline.take_dropped(), 1);
    }
}
