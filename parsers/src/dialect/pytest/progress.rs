//! The progress lines of a session: results with names, letters, and names whose result follows.

use super::failures::sub_name;
use super::letters::{self, Letters};
use super::node;
use super::report::{self, Outcome, Report};
use super::session::{Pending, Session, Style, end};
use super::summary;
use crate::dialect::{Claim, Emit, Line};
use crate::event::{Body, Counts, Plan, Status, TestEnd, TestStart};
use crate::places::holds_any;

/// Tests remembered as being tried again.
const RERUN_CAP: usize = 4096;
/// Workers whose latest test is remembered.
const WORKER_CAP: usize = 1024;
/// What teamcity-messages writes among pytest's own lines; pytest's say more.
const SERVICE: &str = "##teamcity[";

impl Session {
    /// Reads a line of the progress.
    pub(super) fn progress_line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let mut text = line.text;
        if memchr::memchr(b'#', text.as_bytes()).is_some()
            && let Some(at) = memchr::memmem::find(text.as_bytes(), SERVICE.as_bytes())
        {
            text = &text[..at];
            if text.trim().is_empty() {
                return Claim::Own;
            }
        }
        if text.trim().is_empty() {
            return Claim::Pass;
        }
        if let Some(claim) = self.result_line(text, line, emit) {
            return claim;
        }
        let rule = if self.sugar { '―' } else { '_' };
        if text.starts_with(rule) && self.begin_text(line, rule, emit) {
            return Claim::Own;
        }
        if let Some(reading) = &mut self.reading {
            reading.read(text);
            return Claim::Text;
        }
        if text.starts_with("!!!") && text.ends_with("!!!") {
            return Claim::Own;
        }
        self.foreign(text)
    }

    /// A line that tells results, or how many there will be.
    fn result_line(&mut self, text: &str, line: &Line<'_>, emit: Emit<'_>) -> Option<Claim> {
        let number = line.number;
        // Most lines of a verbose run are results, so they are looked for first.
        if self.style == Some(Style::Verbose) && self.reported(text, number, emit) {
            return Some(Claim::Own);
        }
        if let Some(collected) = summary::collected(text) {
            self.workers |= collected.workers;
            let plan = Plan {
                suite: None,
                tests: collected.tests,
            };
            emit(number, Body::Plan(plan));
            let skipped = Counts::of(Status::Skipped, collected.skipped);
            self.count(None, skipped, number, emit);
            return Some(Claim::Own);
        }
        if self.sugar {
            let symbols = letters::symbols(text)?;
            self.leave_block(emit);
            self.symbols(&symbols, number, emit);
            return Some(Claim::Own);
        }
        if self.style.is_none() && self.reported(text, number, emit) {
            return Some(Claim::Own);
        }
        if self.style != Some(Style::Verbose)
            && let Some(letters) = letters::letters(text)
            && self.is_trusted(&letters)
        {
            self.leave_block(emit);
            self.letters(&letters, number, emit);
            return Some(Claim::Own);
        }
        if self.style != Some(Style::Letters) {
            return self.name_line(text, number, emit);
        }
        None
    }

    /// Reads a line if it is a verbose result among others; whether it was.
    pub(super) fn result_at_once(&mut self, line: &Line<'_>, emit: Emit<'_>) -> bool {
        let text = line.text;
        let usual = self.headed && self.nested == 0 && self.style == Some(Style::Verbose);
        usual
            && text.ends_with("%]")
            && !holds_any(text.as_bytes(), *b"#")
            && self.reported(text, line.number, emit)
    }

    /// Reads a verbose result; whether it was one.
    fn reported(&mut self, text: &str, number: u64, emit: Emit<'_>) -> bool {
        if self.sugar {
            return false;
        }
        let Some(report) = report::report(text) else {
            return false;
        };
        self.leave_block(emit);
        self.report(&report, number, emit);
        true
    }

    /// Letters without a percentage may be anything once other text stood among them.
    fn is_trusted(&self, letters: &Letters<'_>) -> bool {
        letters.confirmed
            || (self.reading.is_none()
                && (letters.file.is_some()
                    || (self.style == Some(Style::Letters) && !self.muddled)))
    }

    /// A verbose result.
    fn report(&mut self, report: &Report<'_>, line: u64, emit: Emit<'_>) {
        self.style = Some(Style::Verbose);
        self.workers |= !report.worker.is_empty();
        match &self.pending {
            Some(p) if *p.id == *report.id => self.pending = None,
            Some(_) => self.settle(emit),
            None => {}
        }
        let (suite, name) = match report.outcome {
            Outcome::Result(_) => return self.result(report, line, emit),
            _ => node::split(report.id),
        };
        match report.outcome {
            Outcome::Rerun => {
                let tries = self.tries(report.id);
                let failed = TestEnd {
                    attempt: Some(tries),
                    duration_s: report.duration_s,
                    ..end(suite, name, Status::Failed)
                };
                emit(line, Body::TestEnd(failed));
            }
            Outcome::Sub(None) => {}
            Outcome::Sub(Some(status)) => {
                if status == Status::Failed {
                    self.expect(false, report.id, report.sub, "");
                }
                self.seen.add(status, 1);
                let name = sub_name(name, report.sub);
                emit(line, Body::TestEnd(end(suite, &name, status)));
            }
            Outcome::Result(_) => {}
        }
    }

    /// Counts a try of a test that is to be repeated; its number.
    fn tries(&mut self, id: &str) -> u32 {
        if let Some(tries) = self.reruns.get_mut(id) {
            *tries = tries.saturating_add(1);
            return *tries;
        }
        if self.reruns.len() < RERUN_CAP {
            self.reruns.insert(id.into(), 1);
        }
        1
    }

    /// A test's own result.
    pub(super) fn result(&mut self, report: &Report<'_>, line: u64, emit: Emit<'_>) {
        let Outcome::Result(status) = report.outcome else {
            return;
        };
        let (suite, name) = node::split(report.id);
        self.seen.add(status, 1);
        let error = status == Status::Errored;
        // pytest-sugar shows the text of a failure before its symbol.
        if (error || status == Status::Failed) && !self.sugar {
            self.expect(error, report.id, "", "");
        }
        let mut told = TestEnd {
            message: report.reason,
            duration_s: report.duration_s,
            ..end(suite, name, status)
        };
        if error && self.is_last(report) {
            told.teardown = true;
        } else {
            if !self.reruns.is_empty() {
                told.attempt = self.reruns.remove(report.id).map(|n| n.saturating_add(1));
            }
            self.remember(report);
            self.know(report.id, status, told.attempt.is_some());
        }
        emit(line, Body::TestEnd(told));
    }

    /// Whether the worker's latest result was of the same test: a further one is its tear-down.
    fn is_last(&self, report: &Report<'_>) -> bool {
        self.last
            .iter()
            .any(|(worker, id)| same_worker(worker, report) && id == report.id)
    }

    fn remember(&mut self, report: &Report<'_>) {
        let room = self.last.len() < WORKER_CAP;
        let known = self.last.iter_mut().find(|(w, _)| same_worker(w, report));
        match known {
            Some((_, id)) => {
                id.clear();
                id.push_str(report.id);
            }
            None if room => {
                self.last.push((report.worker.into(), report.id.to_owned()));
            }
            None => {}
        }
    }

    /// Results of one file, a letter each.
    fn letters(&mut self, letters: &Letters<'_>, line: u64, emit: Emit<'_>) {
        self.style = Some(Style::Letters);
        let mut file = std::mem::take(&mut self.file);
        if let Some(named) = letters.file
            && *named != *file
        {
            file = named.into();
        }
        let mut counts = Counts::ZERO;
        for letter in letters.letters.chars() {
            if letter == 'u' && !self.headed {
                // With -q that is any sub-test: those that failed are named below.
                self.muddled = true;
                continue;
            }
            let Some(status) = letters::status(letter) else {
                continue;
            };
            counts.add(status, 1);
            if matches!(status, Status::Failed | Status::Errored) && !self.sugar {
                self.expect(status == Status::Errored, "", "", &file);
            }
        }
        let suite = Some(&*file).filter(|f| !f.is_empty());
        self.count(suite, counts, line, emit);
        self.file = file;
    }

    /// A line of pytest-sugar: a symbol per test, or one test with its name.
    fn symbols(&mut self, symbols: &Letters<'_>, line: u64, emit: Emit<'_>) {
        let named = symbols.file.and_then(|f| f.split_once("::"));
        let Some((file, title)) = named else {
            return self.letters(symbols, line, emit);
        };
        self.style = Some(Style::Verbose);
        let (suite, name) = node::from_title(file, title);
        let id = format!("{suite}::{name}");
        match symbols.letters.chars().last() {
            Some('R') => {
                let report = Report {
                    id: &id,
                    ..report::BARE
                };
                self.report(&report, line, emit);
            }
            Some(symbol) => {
                if let Some(status) = letters::status(symbol) {
                    self.result(&Report::of(&id, status), line, emit);
                }
            }
            None => {}
        }
    }

    /// A test's name without its result: it began. Or what follows such a line.
    fn name_line(&mut self, text: &str, line: u64, emit: Emit<'_>) -> Option<Claim> {
        let Some(cut) = node::end_in(text) else {
            return self.output_line(text, line, emit);
        };
        let (id, rest) = match self.workers {
            true => (node::at_end_of_line(text), ""),
            false => (&text[..cut], text[cut..].trim()),
        };
        self.settle(emit);
        self.style = Some(Style::Verbose);
        let (suite, name) = node::split(id);
        let start = TestStart {
            suite: Some(suite),
            name,
            attempt: self.reruns.get(id).map(|n| n.saturating_add(1)),
            tags: None,
        };
        emit(line, Body::TestStart(start));
        if !self.workers {
            self.pending = Some(Pending {
                id: id.into(),
                line,
                hint: report::glued(rest).map(|(status, _)| (status, line)),
                timed_out: is_timeout(rest),
            });
        }
        Some(Claim::Own)
    }

    /// A line of a test's own output, its result at the end of the last.
    fn output_line(&mut self, text: &str, line: u64, emit: Emit<'_>) -> Option<Claim> {
        let pending = self.pending.as_mut()?;
        pending.timed_out |= is_timeout(text);
        match report::glued(text) {
            Some((status, true)) => {
                let id = std::mem::take(&mut pending.id);
                self.pending = None;
                self.result(&Report::of(&id, status), line, emit);
                Some(Claim::Own)
            }
            Some((status, false)) => {
                pending.hint = Some((status, line));
                Some(Claim::Text)
            }
            None => Some(Claim::Text),
        }
    }

    /// A line that is not pytest's.
    fn foreign(&mut self, text: &str) -> Claim {
        const HEADER: [&str; 7] = [
            "platform ",
            "cachedir: ",
            "rootdir: ",
            "configfile: ",
            "testpaths: ",
            "plugins: ",
            "created: ",
        ];
        if self.style.is_none() && HEADER.iter().any(|h| text.starts_with(h)) {
            return Claim::Own;
        }
        self.muddled |= self.style == Some(Style::Letters);
        Claim::Pass
    }
}

/// Whether it is the report's worker. Most runs have none, and to compare two texts of no length at no
/// address costs some processors as much as reading the rest of the line.
fn same_worker(worker: &str, report: &Report<'_>) -> bool {
    worker.len() == report.worker.len() && (worker.is_empty() || *worker == *report.worker)
}

/// The line that pytest-timeout writes before the stacks of all threads.
fn is_timeout(text: &str) -> bool {
    text.starts_with("+++") && text.trim_matches('+') == " Timeout "
}
