//! Vitest: the default, verbose, tree and dot reporters.
//!
//! Format source: `packages/vitest/src/node/reporters` of Vitest 0.34 to 4. All begin with
//! ` RUN  v2.1.9 /path` and end with a text per error and the totals. The verbose reporter names
//! every test on a line; the default one counts a file's tests on the file's line and names below it
//! those that failed or were slow.

mod failures;
mod lines;
mod run;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::dialect::script::{Titles, timed_ms};
use crate::dialect::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::Status;
use failures::Failures;
use lines::Row;
use run::{Result, Run};

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "vitest",
    summary: "Vitest, default, verbose and dot",
    sniff: |line| lines::banner(line.text),
    needles: &["\nRUN  v", "\nDEV  v"],
    lookback: 0,
    new: || Box::<Vitest>::default(),
};

/// State over one stream.
#[derive(Default)]
struct Vitest {
    running: bool,
    run: Run,
    /// Whether the line belongs to a test's own output, up to an empty one.
    console: bool,
    /// The titles of the tree below a file's line.
    titles: Titles,
    /// A line of that tree: a suite's if a deeper one follows.
    row: Option<HeldRow>,
    /// The errors after the results.
    failures: Option<Failures>,
}

/// A line of the tree below a file's.
struct HeldRow {
    columns: usize,
    status: Option<Status>,
    text: Box<str>,
    line: u64,
}

impl Dialect for Vitest {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if lines::banner(text) {
            self.end_run(emit);
            self.running = true;
            return Claim::Own;
        }
        if !self.running {
            return Claim::Pass;
        }
        if text.trim().is_empty() {
            self.console = false;
            self.end_file(emit);
            return match self.failures {
                Some(_) => Claim::Text,
                None => Claim::Pass,
            };
        }
        if let Some(printed) = lines::totals(text) {
            self.end_failures(emit);
            self.run.totals(printed, line.number, emit);
            return Claim::Own;
        }
        if lines::is_foot(text) {
            self.end_failures(emit);
            return Claim::Own;
        }
        if let Some(heading) = lines::rule(text) {
            return self.rule(heading, emit);
        }
        if let Some(failures) = &mut self.failures {
            return failures.line(line, &mut self.run, emit);
        }
        if lines::is_console(text) {
            self.end_file(emit);
            self.console = true;
            return Claim::Own;
        }
        if self.console {
            return Claim::Text;
        }
        self.results(line, emit)
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.end_run(emit);
    }

    fn attention(&self) -> Attention {
        match self.running {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }
}

impl Vitest {
    fn rule(&mut self, heading: &str, emit: Emit<'_>) -> Claim {
        self.end_file(emit);
        if let Some(is_suites) = Failures::heading(heading) {
            self.end_failures(emit);
            self.failures = Some(Failures::new(is_suites));
        } else if let Some(failures) = &mut self.failures {
            failures.end(&mut self.run, emit);
        }
        Claim::Own
    }

    /// A line before the errors.
    fn results(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if text.trim_start().starts_with("→ ") && self.run.has_failed() {
            self.end_row(false, emit);
            self.run.reason(text.trim_start()["→ ".len()..].trim());
            return Claim::Own;
        }
        let Some(row) = lines::row(text) else {
            // Dots, or other output.
            self.end_file(emit);
            return Claim::Pass;
        };
        if row.columns == 1 {
            self.end_file(emit);
            if let Some(file) = lines::file(row.text) {
                self.titles.leave(0);
                self.run.file(&file, line.number);
                return Claim::Own;
            }
            let Some((file, titles)) = lines::titled(row.text) else {
                return Claim::Pass;
            };
            self.tell(row.status, file, titles, line.number, emit);
            return Claim::Own;
        }
        if !self.run.in_file() {
            return Claim::Pass;
        }
        self.below_file(&row, line.number, emit)
    }

    /// A line of the tree below a file's: two columns deeper per level.
    fn below_file(&mut self, row: &Row<'_>, line: u64, emit: Emit<'_>) -> Claim {
        // The number behind it tells a suite from a test that a deeper one follows, for Vitest 4's
        // default reporter leaves the suites' lines out.
        let suite = |r: &HeldRow| r.columns < row.columns && lines::suite(&r.text).is_some();
        let is_suite = self.row.as_ref().is_some_and(suite);
        self.end_row(is_suite, emit);
        self.row = Some(HeldRow {
            columns: row.columns,
            status: row.status,
            text: tidy(row.text).into(),
            line,
        });
        Claim::Own
    }

    /// Tells the held line of the tree, now that it is known whether deeper ones follow.
    fn end_row(&mut self, is_suite: bool, emit: Emit<'_>) {
        let Some(row) = self.row.take() else { return };
        let level = row.columns.saturating_sub(3) / 2;
        if is_suite {
            let title = lines::suite(&row.text).unwrap_or(&row.text);
            self.titles.enter(level.min(self.titles.depth()), title);
            return;
        }
        if level > self.titles.depth() {
            return self
                .run
                .without_suite(row.status, &row.text, row.line, emit);
        }
        let (file, titles) = match lines::titled(&row.text) {
            // Before Vitest 2 the file stood here as well.
            Some((file, titles)) => (file.to_owned(), titles.to_owned()),
            None => {
                let outer = self.titles.join(level, " > ");
                let joined = match outer.is_empty() {
                    true => row.text.to_string(),
                    false => format!("{outer} > {}", row.text),
                };
                (self.run.path().to_owned(), joined)
            }
        };
        self.tell(row.status, &file, &titles, row.line, emit);
    }

    fn tell(
        &mut self,
        status: Option<Status>,
        file: &str,
        titles: &str,
        line: u64,
        emit: Emit<'_>,
    ) {
        let result = Result {
            file,
            titles: lines::bare(titles),
            status: status.unwrap_or(Status::Failed),
            line,
        };
        self.run.result(&result, emit);
    }

    fn end_file(&mut self, emit: Emit<'_>) {
        self.end_row(false, emit);
        self.run.end_file(emit);
    }

    fn end_failures(&mut self, emit: Emit<'_>) {
        self.end_file(emit);
        if let Some(mut failures) = self.failures.take() {
            failures.end(&mut self.run, emit);
        }
    }

    fn end_run(&mut self, emit: Emit<'_>) {
        self.end_failures(emit);
        self.run.end(emit);
        *self = Vitest::default();
    }
}

/// A slow test of the tree has two blanks before its duration.
fn tidy(text: &str) -> Cow<'_, str> {
    match timed_ms(text) {
        (title, Some(_)) if title.ends_with(' ') => {
            let time = &text[title.len()..];
            Cow::Owned(format!("{}{time}", title.trim_end()))
        }
        _ => Cow::Borrowed(text),
    }
}
