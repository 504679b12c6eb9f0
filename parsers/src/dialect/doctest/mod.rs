//! doctest's console output (the C++ framework), with and without `-s` and `-d`.
//!
//! Suite: that of `TEST SUITE:`, else empty. Name: the test case's. Format source: `ConsoleReporter` in
//! `doctest/parts/doctest.cpp`. Seen: 2.4.9.
//!
//! A test case is headed by a rule, its place, its suite and its name, once for each way through its
//! sub-cases; without `-s` and `-d` only what failed, warned or spoke has a heading, and other results are
//! counted from the totals. A failure that a decorator allows is taken back below it, and counts
//! as passed, as in doctest's own totals. What these call skipped was filtered out: no result.

mod lines;
#[cfg(test)]
mod tests;

use super::catch2::{duration, rule};
use super::{Claim, Dialect, DialectInfo, Emit, Line, closing};
use crate::event::{Body, Counts, Printed, Status, TestEnd, TestStart};
use lines::{Outcome, Totals, Verdict};

/// Bytes kept of a name or a message.
const TEXT_CAP: usize = 512;
/// Lines that a description may have in an open stream.
const DESCRIPTION_LINES: u64 = 16;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "doctest",
    summary: "doctest (C++)",
    sniff: |line| {
        let text = line.text;
        lines::own(text)
            || text.starts_with("TEST CASE:  ")
            || text.starts_with("TEST SUITE: ")
            || text.starts_with("DESCRIPTION: ")
            || rule(text, b'=').is_some()
            || lines::place(text).is_some()
    },
    needles: &["[doctest] ", "TEST CASE:  "],
    // Rule, place, description, suite.
    lookback: 4,
    new: || Box::<Doctest>::default(),
};

/// State over one stream.
#[derive(Default)]
struct Doctest {
    /// Whether a line was claimed: headings have no needles, so every line may be one's then.
    spoken: bool,
    head: Option<Head>,
    run: Option<Run>,
}

/// A heading up to where it was read.
struct Head {
    place: Option<String>,
    suite: String,
    /// Line from which on the description goes.
    described: Option<u64>,
    /// Number of its rule.
    from: u64,
    /// Number of its latest line.
    line: u64,
}

/// One program's run of its test cases, up to the totals.
#[derive(Default)]
struct Run {
    case: Option<Case>,
    failure: Option<Failure>,
    told: Counts,
    /// Whether lines below a heading name sub-cases.
    below: bool,
}

/// The test case whose heading was printed last.
struct Case {
    place: String,
    suite: String,
    name: String,
    told: Option<Status>,
    seconds: Option<f64>,
    line: u64,
}

/// An assertion that failed, while it is being printed.
struct Failure {
    place: String,
    text: String,
    outcome: Outcome,
    line: u64,
}

impl Dialect for Doctest {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let claim = self.read(line, emit);
        self.spoken |= claim != Claim::Pass;
        claim
    }

    fn finish(&mut self, emit: Emit<'_>) {
        if let Some(run) = &mut self.run {
            run.settle(emit);
        }
    }
}

impl Doctest {
    fn read(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if let Some(totals) = lines::totals(line.text) {
            self.head = None;
            let mut run = self.run.take().unwrap_or_default();
            run.close(totals, line.number, emit);
            return Claim::Own;
        }
        if lines::own(line.text) {
            if line.text.starts_with("[doctest] doctest version is ") {
                self.finish(emit);
                self.run = Some(Run::default());
            }
            return Claim::Own;
        }
        if let Some(claim) = self.heading(line, emit) {
            return claim;
        }
        match &mut self.run {
            Some(run) => run.line(line, emit),
            None => Claim::Pass,
        }
    }

