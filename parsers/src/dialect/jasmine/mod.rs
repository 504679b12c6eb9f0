//! Jasmine: its own console reporter (dots) and `jasmine-spec-reporter`.
//!
//! Format source: `jasmine/lib/reporters/console_reporter.js` and `jasmine-spec-reporter`. The
//! console reporter joins titles with blanks, so what it names has no suite of its own.

mod failure;
mod lines;
#[cfg(test)]
mod tests;

use crate::dialect::script::{Titles, indent};
use crate::dialect::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Counted, Counts, Printed, Status, Summary, TestDetail, TestEnd};
use failure::Failure;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "jasmine",
    summary: "Jasmine, dots and jasmine-spec-reporter",
    sniff: |line| {
        matches!(line.text, "Started" | "Jasmine started")
            || lines::dots(line.text).is_some()
            || lines::totals(line.text).is_some()
    },
    needles: &[
        "\nStarted\n",
        "\nJasmine started",
        "specs, ",
        " spec, ",
        "\n..",
        "\n.F",
        "\nF.",
        "\nFF",
        "\n.*",
        "\n*.",
        "\n.\n",
        "\nF\n",
        "\n*\n",
        "\nF*",
        "\n*F",
        "\n**",
    ],
    lookback: 0,
    new: || Box::<Jasmine>::default(),
};

/// State over one stream.
#[derive(Default)]
struct Jasmine {
    place: Place,
    /// Number of the line `Started`.
    started: u64,
    titles: Titles,
    /// What was counted by dots.
    counted: Counts,
    /// Suite and name of the latest failure in the tree, while its messages may follow.
    latest: Option<(String, Box<str>)>,
    /// The entry of a list that is being read.
    entry: Option<Failure>,
    /// Number of the list's latest entry.
    number: u64,
}

/// Where in the output the next line stands.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    /// Before a run.
    #[default]
    Before,
    /// Below `Started`, which other programs print as well.
    Started,
    /// Between dots.
    Dots,
    /// In the tree of the spec reporter.
    Tree,
    /// In a list at the end, of entries of this status; the tree's failures are told already.
    List(Status, bool),
}

impl Dialect for Jasmine {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if self.place == Place::Dots && text.starts_with('.') {
            return self.dots(line, emit);
        }
        if let Some(printed) = lines::totals(text).filter(|_| self.place != Place::Before) {
            self.totals(printed, line.number, emit);
            return Claim::Own;
        }
        match text {
            "Jasmine started" => {
                self.restart(Place::Tree, emit);
                return Claim::Own;
            }
            "Started" => {
                self.end_entry(emit);
                if matches!(self.place, Place::Before | Place::Started) {
                    (self.place, self.started) = (Place::Started, line.number);
                }
                return Claim::Pass;
            }
            _ => {}
        }
        match self.place {
            Place::Before => Claim::Pass,
            Place::Started => self.started(line, emit),
            Place::Dots => self.dots(line, emit),
            Place::Tree => self.tree(line, emit),
            Place::List(..) => self.list(line, emit),
        }
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.end_entry(emit);
    }

    fn is_waiting(&self) -> bool {
        self.place != Place::Before
    }

    fn attention(&self) -> Attention {
        match self.place != Place::Before {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl Jasmine {
    fn restart(&mut self, place: Place, emit: Emit<'_>) {
        self.end_entry(emit);
        *self = Jasmine {
            place,
            ..Jasmine::default()
        };
    }

    fn started(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        // Only dots right below are a sign; else the totals must tell.
        if line.number != self.started + 1 || lines::dots(line.text).is_none() {
            return Claim::Pass;
        }
        self.place = Place::Dots;
        self.dots(line, emit)
    }

    fn dots(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if let Some(status) = lines::list(line.text) {
            self.place = Place::List(status, false);
            return Claim::Own;
        }
        let Some(counts) = lines::dots(line.text) else {
            return Claim::Pass;
        };
        self.counted.merge(&counts);
        let counted = Counted {
            suite: None,
            counts,
        };
        emit(line.number, Body::Counted(counted));
        Claim::Own
    }

    fn tree(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if text.trim().is_empty() {
            return Claim::Pass;
        }
        if lines::is_box(text) {
            self.latest = None;
            self.place = Place::List(lines::boxed(text).unwrap_or(Status::Failed), true);
            return Claim::Own;
        }
        let columns = indent(text);
        let inner = &text[columns..];
        if let Some((suite, name)) = &self.latest
            && let Some(message) = inner.strip_prefix("- ")
        {
            let detail = TestDetail {
                suite: Some(suite),
                name,
                message: Some(message),
                location: None,
            };
            emit(line.number, Body::TestDetail(detail));
            self.latest = None;
            return Claim::Own;
        }
        if columns < 2 || columns % 2 == 1 {
            return Claim::Pass;
        }
        let level = (columns / 2 - 1).min(self.titles.depth());
        self.latest = None;
        let Some((status, name, duration_s)) = lines::result(inner) else {
            // Only in its place: deeper lines are other output.
            if columns / 2 > self.titles.depth() + 1 {
                return Claim::Pass;
            }
            self.titles.enter(level, lines::untimed(inner));
            return Claim::Own;
        };
        let suite = self.titles.join(level, ".");
        let end = TestEnd {
            duration_s,
            ..TestEnd::new(Some(&suite), name, status)
        };
        emit(line.number, Body::TestEnd(end));
        if status == Status::Failed {
            self.latest = Some((suite, name.into()));
        }
        Claim::Own
    }

    fn list(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        let Place::List(status, told) = self.place else {
            return Claim::Pass;
        };
        if let Some(status) = lines::list(text).filter(|_| !told) {
            self.end_entry(emit);
            (self.place, self.number) = (Place::List(status, false), 0);
            return Claim::Own;
        }
        if told && lines::is_box(text) {
            self.end_entry(emit);
            if let Some(status) = lines::boxed(text) {
                (self.place, self.number) = (Place::List(status, true), 0);
            }
            return Claim::Own;
        }
        if let Some(title) = lines::entry(text, self.number + 1) {
            self.end_entry(emit);
            self.number += 1;
            self.entry = Some(Failure::new(title, status, line.number));
            return Claim::Own;
        }
        let Some(entry) = &mut self.entry else {
            return Claim::Pass;
        };
        if text.is_empty() || text.starts_with("  ") {
            entry.note(text);
            return Claim::Text;
        }
        self.end_entry(emit);
        Claim::Pass
    }

    fn end_entry(&mut self, emit: Emit<'_>) {
        let (Some(entry), Place::List(_, told)) = (self.entry.take(), self.place) else {
            return;
        };
        // The tree has told suite, name and message; the title alone would be a further test.
        if !told {
            entry.tell(emit);
        }
    }

    fn totals(&mut self, printed: Printed, line: u64, emit: Emit<'_>) {
        self.end_entry(emit);
        if self.place == Place::Started {
            let (failed, skipped) = (printed.failed.unwrap_or(0), printed.skipped.unwrap_or(0));
            let tests = printed.tests.unwrap_or(0);
            let mut counts = Counts::of(Status::Failed, failed);
            counts.add(Status::Skipped, skipped);
            counts.add(Status::Passed, tests.saturating_sub(failed + skipped));
            let counted = Counted {
                suite: None,
                counts,
            };
            emit(line, Body::Counted(counted));
        }
        let summary = Summary {
            suite: None,
            printed,
            duration_s: None,
        };
        emit(line, Body::Summary(summary));
        self.restart(Place::Before, emit);
    }
}
