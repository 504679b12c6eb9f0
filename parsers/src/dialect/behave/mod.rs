//! Behave: the formatters `plain`, `pretty` (with and without colours) and `progress`, `progress2`,
//! `progress3`, with the lists and totals that follow each.
//!
//! Format source: `behave/formatter/*.py` and `behave/reporter/summary.py`; seen: 1.2.6 and 1.3.3,
//! run for the fixtures. A test is a scenario. Its suite is named as by Behave's JUnit reporter, the
//! file's stem, a dot and the feature's title; `plain` shows no file and `progress` no title, so there
//! it is what is shown.
//!
//! Nothing tells how a scenario ended: its steps do. `pretty` without colours shows no step's status
//! either, so scenarios with steps that were not executed wait for the lists and totals at the end.

mod closing;
mod lines;
mod scenario;
#[cfg(test)]
mod tests;
mod titles;
mod why;

use crate::dialect::script::cap;
use crate::dialect::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Status, TestEnd, TestStart};
use closing::Closing;
use lines::Step;
use scenario::{Scenario, Verdict};

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "behave",
    summary: "Behave, plain, pretty and progress",
    sniff,
    needles: &[
        "USING RUNNER: behave",
        "Feature: ",
        "  Scenario",
        ".feature",
        " ... passed",
        " ... failed",
        " ... error",
        " ... undefined",
        " ... skipped",
        "Failing scenarios:",
        "Errored scenarios:",
        " scenario passed, ",
        " scenarios passed, ",
        "(passed: ",
    ],
    lookback: 0,
    new: || Box::<Behave>::default(),
};

/// How the runner announces itself since 1.3; it tells errors from failures since then.
const RUNNER: &str = "USING RUNNER: behave";

fn sniff(line: &Line<'_>) -> bool {
    let text = line.text;
    match text.as_bytes() {
        [b' ', b' ', b' ', b' ', ..] => matches!(lines::step(text), Some(Step::Told(..))),
        [b' ', b' ', ..] => text.starts_with("  Scenario") || text.contains(".feature:"),
        _ => {
            text.starts_with(RUNNER)
                || text.starts_with("Feature: ")
                || text.contains(".feature")
                || lines::list(text).is_some()
                || lines::scenarios(text).is_some()
        }
    }
}

/// State over one stream.
#[derive(Default)]
struct Behave {
    /// Whether a line was claimed and the totals have not come yet.
    running: bool,
    /// Whether errors are told from failures.
    modern: bool,
    /// Number of the latest line that a title may follow: an empty one, or the runner's.
    blank: u64,
    /// A line that is a feature's title if a scenario's comes next.
    candidate: Option<Box<str>>,
    suite: Box<str>,
    /// Where the feature stands, if the formatter shows places.
    place: Option<Box<str>>,
    /// Whether the lines are those of `progress3`.
    letters: bool,
    current: Option<Scenario>,
    /// What a hook said that failed before the next scenario.
    hook: Option<Box<str>>,
    /// What the lines are part of.
    inside: Inside,
    closing: Closing,
}

/// Blocks whose lines are nothing but text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Nothing,
    /// A text argument of a step.
    DocString,
    /// Captured output, up to its line of dashes.
    Captured,
    /// The failures of a feature, between lines of dashes, as `progress2` and `progress3` list them.
    Failures,
}

