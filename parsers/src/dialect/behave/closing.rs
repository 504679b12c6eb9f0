//! What Behave says below the features: the scenarios that failed, and the totals, which settle what
//! the steps left open.

use std::collections::{HashMap, VecDeque};

use super::ended;
use super::lines;
use super::scenario::Scenario;
use super::why::Why;
use crate::dialect::closing::close;
use crate::dialect::script::cap;
use crate::dialect::{Claim, Emit, Line};
use crate::event::{Body, Counts, Printed, Status, TestDetail, TestEnd};

/// Scenarios that may wait for the end, failures the lists may add to, and blocks of `progress2`.
const KEPT_CAP: usize = 10_000;
/// Scenarios of one name that are looked at for the place of a listed one.
const LOOKS: usize = 16;

/// What has been told and what waits.
#[derive(Debug, Default)]
pub(super) struct Closing {
    told: Counts,
    /// Scenarios that the steps left open, with what they are unless the end says otherwise; nothing
    /// where one has been told since.
    held: Vec<Option<(Scenario, Option<Status>)>>,
    /// Where the scenarios of a name are held.
    waiting: HashMap<Box<str>, VecDeque<usize>>,
    /// Failures told and not listed yet, by trimmed name.
    failed: HashMap<Box<str>, VecDeque<Failed>>,
    failures: usize,
    /// The list being read: what its scenarios are.
    list: Option<Status>,
    /// Whether scenarios had titles, so that a listed one is known by its name.
    titled: bool,
    blocks: HashMap<Box<str>, VecDeque<Block>>,
    block: Option<Block>,
}

/// A failure that was told: its suite, its name, and whether its place is known.
#[derive(Debug)]
struct Failed(Box<str>, Box<str>, bool);

/// A failure as `progress2` lists it below its feature.
#[derive(Debug, Default)]
struct Block {
    feature: Box<str>,
    scenario: Box<str>,
    why: Why,
}

impl Closing {
    pub(super) fn tell(&mut self, scenario: &Scenario, status: Status, emit: Emit<'_>) {
        emit(scenario.line, Body::TestEnd(ended(scenario, status)));
        self.told.add(status, 1);
        self.titled = true;
        if !status.is_failure() {
            return;
        }
        self.failures += 1;
        if self.failures <= KEPT_CAP {
            let placed = scenario.place.is_some();
            let known = Failed(scenario.suite.clone(), scenario.name.clone(), placed);
            let names = self.failed.entry(scenario.name.trim().into());
            names.or_default().push_back(known);
        }
    }

    pub(super) fn hold(&mut self, scenario: Scenario, guess: Option<Status>) {
        self.titled = true;
        if self.held.len() < KEPT_CAP {
            let names = self.waiting.entry(scenario.name.trim().into());
            names.or_default().push_back(self.held.len());
            self.held.push(Some((scenario, guess)));
        }
    }

    /// A line of the failures below a feature.
    pub(super) fn block(&mut self, text: &str) {
        if text.starts_with("FAILURE in step ") || text.starts_with("ERROR in step ") {
            self.end_block();
            self.block = Some(Block::default());
        }
        let Some(block) = &mut self.block else { return };
        if let Some(feature) = text.strip_prefix("  Feature:  ") {
            block.feature = cap(feature).into();
        } else if let Some(scenario) = text.strip_prefix("  Scenario: ") {
            block.scenario = cap(scenario).into();
        } else {
            block.why.note(text);
        }
    }

    pub(super) fn end_block(&mut self) {
        if let Some(block) = self.block.take()
            && self.blocks.len() < KEPT_CAP
        {
            let names = self.blocks.entry(block.scenario.trim().into());
            names.or_default().push_back(block);
        }
    }

    /// A list of scenarios begins.
    pub(super) fn list(&mut self, status: Status) {
        self.list = Some(status);
    }

    /// Whether a list is being read, which a blank line ends.
    pub(super) fn is_listing(&self) -> bool {
        self.list.is_some()
    }