    /// Reads on in a heading; `None` if the line has nothing to do with one. Others have rules too: no
    /// line is ours before the heading's last, unless doctest is being spoken.
    fn heading(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Option<Claim> {
        let text = line.text;
        let claim = match self.run {
            Some(_) => Claim::Own,
            None => Claim::Pass,
        };
        if rule(text, b'=').is_some() {
            if let Some(run) = &mut self.run {
                run.settle(emit);
                run.below = false;
            }
            self.head = Some(Head {
                place: None,
                suite: String::new(),
                described: None,
                from: line.number,
                line: line.number,
            });
            return Some(claim);
        }
        let mut head = self.head.take().filter(|h| h.line + 1 == line.number)?;
        head.line = line.number;
        if head.place.is_none() {
            head.place = Some(cap(lines::place(text)?));
        } else if let Some(suite) = text.strip_prefix("TEST SUITE: ") {
            head.suite = cap(suite.trim());
            head.described = None;
        } else if let Some(name) = lines::case(text) {
            // No needle stands in other names.
            let known = text.starts_with("TEST CASE:  ") || self.spoken;
            let near = self.spoken || head.from + u64::from(INFO.lookback) >= line.number;
            if !known || !near {
                return None;
            }
            let run = self.run.get_or_insert_with(Run::default);
            run.begin(head, cap(name), emit);
            return Some(Claim::Own);
        } else if text.starts_with("DESCRIPTION: ") {
            head.described = Some(line.number);
        } else {
            let from = head.described?;
            if line.number - from > DESCRIPTION_LINES {
                return None;
            }
        }
        self.head = Some(head);
        Some(claim)
    }
}

impl Run {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        let Some(case) = &mut self.case else {
            return Claim::Pass;
        };
        if let Some((place, outcome, said)) = lines::assertion(text) {
            self.settle(emit);
            self.below = false;
            self.failure = Some(Failure {
                place: cap(place),
                text: cap(said),
                outcome,
                line: line.number,
            });
            return Claim::Own;
        }
        if let Some(failure) = &mut self.failure {
            if text.is_empty() {
                self.settle(emit);
                return Claim::Own;
            }
            if let Some(values) = text.strip_prefix("  values: ") {
                failure.text = cap(&format!("{} values: {values}", failure.text));
            }
            return Claim::Text;
        }
        if self.below {
            // Sub-cases, up to a blank line.
            self.below = !text.is_empty();
            return Claim::Own;
        }
        if let Some((seconds, name)) = duration(text) {
            if cap(name.trim()) == case.name {
                case.seconds = Some(seconds);
                self.timed(line.number, emit);
                return Claim::Own;
            }
            return Claim::Pass;
        }
        match lines::verdict(text) {
            Some(verdict) => {
                self.judge(verdict, line, emit);
                Claim::Own
            }
            None => Claim::Pass,
        }
    }

    fn begin(&mut self, head: Head, name: String, emit: Emit<'_>) {
        self.below = true;
        let place = head.place.unwrap_or_default();
        let same = |c: &Case| c.name == name && c.place == place && c.seconds.is_none();
        if self.case.as_ref().is_some_and(same) {
            // Another way through its sub-cases.
            return;
        }
        self.end(emit);
        emit(
            head.line,
            Body::TestStart(TestStart {
                suite: Some(&head.suite),
                name: &name,
                attempt: None,
                tags: None,
            }),
        );
        self.case = Some(Case {
            place,
            suite: head.suite,
            name,
            told: None,
            seconds: None,
            line: head.line,
        });
    }

    /// The assertion being printed is complete.
    fn settle(&mut self, emit: Emit<'_>) {
        let Some(failure) = self.failure.take() else {
            return;
        };
        if failure.outcome == Outcome::Failed {
            let texts = (Some(failure.text.as_str()), Some(failure.place.as_str()));
            self.tell(Status::Failed, texts, failure.line, emit);
        }
    }

    /// The duration is known: the test case has ended, only a verdict may follow.
    fn timed(&mut self, number: u64, emit: Emit<'_>) {
        let Some(case) = &self.case else { return };
        match case.told {
            None => self.tell(Status::Passed, (None, None), case.line, emit),
            Some(status) => {
                let end = TestEnd {
                    duration_s: case.seconds,
                    recap: true,
                    ..TestEnd::new(Some(&case.suite), &case.name, status)
                };
                emit(number, Body::TestEnd(end));
            }
        }
    }

    fn judge(&mut self, verdict: Verdict, line: &Line<'_>, emit: Emit<'_>) {
        let message = cap(line.text.trim());
        let status = match verdict {
            Verdict::Forgiven => Status::Passed,
            Verdict::Failed => Status::Failed,
        };
        self.tell(status, (Some(&message), None), line.number, emit);
    }

    /// Tells how the test case ended, with message and place; if something else was told before, the
    /// same attempt once more.
    fn tell(
        &mut self,
        status: Status,
        (message, location): (Option<&str>, Option<&str>),
        number: u64,
        emit: Emit<'_>,
    ) {
        let Some(case) = &mut self.case else { return };
        if case.told == Some(status) {
            return;
        }
        let before = case.told.replace(status);
        let end = TestEnd {
            duration_s: case.seconds,
            attempt: before.map(|_| 1),
            message,
            location,
            ..TestEnd::new(Some(&case.suite), &case.name, status)
        };
        emit(number, Body::TestEnd(end));
        if let Some(before) = before {
            self.told.sub(before, 1);
        }
        self.told.add(status, 1);
    }

    /// The test case is over: another begins, or the run ends.
    fn end(&mut self, emit: Emit<'_>) {
        self.settle(emit);
        if let Some(case) = &self.case
            && case.told.is_none()
        {
            self.tell(Status::Passed, (None, None), case.line, emit);
        }
        self.case = None;
    }

    fn close(&mut self, totals: Totals, number: u64, emit: Emit<'_>) {
        self.end(emit);
        let printed = Printed {
            tests: Some(totals.passed.saturating_add(totals.failed)),
            passed: Some(totals.passed),
            failed: Some(totals.failed),
            ..Printed::default()
        };
        closing::close(printed, &self.told, number, emit);
    }
}

fn cap(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT_CAP)].to_owned()
}
