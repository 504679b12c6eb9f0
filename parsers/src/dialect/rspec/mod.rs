//! The `rspec` dialect: Ruby's RSpec, documentation and progress formats, with colours and without.
//!
//! Format source: `DocumentationFormatter`, `ProgressFormatter` and the presenters of rspec-core 3; runs of
//! RSpec 3.12 were seen. Suite: the words of the enclosing groups, joined as RSpec joins them; name: the
//! example's own. Pending examples count as skipped.
//!
//! - Nothing introduces a run. With colours an example's whole line has the colour of its result; without,
//!   an example shows only by what follows it, and passed ones are told at the totals: the last ones that
//!   fit the number printed, for ordinary output may look like a tree.
//! - The lists give whole descriptions, which in the progress format nobody can take apart: those examples
//!   have no suite. Dots are not read; what no name was told for is counted at the totals.
//! - Errors outside of examples are errored tests; that of a file is named by the file.

mod entry;
mod lines;
mod run;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::HashMap;

use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::dialect::closing::close;
use crate::dialect::script::Titles;
use crate::event::{Body, Counts, Printed, Status, TestEnd};
use entry::Entry;
use tree::Rows;

/// Literals of the lines that begin or end something, or that show that a tree is being printed.
const NEEDLES: &[&str] = &[
    " examples, ",
    "1 example, ",
    " (files took ",
    lines::PENDING,
    lines::FAILURE,
    "Failed examples:",
    lines::LOADING,
    lines::HOOK,
    "(FAILED - ",
    "(PENDING: ",
    "\x1b[32m  ",
    "\x1b[31m  ",
    "\x1b[33m  ",
    "  when ",
    "  should ",
    "  returns ",
    "  is expected to ",
    "  behaves like ",
];

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "rspec",
    summary: "RSpec (Ruby), documentation and progress",
    // Titles look like any text.
    sniff: |_| true,
    needles: NEEDLES,
    lookback: tree::LOOKBACK,
    new: || Box::<Rspec>::default(),
};

/// Failed and pending examples of a tree that the lists may tell more of.
const NAMED_CAP: usize = 2048;

/// State over one stream.
#[derive(Default)]
struct Rspec {
    place: Place,
    /// Whether a line was claimed.
    open: bool,
    rows: Rows,
    /// The enclosing groups, where colours tell the examples from them.
    titles: Titles,
    coloured: bool,
    /// Number of the heading above the first result told of a tree.
    from: Option<u64>,
    told: Counts,
    /// Suite and name by the whole description.
    named: HashMap<Box<str>, (String, Box<str>)>,
    /// Head of an entry before the first line that shows whose list it is.
    head: Option<(u64, Box<str>)>,
    entry: Option<Entry>,
    /// Number of the line that said how long it took.
    finished: u64,
    /// Whether failures were listed.
    listed: bool,
}

/// Where in the output the next line stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Before or between results.
    #[default]
    Run,
    /// In a list of entries of this status.
    List(Status),
    /// In the message of an error outside of examples.
    Outside,
    /// In the list of commands that run failed examples again.
    Reruns,
    /// After a run, while nothing shows that there is another.
    Ease,
}

impl Dialect for Rspec {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if self.place == Place::Ease {
            if !has_needle(line) {
                return Claim::Pass;
            }
            self.place = Place::Run;
            self.rows = Rows::from(line.number);
        }
        let claim = self.read(line, emit);
        self.open |= claim != Claim::Pass;
        self.rows.open = self.open;
        if self.open && self.place == Place::Run && self.from.is_none() {
            let idle = self.rows.stale(line.number);
            self.place = if idle { Place::Ease } else { Place::Run };
        }
        claim
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.end_entry(emit);
        if let Some(from) = self.from {
            self.tell_rows(false, from, u64::MAX, emit);
        }
    }

    fn attention(&self) -> Attention {
        match self.place {
            Place::Ease => Attention::Needles,
            _ => Attention::Every,
        }
    }
}

impl Rspec {
    fn read(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if !text.starts_with(' ')
            && !text.is_empty()
            && let Some(claim) = self.structure(line, emit)
        {
            return claim;
        }
        match self.place {
            Place::Run | Place::Ease => self.run(line, emit),
            Place::List(status) => self.list(status, line, emit),
            Place::Outside => self.outside(line, emit),
            Place::Reruns => self.rerun(line, emit),
        }
    }