    pub(super) fn blank(&mut self) {
        self.list = None;
    }

    /// An entry of the list being read.
    pub(super) fn entry(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Option<Claim> {
        let status = self.list?;
        let (place, name) = lines::listed(line.text)?;
        if let Some(known) = self.failed.get_mut(name.trim())
            && let Some(Failed(suite, name, placed)) = known.pop_front()
        {
            if !placed {
                let detail = TestDetail {
                    suite: Some(&suite),
                    name: &name,
                    message: None,
                    location: Some(cap(place)),
                };
                emit(line.number, Body::TestDetail(detail));
            }
        } else if let Some(mut scenario) = self.held_at(name.trim(), place) {
            scenario.place.get_or_insert_with(|| cap(place).into());
            emit(scenario.line, Body::TestEnd(ended(&scenario, status)));
            self.told.add(status, 1);
        } else if self.failures <= KEPT_CAP {
            self.unknown(place, name, status, line.number, emit);
        }
        Some(Claim::Own)
    }

    /// Takes out the scenario of that name that is held, or could be, for the place.
    fn held_at(&mut self, name: &str, place: &str) -> Option<Scenario> {
        let waiting = self.waiting.get_mut(name)?;
        let fits = |i: &usize| match self.held.get(*i) {
            Some(Some((s, _))) => s.place.as_deref().is_none_or(|p| p == place),
            _ => false,
        };
        let at = waiting.iter().take(LOOKS).position(fits)?;
        let held = self.held.get_mut(waiting.remove(at)?)?;
        held.take().map(|(scenario, _)| scenario)
    }

    /// A listed scenario that was not shown as failed.
    fn unknown(&mut self, place: &str, name: &str, status: Status, line: u64, emit: Emit<'_>) {
        let blocks = self.blocks.get_mut(name.trim());
        let block = blocks.and_then(VecDeque::pop_front).unwrap_or_default();
        let mut suite = lines::stem(place);
        if !block.feature.is_empty() {
            suite = format!("{suite}.{}", block.feature);
        }
        let end = TestEnd {
            message: block.why.message(),
            location: Some(cap(place)),
            // What was shown as passed failed afterwards.
            teardown: self.titled,
            ..TestEnd::new((!self.titled).then_some(&*suite), name, status)
        };
        emit(line, Body::TestEnd(end));
        self.told.add(status, 1);
    }

    /// The totals: what was left open is what they count beyond what was told.
    pub(super) fn totals(&mut self, mut printed: Printed, line: u64, emit: Emit<'_>) {
        let (passed, skipped) = (printed.passed.unwrap_or(0), printed.skipped.unwrap_or(0));
        let left = |told: &Counts, status: Status| match status {
            Status::Passed => passed.saturating_sub(told[status]),
            _ => skipped.saturating_sub(told[status]),
        };
        // Whoever nothing is known of is this only if it can be nothing else.
        let only = match (
            left(&self.told, Status::Passed),
            left(&self.told, Status::Skipped),
        ) {
            (_, 0) => Some(Status::Passed),
            (0, _) => Some(Status::Skipped),
            _ => None,
        };
        for status in [Status::Passed, Status::Skipped] {
            let is = |guess: &Option<Status>| guess.or(only) == Some(status);
            let count = self.held.iter().flatten().filter(|(_, g)| is(g)).count() as u64;
            if count > left(&self.told, status) {
                continue;
            }
            for held in &mut self.held {
                if let Some((scenario, _)) = held.take_if(|(_, guess)| is(guess)) {
                    emit(scenario.line, Body::TestEnd(ended(&scenario, status)));
                    self.told.add(status, 1);
                }
            }
        }
        let open = self.held.iter().flatten().count() as u64;
        if self.titled && left(&self.told, Status::Skipped) > open {
            // Scenarios that were not selected, which Behave was told not to report.
            printed.skipped = None;
        }
        close(printed, &self.told, line, emit);
        *self = Closing::default();
    }
}
