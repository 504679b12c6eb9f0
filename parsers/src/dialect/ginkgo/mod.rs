//! Ginkgo, versions 1 and 2: dots, `-v`, `-vv`, succinct, with and without colours, run by `go test` or
//! by its own command.
//!
//! Format source: `reporters/stenographer` of version 1 and `reporters/default_reporter.go` of version
//! 2; the fixtures are output of 2.32. A test is a spec: the texts of its containers and its own,
//! joined with one blank; labels stay part of the name, as Ginkgo's reports have them. Its suite is
//! the title given to `RunSpecs`. The Go test that runs the suite is none, see `go_test`.
//!
//! Specs that passed as dots are counted, the totals name no one either. Pending specs are skipped.

mod head;
mod lines;
mod spec;
#[cfg(test)]
mod tests;
mod why;

use std::collections::HashMap;

use crate::dialect::closing::close;
use crate::dialect::script::cap;
use crate::dialect::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Counted, Counts, Printed, Status, TestEnd};
use head::Head;
use lines::Mark;
use spec::Spec;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "ginkgo",
    summary: "Ginkgo 1 and 2, dots, verbose and succinct",
    sniff: |line| opens(line.text),
    needles: &["Running Suite: ", " specs "],
    lookback: 0,
    new: || Box::<Ginkgo>::default(),
};

/// Whether a suite begins.
pub(super) fn opens(text: &str) -> bool {
    lines::suite(text).is_some() || lines::succinct(text).is_some()
}

/// Whether a suite ended with a failure.
pub(super) fn failed(text: &str) -> bool {
    text.starts_with("FAIL! ")
}

/// Failures of which it is remembered that they were told.
const FAILED_CAP: usize = 10_000;

/// State over one stream.
#[derive(Default)]
struct Ginkgo {
    /// Whether a suite has begun and not ended.
    running: bool,
    /// Whether a suite was claimed before.
    known: bool,
    /// Whether the line before told that the suite failed.
    just_failed: bool,
    suite: Box<str>,
    /// The name being read, below a delimiter or a result.
    head: Option<Head>,
    /// Whether a name is known to be one line, so that a spec may be told as soon as it is complete.
    flat: bool,
    spec: Option<Spec>,
    /// Whether the list of failures is being read.
    listing: bool,
    told: Counts,
    /// How many failures were told, by name.
    failed: HashMap<Box<str>, u32>,
}

