//! Jest: the default and the verbose reporter, and `--json` on stdout.
//!
//! Format source: `@jest/reporters` (`DefaultReporter`, `VerboseReporter`, `SummaryReporter`) and
//! `jest-message-util`. The verbose reporter prints a tree below each file's line, the default one
//! only the failures; then the totals tell of the tests that were not named. The JSON report
//! repeats what the text before it has told and names the rest.

mod failure;
mod lines;
pub(super) mod report;
mod session;
#[cfg(test)]
mod tests;

use crate::dialect::script::{Titles, indent, tell_retries};
use crate::dialect::{Claim, Dialect, DialectInfo, Emit, Line};
use crate::event::{Body, Status, TestEnd};
use failure::Failure;
use lines::Bullet;
use session::Session;

/// The table row.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "jest",
    summary: "Jest, default and verbose, and --json",
    sniff: |line| {
        lines::header(line.text).is_some()
            || lines::retried(line.text).is_some()
            || line.text.starts_with(report::OPENING)
    },
    needles: &[
        "\nPASS ",
        "\nFAIL ",
        "\nLOGGING RETRY ERRORS",
        "{\"numFailed",
        "{\"numTotal",
        "{\"numPassed",
        "{\"numPending",
        "{\"numRuntime",
    ],
    lookback: 0,
    new: || Box::<Jest>::default(),
};

/// State over one stream.
#[derive(Default)]
struct Jest {
    session: Session,
    /// The file of the latest header.
    file: Box<str>,
    /// Whether that file failed.
    failed: bool,
    place: Place,
    /// The titles of the tree.
    titles: Titles,
    /// Failed tests of the file's tree, by full title, whose details are still to come.
    awaited: Vec<Awaited>,
}

/// A failed test of a tree.
struct Awaited {
    full: String,
    suite: String,
    name: Box<str>,
    detailed: bool,
}

/// Where in the output the next line stands.
#[derive(Default)]
enum Place {
    /// Nowhere known.
    #[default]
    Between,
    /// Below a file's line.
    Header,
    /// In a file's tree.
    Tree,
    /// Below a failed file's tree, where bullets may follow.
    Details,
    /// In a failure's text.
    Failure(Failure),
    /// In another section behind a bullet.
    Section,
    /// Below the heading of a retry: the test's full title, and whether a message is awaited.
    Retry(Box<str>, bool),
    /// In the repetition of all failures at the end.
    Recap,
}

impl Dialect for Jest {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        if let Some(report) = report::read(text) {
            self.close(emit);
            self.session.report(&report, line.number, emit);
            return Claim::Own;
        }
        if text.is_empty() {
            return self.blank();
        }
        if lines::is_foot(text) {
            self.close(emit);
            self.place = Place::Between;
            return Claim::Own;
        }
        if let Some(printed) = lines::totals(text) {
            self.close(emit);
            self.session.totals(printed, line.number, emit);
            return Claim::Own;
        }
        if let (Some((failed, file)), false) = (lines::header(text), self.in_recap()) {
            self.close(emit);
            self.session.begin(emit);
            (self.file, self.failed, self.place) = (file.into(), failed, Place::Header);
            self.titles.leave(0);
            self.awaited.clear();
            return Claim::Own;
        }
        if let Some(full) = lines::retried(text) {
            self.close(emit);
            self.session.begin(emit);
            self.place = Place::Retry(full.into(), false);
            return Claim::Own;
        }
        self.session.flush(emit);
        if text == "Summary of all failing tests" {
            self.close(emit);
            self.place = Place::Recap;
            return Claim::Own;
        }
        self.below(line, emit)
    }

    fn finish(&mut self, emit: Emit<'_>) {
        self.close(emit);
        self.session.flush(emit);
    }
}

impl Jest {
    fn in_recap(&self) -> bool {
        matches!(self.place, Place::Recap)
    }

    fn blank(&mut self) -> Claim {
        match self.place {
            Place::Tree | Place::Header => {
                self.leave_tree();
                Claim::Own
            }
            Place::Between | Place::Details => Claim::Pass,
            _ => Claim::Text,
        }
    }