    /// Lines that mean the same wherever they stand.
    fn structure(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Option<Claim> {
        let (text, number) = (line.text, line.number);
        if self.finished > 0 && self.finished + 1 == number {
            let printed = lines::totals(text)?;
            self.end(&printed, number, emit);
            return Some(Claim::Own);
        }
        if lines::finished(text) {
            self.end_entry(emit);
            self.finished = number;
            self.place = Place::Run;
            self.rows.interrupt();
            return Some(if self.open { Claim::Own } else { Claim::Pass });
        }
        if text.starts_with(lines::PENDING) {
            return Some(self.begin(Place::List(Status::Skipped), number, emit));
        }
        if let Some(file) = lines::outside(text) {
            self.begin(Place::Outside, number, emit);
            self.entry = Some(Entry::new(Status::Errored, number, file));
            return Some(Claim::Own);
        }
        match text {
            "Failures:" if self.open => Some(self.begin(Place::List(Status::Failed), number, emit)),
            "Failures:" => {
                self.rows.interrupt();
                Some(Claim::Pass)
            }
            "Failed examples:" if self.open => {
                self.place = Place::Reruns;
                Some(Claim::Own)
            }
            _ => None,
        }
    }

    fn begin(&mut self, place: Place, number: u64, emit: Emit<'_>) -> Claim {
        self.end_entry(emit);
        self.rows.confirm(number);
        self.rows.interrupt();
        self.place = place;
        Claim::Own
    }

    fn list(&mut self, status: Status, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if let Some(what) = lines::head(text) {
            self.end_entry(emit);
            self.listed |= status == Status::Failed;
            self.entry = Some(Entry::new(status, line.number, what));
            return Claim::Own;
        }
        let Some(entry) = &mut self.entry else {
            return Claim::Pass;
        };
        if text.is_empty() || text.starts_with("   ") {
            entry.note(text);
            return Claim::Text;
        }
        // The rest of a description of several lines, or the list was cut off.
        if entry.message.is_some() {
            self.end_entry(emit);
        }
        Claim::Pass
    }

    /// What is told of an error outside of examples, up to the blank line after its stack.
    fn outside(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let Some(entry) = &mut self.entry else {
            self.place = Place::Run;
            return Claim::Pass;
        };
        if line.text.is_empty() && entry.placed() {
            self.end_entry(emit);
            self.place = Place::Run;
            return Claim::Pass;
        }
        entry.note(line.text);
        Claim::Text
    }

    fn rerun(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if line.text.is_empty() {
            return Claim::Pass;
        }
        let Some((place, what)) = lines::rerun(line.text) else {
            self.place = Place::Ease;
            return Claim::Pass;
        };
        if !self.listed {
            let end = TestEnd {
                location: Some(place),
                recap: true,
                ..TestEnd::new(Some(""), what, Status::Failed)
            };
            emit(line.number, Body::TestEnd(end));
        }
        Claim::Own
    }

    fn end_entry(&mut self, emit: Emit<'_>) {
        let Some(entry) = self.entry.take() else {
            return;
        };
        let (message, location) = (entry.message.as_deref(), entry.location.as_deref());
        if entry.status == Status::Errored {
            let file = || Some(location?.rsplit_once(':')?.0);
            let file = Some(&*entry.what).filter(|f| !f.is_empty()).or_else(file);
            // Without a place the totals count it.
            let Some(file) = file else { return };
            self.told.add(Status::Errored, 1);
            let end = TestEnd {
                message,
                location,
                ..TestEnd::new(Some(file), "", Status::Errored)
            };
            return emit(entry.number, Body::TestEnd(end));
        }
        let what = entry.what.strip_suffix(" FIXED").unwrap_or(&entry.what);
        if let Some((suite, name)) = self.named.get(&lines::squeezed(what)) {
            let end = TestEnd {
                message,
                location,
                recap: true,
                ..TestEnd::new(Some(suite), name, entry.status)
            };
            return emit(entry.number, Body::TestEnd(end));
        }
        if self.named.len() == NAMED_CAP {
            return;
        }
        self.told.add(entry.status, 1);
        let end = TestEnd {
            message,
            location,
            ..TestEnd::new(Some(""), what, entry.status)
        };
        emit(entry.number, Body::TestEnd(end));
    }
}

impl Rspec {
    /// Tells the examples of a tree without colours that nothing told of: the last ones up to a number.
    fn tell_rows(&mut self, ended: bool, from: u64, limit: u64, emit: Emit<'_>) {
        let leaves = self.rows.take(ended, from);
        let beyond = (leaves.len() as u64).saturating_sub(limit);
        for leaf in leaves
            .iter()
            .skip(usize::try_from(beyond).unwrap_or(usize::MAX))
        {
            self.told.add(Status::Passed, 1);
            let end = TestEnd::new(Some(&leaf.suite), &leaf.name, Status::Passed);
            emit(leaf.number, Body::TestEnd(end));
        }
    }

    /// The closing line: tells what was waiting for it.
    fn end(&mut self, printed: &Printed, number: u64, emit: Emit<'_>) {
        self.rows.confirm(number);
        let passed = printed.passed.unwrap_or(0);
        let left = passed.saturating_sub(self.told[Status::Passed]);
        self.tell_rows(true, 0, left, emit);
        close(*printed, &self.told, number, emit);
        *self = Rspec {
            place: Place::Ease,
            open: true,
            listed: self.listed,
            ..Rspec::default()
        };
    }
}

fn has_needle(line: &Line<'_>) -> bool {
    let raw = line.raw;
    NEEDLES
        .iter()
        .any(|needle| memchr::memmem::find(raw, needle.as_bytes()).is_some())
}
