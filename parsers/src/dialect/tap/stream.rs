//! The state of one TAP stream: which results count, what belongs to them, when it is over.

use super::details::Details;
use super::nested::Nested;
use super::syntax::{self, Directive, TestLine};
use super::tally::Tally;
use super::titles;
use crate::dialect::{Claim, Emit};
use crate::event::{Body, Plan, Status, TestDetail, TestEnd};

/// Lines of details read for one result; the rest is skipped.
const DETAIL_LINES: u32 = 1000;
/// How far a numbered result may lie from the expected number.
const NUMBER_SLACK: u64 = 100;

/// Reads the lines of one TAP stream, or of several that follow each other, from the first on.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// The suite of every result.
    suite: String,
    /// The plan, once seen; its line while nothing confirms that it begins a further stream.
    plan: Option<u64>,
    unconfirmed: Option<(u64, u64)>,
    /// Results of this stream.
    seen: u64,
    last_number: u64,
    numbered: bool,
    /// Lines were lost since the last result, and perhaps results among them.
    broken: bool,
    over: bool,
    block: Block,
    current: Option<Current>,
    details: Details,
    nested: Nested,
    tally: Tally,
    /// Room for the texts of the next result.
    spare: (String, String),
}

/// A text in the room of another.
fn again(room: &mut String, text: &str) -> String {
    let mut text_of = std::mem::take(room);
    text_of.clear();
    text_of.push_str(text);
    text_of
}

/// What the lines after a result are part of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Block {
    /// Nothing yet; they follow the result immediately.
    #[default]
    Fresh,
    /// Nothing yet, and something foreign came in between.
    Stale,
    Comments,
    Raw,
    Yaml(u32),
}

/// The latest result.
#[derive(Debug)]
struct Current {
    suite: String,
    name: String,
    status: Status,
    /// Whether it was `not ok`, whatever that counts for.
    bad: bool,
    line: u64,
    /// Told only once its details are known: it may be a mere suite.
    held: bool,
}

impl Stream {
    pub(crate) fn of_suite(suite: &str) -> Stream {
        Stream {
            suite: suite.to_owned(),
            ..Stream::default()
        }
    }

    /// Whether the plan is fulfilled, or came last.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Whether results so far came with numbers.
    pub(crate) fn is_numbered(&self) -> bool {
        self.numbered
    }