impl Dialect for Ginkgo {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if let Some(title) = lines::suite(text) {
            return self.begin(title, emit);
        }
        if let Some((title, rest)) = lines::succinct(text) {
            let claim = self.begin(title, emit);
            self.dots(rest, line.number, emit);
            return claim;
        }
        let failed = std::mem::take(&mut self.just_failed);
        if !self.running {
            // The result of the Go test around the suite, if nobody reads those.
            return match failed && lines::is_go_failure(text) {
                true => Claim::Own,
                false => Claim::Pass,
            };
        }
        if let Some(claim) = self.end(text, line.number, emit) {
            return claim;
        }
        if lines::is_delimiter(text) {
            self.settle(emit);
            self.head = Some(Head::default());
            return Claim::Own;
        }
        if let Some(mark) = self.mark(text) {
            self.marked(&mark, line.number, emit);
            return Claim::Own;
        }
        if text.starts_with("Will run ") && text.ends_with(" specs") {
            self.head = Some(Head::default());
            return Claim::Own;
        }
        if let Some(claim) = self.name(text, line.number, emit) {
            return claim;
        }
        self.text(text, line.number, emit)
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.settle(emit);
    }

    fn attention(&self) -> Attention {
        match self.running || self.just_failed {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl Ginkgo {
    /// A suite begins. Only the first is claimed: `go_test` has to see them, too.
    fn begin(&mut self, title: &str, emit: Emit<'_>) -> Claim {
        self.settle(emit);
        let known = self.known;
        *self = Ginkgo {
            running: true,
            known: true,
            suite: cap(title.trim_end()).into(),
            ..Ginkgo::default()
        };
        match known {
            true => Claim::Pass,
            false => Claim::Own,
        }
    }

    /// How a spec ended: in words, or as the lone bullet below its name.
    fn mark(&self, text: &str) -> Option<Mark> {
        let named = self.spec.is_some() || self.head.as_ref().is_some_and(Head::is_placed);
        if text == "•" && named {
            return Some(Mark {
                status: Status::Passed,
                seconds: None,
                tries: None,
                first: true,
            });
        }
        lines::mark(text)
    }

    fn marked(&mut self, mark: &Mark, line: u64, emit: Emit<'_>) {
        self.named(line, emit);
        if self.spec.as_ref().is_some_and(Spec::is_marked) {
            self.settle(emit);
        }
        let spec = self.spec.get_or_insert_with(|| Spec::unnamed(line));
        spec.mark(*mark);
        match spec.is_named() && mark.status == Status::Passed {
            true => self.settle(emit),
            false => self.head = Some(Head::default()),
        }
    }

    /// A line that may be part of a name.
    fn name(&mut self, text: &str, line: u64, emit: Emit<'_>) -> Option<Claim> {
        let head = self.head.as_mut()?;
        if text.trim().is_empty() && head.levels() == 0 {
            // An empty line follows `Will run`.
            return Some(Claim::Pass);
        }
        let entered = text.starts_with("  > Enter [");
        if entered || !head.line(text) {
            self.flat |= head.levels() == 1 && !entered;
            self.named(line, emit);
            return None;
        }
        let whole = head.is_first() || (self.flat && head.levels() == 1);
        if whole && head.is_placed() && self.spec.is_none() {
            self.named(line, emit);
        }
        Some(Claim::Own)
    }

    /// The name is complete, if there is one.
    fn named(&mut self, line: u64, emit: Emit<'_>) {
        let Some(head) = self.head.take() else { return };
        match &mut self.spec {
            Some(spec) => spec.name(&head),
            None if head.is_placed() => {
                let mut spec = Spec::unnamed(line);
                spec.name(&head);
                spec.start(&self.suite, emit);
                self.spec = Some(spec);
            }
            None => {}
        }
    }

    fn text(&mut self, text: &str, line: u64, emit: Emit<'_>) -> Claim {
        if let Some(spec) = &mut self.spec {
            spec.text(text);
            return Claim::Text;
        }
        match self.dots(text, line, emit) {
            true => Claim::Own,
            false => Claim::Pass,
        }
    }

    /// Counts the bullets at the start of a line.
    fn dots(&mut self, text: &str, line: u64, emit: Emit<'_>) -> bool {
        let bullets = lines::bullets(text);
        if text.contains(" SUCCESS! ") && !text.contains(" -- ") {
            // Succinct: no totals follow.
            self.running = false;
        }
        if bullets == 0 {
            return false;
        }
        let mut counts = Counts::ZERO;
        counts.add(Status::Passed, bullets);
        self.told.merge(&counts);
        let suite = Some(&*self.suite);
        emit(line, Body::Counted(Counted { suite, counts }));
        true
    }

    /// The spec being read is over.
    fn settle(&mut self, emit: Emit<'_>) {
        let line = self.spec.as_ref().map_or(0, |spec| spec.line);
        self.named(line, emit);
        let Some(spec) = self.spec.take() else { return };
        let Some(status) = spec.tell(&self.suite, emit) else {
            return;
        };
        self.told.add(status, 1);
        let failed = status.is_failure() && self.failed.len() < FAILED_CAP;
        if let (true, Some(name)) = (failed, spec.known_name()) {
            *self.failed.entry(name.into()).or_default() += 1;
        }
    }

    /// The list of failures and the totals.
    fn end(&mut self, text: &str, line: u64, emit: Emit<'_>) -> Option<Claim> {
        if text.starts_with("Summarizing ") && text.contains(" Failure") {
            self.settle(emit);
            (self.listing, self.head) = (true, None);
            return Some(Claim::Own);
        }
        if lines::ran(text).is_some() {
            self.settle(emit);
            (self.listing, self.head) = (false, None);
            return Some(Claim::Own);
        }
        if let Some(printed) = lines::verdict(text) {
            self.settle(emit);
            self.close(printed, line, emit);
            self.just_failed = failed(text);
            // To `go_test` it says that the test around the suite failed.
            return Some(Claim::Pass);
        }
        if !self.listing {
            return None;
        }
        if let Some((status, name)) = lines::listed(text) {
            self.list(status, &lines::unmarked(name), line, emit);
            return Some(Claim::Own);
        }
        lines::place(text).map(|_| Claim::Own)
    }

    /// A listed failure: told before, but for what went wrong in reading it.
    fn list(&mut self, status: Status, name: &str, line: u64, emit: Emit<'_>) {
        if lines::is_suite_node(name) {
            return;
        }
        if let Some(n) = self.failed.get_mut(cap(name)).filter(|n| **n > 0) {
            *n -= 1;
        } else if self.failed.len() < FAILED_CAP {
            let end = TestEnd::new(Some(&self.suite), name, status);
            emit(line, Body::TestEnd(end));
            self.told.add(status, 1);
        }
    }

    fn close(&mut self, printed: Printed, line: u64, emit: Emit<'_>) {
        // Printed as failed, told as timed out.
        let late = self.told[Status::TimedOut];
        self.told.add(Status::Failed, late);
        if printed != Printed::default() {
            close(printed, &self.told, line, emit);
        }
        *self = Ginkgo {
            known: true,
            ..Ginkgo::default()
        };
    }
}
