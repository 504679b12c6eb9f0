//! The lines of RSpec's tree, and of the dots before its lists, up to the lists and the totals.

use super::entry::Entry;
use super::lines::{self, Marked};
use super::{NAMED_CAP, Place, Rspec, has_needle};
use crate::dialect::{Claim, Emit, Line};
use crate::event::{Body, Status, TestEnd};

impl Rspec {
    /// A line that is of the tree, or of what tests print.
    pub(super) fn run(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let (text, number) = (line.text, line.number);
        if let Some(head) = lines::head(text) {
            self.head = Some((number, head.into()));
        } else if text.starts_with("     ") && text.contains(lines::FAILURE) {
            // The first of the failures, where nothing has shown before that this is RSpec.
            let head = self.head.take().filter(|(at, _)| at + 1 == number);
            if let Some((at, what)) = head {
                let claim = self.begin(Place::List(Status::Failed), number, emit);
                let mut entry = Entry::new(Status::Failed, at, &what);
                entry.note(text);
                self.entry = Some(entry);
                return claim;
            }
        }
        if let Some(status) = lines::coloured(line.raw) {
            return self.leaf(status, line, emit);
        }
        let marked = lines::marked(text);
        if self.coloured {
            return self.title(number, text);
        }
        let pushed = self.rows.push(number, text);
        let own = pushed && lines::level(text).is_some_and(|level| level > 0);
        if let Some(marked) = marked {
            self.rows.confirm(number);
            let below = !own && !text.starts_with(' ');
            if own || below {
                return self.marked(&marked, number, below, emit);
            }
        } else if self.from.is_some() || (own && has_needle(line)) {
            self.rows.confirm(number);
        }
        match own && self.from.is_some() {
            true => Claim::Text,
            false => Claim::Pass,
        }
    }

    /// An example of a tree without colours that says how it ended; `below` its first line.
    fn marked(&mut self, marked: &Marked<'_>, at: u64, below: bool, emit: Emit<'_>) -> Claim {
        let number = at - u64::from(below);
        let Some((suite, first)) = self.rows.tell(number) else {
            return Claim::Pass;
        };
        let name = match below {
            true => format!("{first}\n{}", marked.name),
            false => marked.name.to_owned(),
        };
        self.from = self.from.or(self.rows.heading());
        self.result(suite, &name, marked.status, marked.why, at, emit);
        Claim::Own
    }

    /// A line in the colour of its result.
    fn leaf(&mut self, status: Status, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if !self.coloured {
            self.rows.confirm(line.number);
            for (level, title) in self.rows.titles() {
                self.titles.enter(level, title);
            }
        }
        let Some(level) = lines::level(line.text).filter(|l| *l > 0 && *l <= self.titles.depth())
        else {
            return Claim::Pass;
        };
        self.coloured = true;
        self.from = self.from.or(Some(line.number));
        self.titles.leave(level);
        let mut suite = String::new();
        for title in (0..level).filter_map(|at| self.titles.at(at)) {
            lines::join(&mut suite, title);
        }
        let marked = lines::marked(line.text).filter(|m| m.status == status);
        let name = marked.as_ref().map_or(line.text.trim(), |m| m.name);
        let why = marked.and_then(|m| m.why);
        self.result(suite, name, status, why, line.number, emit);
        Claim::Own
    }

    /// A line without colour where examples have one: a group, or something printed.
    fn title(&mut self, number: u64, text: &str) -> Claim {
        let fits = self.rows.push(number, text);
        match lines::level(text) {
            Some(0) if fits => self.titles.enter(0, text.trim()),
            Some(level) if level > 0 && level <= self.titles.depth() => {
                self.titles.enter(level, text.trim());
            }
            _ => {}
        }
        Claim::Pass
    }

    fn result(
        &mut self,
        suite: String,
        name: &str,
        status: Status,
        why: Option<&str>,
        number: u64,
        emit: Emit<'_>,
    ) {
        self.told.add(status, 1);
        let end = TestEnd {
            message: why,
            ..TestEnd::new(Some(&suite), name, status)
        };
        emit(number, Body::TestEnd(end));
        if status != Status::Passed && self.named.len() < NAMED_CAP {
            let mut full = suite.clone();
            // The lists' lines show no more of it.
            lines::join(&mut full, name.lines().next().unwrap_or(name));
            self.named
                .insert(lines::squeezed(&full), (suite, name.into()));
        }
    }
}