    pub(crate) fn line(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Claim {
        if let Block::Yaml(lines) = self.block
            && let Some(claim) = self.yaml(text, lines, emit)
        {
            return claim;
        }
        match text.as_bytes() {
            [] => Claim::Pass,
            [b' ', ..] => self.indented(text, number, emit),
            [b'#', ..] => self.comment(&text[1..], number, emit),
            [b'o' | b'n', ..] => match syntax::test_line(text) {
                Some(test) if self.counts(&test) => self.test(&test, 0, number, emit),
                _ => self.foreign(emit),
            },
            _ => self.other(text, number, emit),
        }
    }

    /// Reads a line if it is a result of the outermost level; whether it was.
    pub(super) fn at_once(&mut self, text: &str, number: u64, emit: Emit<'_>) -> bool {
        if matches!(self.block, Block::Yaml(_)) || !text.starts_with(['o', 'n']) {
            return false;
        }
        match syntax::test_line(text).filter(|test| self.counts(test)) {
            Some(test) => self.test(&test, 0, number, emit) == Claim::Own,
            None => false,
        }
    }

    /// Lines were lost.
    pub(super) fn lost(&mut self) {
        self.broken = self.numbered;
    }

    /// Whether the next line may belong to the stream whatever it looks like.
    pub(crate) fn is_attentive(&self) -> bool {
        match self.block {
            Block::Fresh => self.current.is_some(),
            Block::Stale => false,
            Block::Comments | Block::Raw | Block::Yaml(_) => true,
        }
    }

    pub(crate) fn finish(&mut self, emit: Emit<'_>) {
        self.close_details(emit);
        self.tally.flush(emit);
    }

    fn other(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Claim {
        if syntax::is_version(text) {
            self.finish(emit);
            self.restart();
        } else if let Some(plan) = syntax::plan(text) {
            self.close_details(emit);
            self.planned(plan.tests, number, emit);
        } else if syntax::bail_out(text).is_some() {
            self.finish(emit);
            self.over = true;
        } else if text.starts_with("pragma ") && !self.over {
            return Claim::Own;
        } else {
            return self.foreign(emit);
        }
        Claim::Own
    }

    /// A line that is no TAP: ends a run of comments or raw details.
    fn foreign(&mut self, emit: Emit<'_>) -> Claim {
        match self.block {
            Block::Comments | Block::Raw => self.close_details(emit),
            Block::Fresh => self.block = Block::Stale,
            Block::Stale | Block::Yaml(_) => {}
        }
        Claim::Pass
    }

    fn restart(&mut self) {
        (self.plan, self.unconfirmed) = (None, None);
        (self.seen, self.last_number, self.numbered) = (0, 0, false);
        self.broken = false;
        self.over = false;
        self.nested.clear();
    }

    fn planned(&mut self, tests: u64, number: u64, emit: Emit<'_>) {
        let fresh = self.plan.is_none() && !(self.over && self.seen > 0);
        if !fresh {
            // A second plan begins a further stream, if a first result follows.
            self.unconfirmed = Some((number, tests));
            return;
        }
        self.plan = Some(tests);
        self.over = self.seen > 0 || tests == 0;
        self.tell_plan(tests, number, emit);
    }

    fn tell_plan(&self, tests: u64, number: u64, emit: Emit<'_>) {
        let suite = (!self.suite.is_empty()).then_some(self.suite.as_str());
        emit(number, Body::Plan(Plan { suite, tests }));
    }

    /// Whether a result line of the outermost level is part of the stream, by its number: text
    /// like `ok 7 rows updated` is not.
    fn counts(&self, test: &TestLine<'_>) -> bool {
        let plain = test.dashed || test.name.is_empty() || test.directive.is_some();
        match test.number {
            Some(n) if n == self.last_number + 1 => true,
            Some(1) if self.unconfirmed.is_some() => true,
            Some(n) if self.broken && n > self.last_number => {
                !self.over && self.plan.is_none_or(|tests| n <= tests)
            }
            Some(n) => plain && !self.over && n.abs_diff(self.last_number) <= NUMBER_SLACK,
            None => !self.over && (plain || (!self.numbered && self.seen > 0)),
        }
    }

    fn test(&mut self, test: &TestLine<'_>, depth: usize, number: u64, emit: Emit<'_>) -> Claim {
        self.close_details(emit);
        self.tally.flush(emit);
        if depth == 0 {
            self.count(test, emit);
        }
        let status = match test.directive {
            Some((Directive::Skip, _)) => Status::Skipped,
            Some((Directive::Todo, _)) => Status::Todo,
            _ if test.ok => Status::Passed,
            Some((Directive::Timeout, _)) => Status::TimedOut,
            None => Status::Failed,
        };
        let place = self.nested.place(depth, test.name);
        let unescaped;
        let (suite, name) = match (place.is_node, titles::apart(test.name)) {
            (true, _) => {
                unescaped = syntax::unescape(test.name);
                (place.suite.as_str(), &*unescaped)
            }
            (false, Some(titles)) if self.suite.is_empty() => titles,
            (false, _) => (self.suite.as_str(), test.name),
        };
        let current = Current {
            suite: again(&mut self.spare.0, suite),
            name: again(&mut self.spare.1, name),
            status,
            bad: !test.ok && status != Status::Skipped,
            line: number,
            held: place.had_children,
        };
        if !current.held {
            let message = test.directive.map(|(_, reason)| reason);
            emit(
                number,
                Body::TestEnd(TestEnd {
                    duration_s: test.duration_s,
                    message: message.filter(|m| !m.is_empty()),
                    ..TestEnd::new(Some(&current.suite), &current.name, status)
                }),
            );
        }
        self.current = Some(current);
        Claim::Own
    }

    fn count(&mut self, test: &TestLine<'_>, emit: Emit<'_>) {
        if test.number == Some(1) && self.seen > 0 {
            let plan = self.unconfirmed.take();
            self.restart();
            if let Some((line, tests)) = plan {
                self.planned(tests, line, emit);
            }
        }
        self.seen += 1;
        self.numbered |= test.number.is_some();
        self.broken = false;
        self.last_number = test.number.unwrap_or(self.last_number + 1);
        self.over = self.plan.is_some_and(|plan| self.seen >= plan);
    }

    fn indented(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Claim {
        let inner = text.trim_start();
        let column = text.len() - inner.len();
        // Behind other people's lines it is not looked for.
        let follows = self.current.is_some() && self.block != Block::Stale;
        if inner.trim_end() == "---" && follows {
            self.block = Block::Yaml(0);
            return Claim::Text;
        }
        if column.is_multiple_of(4)
            && let Some(claim) = self.subtest(inner, column / 4, number, emit)
        {
            return claim;
        }
        if self.is_bad() && matches!(self.block, Block::Fresh | Block::Raw) && !inner.is_empty() {
            self.block = Block::Raw;
            self.details.raw(inner);
            return Claim::Text;
        }
        self.foreign(emit)
    }

    /// A line of a nested stream. Its results are not tests of their own (the parent's line is),
    /// except those of node's runner, which writes every test with a heading.
    fn subtest(&mut self, inner: &str, depth: usize, number: u64, emit: Emit<'_>) -> Option<Claim> {
        if let Some(name) = inner.strip_prefix("# Subtest: ") {
            self.close_details(emit);
            self.nested.heading(depth, name);
            return Some(Claim::Own);
        }
        if let Some(test) = syntax::test_line(inner) {
            if self.nested.is_node(depth, test.name) {
                return Some(self.test(&test, depth, number, emit));
            }
            return (test.number.is_some() || test.dashed).then_some(Claim::Own);
        }
        syntax::plan(inner).map(|_| Claim::Own)
    }

    fn comment(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Claim {
        if let Some(name) = text.strip_prefix(" Subtest: ") {
            self.close_details(emit);
            self.nested.heading(0, name);
            return Claim::Own;
        }
        if self.tally.comment(text, number) {
            self.close_details(emit);
            return Claim::Own;
        }
        if self.is_bad() && matches!(self.block, Block::Fresh | Block::Comments) {
            self.block = Block::Comments;
            self.details.comment(text);
            return Claim::Text;
        }
        if self.over { Claim::Pass } else { Claim::Own }
    }

    fn is_bad(&self) -> bool {
        self.current.as_ref().is_some_and(|c| c.bad)
    }

    /// A line while a YAML block is open; `None` if it ended the block and is something else.
    fn yaml(&mut self, text: &str, lines: u32, emit: Emit<'_>) -> Option<Claim> {
        if text.trim() == "..." {
            self.close_details(emit);
            return Some(Claim::Text);
        }
        if !text.starts_with(' ') && !text.is_empty() {
            // Other writers may print in between; only TAP itself ends a block that is not closed.
            let tap = syntax::test_line(text).is_some()
                || syntax::plan(text).is_some()
                || syntax::is_version(text);
            if tap {
                self.close_details(emit);
                return None;
            }
            return Some(Claim::Pass);
        }
        if lines < DETAIL_LINES {
            self.details.yaml(text);
            self.block = Block::Yaml(lines + 1);
        }
        Some(Claim::Text)
    }

    /// Tells what was gathered about the latest result.
    fn close_details(&mut self, emit: Emit<'_>) {
        self.block = Block::Fresh;
        let Some(current) = self.current.take() else {
            return;
        };
        let (message, location) = (self.details.message(), self.details.location());
        let (suite, name) = (Some(current.suite.as_str()), current.name.as_str());
        let duration_s = self.details.duration_s;
        let (message, location) = (message.as_deref(), location.as_deref());
        let end = TestEnd {
            duration_s,
            ..TestEnd::new(suite, name, current.status)
        };
        if current.held {
            if !self.details.is_suite {
                let end = TestEnd {
                    message,
                    location,
                    ..end
                };
                emit(current.line, Body::TestEnd(end));
            }
        } else {
            if message.is_some() || location.is_some() {
                let detail = TestDetail {
                    suite,
                    name,
                    message,
                    location,
                };
                emit(current.line, Body::TestDetail(detail));
            }
            if duration_s.is_some() {
                emit(current.line, Body::TestEnd(TestEnd { recap: true, ..end }));
            }
        }
        self.details.clear();
        self.spare = (current.suite, current.name);
    }
}