    /// A line below a file's, a failure's or a retry's.
    fn below(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        let text = line.text;
        let columns = indent(text);
        match &mut self.place {
            Place::Recap => return Claim::Text,
            Place::Failure(failure) if columns >= 4 => {
                failure.note(text, &self.file);
                return Claim::Text;
            }
            Place::Section if columns >= 4 => return Claim::Text,
            Place::Retry(full, awaits) if lines::is_retry(text) => {
                self.session.retry(full);
                *awaits = true;
                return Claim::Own;
            }
            Place::Retry(full, awaits) if columns >= 4 => {
                if std::mem::take(awaits) {
                    self.session.retry_message(full, text.trim());
                }
                return Claim::Text;
            }
            _ => {}
        }
        if let Some(title) = lines::bullet(text)
            && !matches!(self.place, Place::Between | Place::Retry(..))
        {
            return self.bullet(title, line.number, emit);
        }
        match self.place {
            Place::Header | Place::Tree if columns >= 2 => self.tree(line, columns, emit),
            Place::Header | Place::Tree => {
                self.leave_tree();
                Claim::Pass
            }
            _ => {
                self.close(emit);
                Claim::Pass
            }
        }
    }

    fn leave_tree(&mut self) {
        self.place = match self.failed {
            true => Place::Details,
            false => Place::Between,
        };
    }

    fn bullet(&mut self, title: &str, number: u64, emit: Emit<'_>) -> Claim {
        self.close(emit);
        let bullet = lines::classify(title);
        self.place = match bullet {
            Bullet::Other => Place::Section,
            _ if !self.failed => Place::Section,
            Bullet::Suite => Place::Failure(Failure::of_suite(number)),
            Bullet::Test(title) => Place::Failure(Failure::of_test(title, number)),
        };
        Claim::Own
    }

    /// A title or a result, two columns deeper per level. A title may itself begin with blanks.
    fn tree(&mut self, line: &Line<'_>, columns: usize, emit: Emit<'_>) -> Claim {
        let level = (columns / 2 - 1).min(self.titles.depth());
        let text = &line.text[2 * (level + 1)..];
        self.place = Place::Tree;
        let Some((status, name, duration_s)) = lines::result(text) else {
            self.titles.enter(level, text.trim_end());
            return Claim::Own;
        };
        let suite = self.titles.join(level, " > ");
        let full = match level {
            0 => name.to_owned(),
            _ => format!("{} {name}", self.titles.join(level, " ")),
        };
        let earlier = self.session.take_retries(&full);
        let attempt = tell_retries(&suite, name, &earlier, line.number, emit);
        let end = TestEnd {
            duration_s,
            attempt,
            ..TestEnd::new(Some(&suite), name, status)
        };
        emit(line.number, Body::TestEnd(end));
        self.session.told(&suite, name, status);
        if status == Status::Failed {
            let full = match level {
                0 => name.to_owned(),
                _ => format!("{} › {name}", self.titles.join(level, " › ")),
            };
            self.awaited.push(Awaited {
                full,
                suite,
                name: name.into(),
                detailed: false,
            });
        }
        Claim::Own
    }

    /// Ends a failure's text and tells what it says.
    fn close(&mut self, emit: Emit<'_>) {
        let next = match self.place {
            Place::Tree | Place::Header | Place::Details | Place::Recap => return,
            Place::Failure(_) | Place::Section => Place::Details,
            Place::Between | Place::Retry(..) => Place::Between,
        };
        let Place::Failure(failure) = std::mem::replace(&mut self.place, next) else {
            return;
        };
        let known = self.awaited.iter().any(|a| a.full == failure.full);
        if failure.is_suite {
            let end = TestEnd {
                message: failure.message(),
                location: failure.location(),
                ..TestEnd::new(Some(&self.file), "", Status::Errored)
            };
            emit(failure.line, Body::TestEnd(end));
            self.session.told(&self.file, "", Status::Errored);
        } else if known {
            let of = |a: &&mut Awaited| a.full == failure.full && !a.detailed;
            // A second text of the same test (its tear-down failed as well) adds nothing.
            if let Some(awaited) = self.awaited.iter_mut().find(of) {
                awaited.detailed = true;
                let end = TestEnd {
                    message: failure.message(),
                    location: failure.location(),
                    recap: true,
                    ..TestEnd::new(Some(&awaited.suite), &awaited.name, Status::Failed)
                };
                emit(failure.line, Body::TestEnd(end));
            }
        } else {
            self.session.failure(failure, emit);
        }
    }
}