impl Dialect for Behave {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let (text, number) = (line.text, line.number);
        if text.trim().is_empty() {
            self.blank = number;
            self.closing.blank();
            return match self.inside {
                Inside::Nothing => Claim::Pass,
                _ => Claim::Text,
            };
        }
        if text.starts_with(RUNNER) {
            self.settle(emit);
            *self = Behave {
                running: true,
                modern: true,
                blank: number,
                ..Behave::default()
            };
            return Claim::Own;
        }
        if let Some(claim) = self.block(text) {
            return claim;
        }
        if let Some(claim) = self.end(line, emit) {
            return claim;
        }
        if let Some(step) = lines::step(text)
            && let Some(current) = &mut self.current
        {
            let begun = current.step(&step, lines::colour(line.raw));
            self.running = true;
            if begun {
                current.start(emit);
            }
            return Claim::Own;
        }
        if let Some(claim) = self.heading(line, emit) {
            return claim;
        }
        self.text(text)
    }

    fn finish(&mut self, emit: Emit<'_>) {
        let running = self.current.as_ref().map(Scenario::verdict);
        if !matches!(running, Some(Verdict::Sure(status)) if status.is_failure()) {
            // Nothing says that it was over.
            self.current = None;
        }
        // What waits for the lists and totals stays open without them.
        self.settle(emit);
    }

    fn attention(&self) -> Attention {
        // A scenario's title waits for steps, which alone mean nothing, and a feature's for a scenario's.
        let waiting = self.current.is_some() || self.candidate.is_some();
        match self.running || self.closing.is_listing() || waiting {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl Scenario {
    fn start(&mut self, emit: Emit<'_>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let start = TestStart {
            suite: Some(&self.suite),
            name: &self.name,
            attempt: None,
            tags: None,
        };
        emit(self.line, Body::TestStart(start));
    }
}

impl Behave {
    /// Lines inside of a block, and those that begin or end one.
    fn block(&mut self, text: &str) -> Option<Claim> {
        let inner = text.trim();
        if let Some(hook) = text.strip_prefix("HOOK-ERROR in ") {
            return self.running.then(|| self.hooked(hook));
        }
        let dashes = inner.len() >= 70 && inner.bytes().all(|b| b == b'-');
        match self.inside {
            Inside::DocString => {
                if inner == "\"\"\"" || lines::indent(text) < 6 {
                    self.inside = Inside::Nothing;
                }
                (lines::indent(text) >= 6).then_some(Claim::Text)
            }
            Inside::Captured => {
                if text.starts_with("----") || inner.contains("_OUTPUT_END_") {
                    self.inside = Inside::Nothing;
                }
                Some(Claim::Text)
            }
            Inside::Failures if dashes => {
                self.inside = Inside::Nothing;
                self.closing.end_block();
                Some(Claim::Own)
            }
            Inside::Failures => {
                self.failure(text);
                Some(Claim::Text)
            }
            Inside::Nothing if dashes && self.running && self.place.is_none() => {
                self.inside = Inside::Failures;
                Some(Claim::Own)
            }
            Inside::Nothing if self.running && inner == "\"\"\"" => {
                self.inside = Inside::DocString;
                Some(Claim::Text)
            }
            Inside::Nothing if self.running && inner.starts_with("CAPTURED ") => {
                self.inside = Inside::Captured;
                Some(Claim::Text)
            }
            Inside::Nothing => None,
        }
    }

    /// A line of the failures that `progress2` lists, or of the one that `progress3` shows.
    fn failure(&mut self, text: &str) {
        match &mut self.current {
            Some(current) => {
                current.text(text);
            }
            None => self.closing.block(text),
        }
    }

    /// `before_scenario: RuntimeError: boom`: the next scenario's trouble, or the latest one's.
    fn hooked(&mut self, text: &str) -> Claim {
        let (hook, said) = text.split_once(": ").unwrap_or((text, text));
        match (&mut self.current, hook) {
            // Before 1.3 and in pretty it stands above the title.
            (Some(current), "before_scenario") if current.place.is_none() && self.modern => {
                current.hook(said);
            }
            (_, "before_scenario") => self.hook = Some(cap(said).into()),
            (Some(current), "after_scenario" | "before_step" | "after_step") => current.hook(said),
            _ => {}
        }
        Claim::Text
    }

    /// The lists and totals at the end.
    fn end(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Option<Claim> {
        let text = line.text;
        if let Some(status) = lines::list(text) {
            self.settle(emit);
            self.closing.list(self.tells(status));
            return self.claim(Claim::Own);
        }
        if let Some(claim) = self.closing.entry(line, emit) {
            self.running = true;
            return Some(claim);
        }
        if let Some(printed) = lines::scenarios(text) {
            self.settle(emit);
            self.closing.totals(printed, line.number, emit);
            *self = Behave::default();
            return Some(Claim::Own);
        }
        (self.running && lines::is_other_total(text)).then_some(Claim::Own)
    }

    /// Own once the dialect is known to be spoken.
    fn claim(&self, claim: Claim) -> Option<Claim> {
        Some(if self.running { claim } else { Claim::Pass })
    }

    /// A status as this version counts it.
    fn tells(&self, status: Status) -> Status {
        match status {
            Status::Errored if !self.modern => Status::Failed,
            status => status,
        }
    }

    fn text(&mut self, text: &str) -> Claim {
        if lines::indent(text) == 0 {
            self.candidate = None;
        }
        match &mut self.current {
            Some(current) if self.running => match current.text(text) || lines::indent(text) >= 6 {
                true => Claim::Text,
                false => Claim::Pass,
            },
            // Tags and paths between the runner's line and the first feature.
            None if self.running && self.suite.is_empty() && self.modern => Claim::Text,
            _ => Claim::Pass,
        }
    }

    /// The current scenario is over.
    fn settle(&mut self, emit: Emit<'_>) {
        let Some(scenario) = self.current.take() else {
            return;
        };
        if !self.running && scenario.is_untouched() {
            // A title and nothing else may be anybody's, unless a list names it.
            return self.closing.hold(scenario, None);
        }
        match scenario.verdict() {
            Verdict::Sure(status) => self.closing.tell(&scenario, self.tells(status), emit),
            Verdict::Open(guess) => self.closing.hold(scenario, guess),
        }
    }
}

/// The end of a scenario.
fn ended<'a>(scenario: &'a Scenario, status: Status) -> TestEnd<'a> {
    TestEnd {
        message: scenario.why.message().filter(|_| status.is_failure()),
        location: scenario.place.as_deref().filter(|_| status.is_failure()),
        ..TestEnd::new(Some(&scenario.suite), &scenario.name, status)
    }
}
