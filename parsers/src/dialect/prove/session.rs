//! One run of `prove`: what its files told by name, and what its last lines say about the rest.

use std::collections::HashMap;

use super::syntax;
use crate::dialect::Emit;
use crate::dialect::tap::{Details, perl_place};
use crate::event::{Body, Counted, Counts, Printed, Status, Summary, TestDetail, TestEnd};

/// Files whose counts are kept apart, and diagnostics that wait for their file.
const FILE_CAP: usize = 50_000;
const WAITING_CAP: usize = 1000;

#[derive(Debug, Default)]
pub(super) struct Session {
    /// Results told by name, by file.
    files: HashMap<String, Counts>,
    /// Results told in any way.
    told: u64,
    failed: u64,
    /// Diagnostics of failures, which `prove` does not capture: they come before the file's heading.
    waiting: Vec<Diagnosis>,
    /// The name in a headline that stands alone, and the headline.
    headline: Option<(String, Details)>,
}

/// A failure as its diagnostics on standard error name it.
#[derive(Debug)]
struct Diagnosis {
    name: String,
    file: String,
    details: Details,
    /// Its first line and its last.
    number: u64,
    last: u64,
}

impl Session {
    /// A result told by name.
    pub(super) fn named(&mut self, file: &str, end: &TestEnd<'_>, emit: Emit<'_>, number: u64) {
        self.told += 1;
        if let Some(counts) = self.files.get_mut(file) {
            counts.add(end.status, 1);
        } else if self.files.len() < FILE_CAP {
            self.files
                .insert(file.to_owned(), Counts::of(end.status, 1));
        }
        if end.status != Status::Failed {
            return;
        }
        let found = self
            .waiting
            .iter()
            .position(|d| d.file == file && d.name == end.name);
        if let Some(diagnosis) = found.map(|at| self.waiting.remove(at)) {
            let (message, location) = (diagnosis.details.message(), diagnosis.details.location());
            emit(
                number,
                Body::TestDetail(TestDetail {
                    suite: end.suite,
                    name: end.name,
                    message: message.as_deref(),
                    location: location.as_deref(),
                }),
            );
        }
    }

    /// A comment line that is no part of a file's TAP, without its `#`.
    pub(super) fn diagnostic(&mut self, text: &str, number: u64) {
        let text = text.trim();
        let place = perl_place(text);
        let head = place.map_or(text, |(head, _, _)| head);
        if let Some(name) = syntax::failed_name(head) {
            self.headline = Some((name.to_owned(), Details::default()));
        }
        if let Some((name, mut details)) = self.headline.take() {
            details.comment(text);
            match place {
                None => self.headline = Some((name, details)),
                Some((_, file, _)) if self.waiting.len() < WAITING_CAP => {
                    let file = file.to_owned();
                    self.waiting.push(Diagnosis {
                        name,
                        file,
                        details,
                        number,
                        last: number,
                    });
                }
                Some(_) => {}
            }
        } else if let Some(latest) = self.waiting.last_mut()
            && latest.last + 1 == number
        {
            latest.details.comment(text);
            latest.last = number;
        }
    }

    /// A file's line of the report: what of it was not told yet. Without `-v` the diagnostics name
    /// the failures; what is skipped or todo is among the passed.
    pub(super) fn report(&mut self, line: u64, report: (&str, u64, u64), emit: Emit<'_>) {
        let (file, tests, failed) = report;
        self.failed += failed;
        let told = self.files.get(file).copied().unwrap_or(Counts::ZERO);
        let fine = told.total() - told[Status::Failed];
        let mut failed_left = failed.saturating_sub(told[Status::Failed]);
        let passed_left = tests.saturating_sub(failed).saturating_sub(fine);
        let mut at = 0;
        while at < self.waiting.len() && failed_left > 0 {
            if self.waiting[at].file != file {
                at += 1;
                continue;
            }
            let diagnosis = self.waiting.remove(at);
            let (message, location) = (diagnosis.details.message(), diagnosis.details.location());
            emit(
                diagnosis.number,
                Body::TestEnd(TestEnd {
                    message: message.as_deref(),
                    location: location.as_deref(),
                    ..TestEnd::new(Some(file), &diagnosis.name, Status::Failed)
                }),
            );
            self.told += 1;
            failed_left -= 1;
        }
        let mut counts = Counts::of(Status::Failed, failed_left);
        counts.add(Status::Passed, passed_left);
        self.count(line, Some(file), counts, emit);
    }

    /// The last figures: what is left passed, was skipped or is todo, which they do not tell apart.
    pub(super) fn close(&mut self, line: u64, totals: (u64, Option<f64>), emit: Emit<'_>) {
        let (tests, duration_s) = totals;
        let left = tests.saturating_sub(self.told);
        self.count(line, None, Counts::of(Status::Passed, left), emit);
        let printed = Printed {
            tests: Some(tests),
            failed: Some(self.failed),
            ..Printed::default()
        };
        emit(
            line,
            Body::Summary(Summary {
                suite: None,
                printed,
                duration_s,
            }),
        );
        *self = Session::default();
    }

    fn count(&mut self, line: u64, suite: Option<&str>, counts: Counts, emit: Emit<'_>) {
        if !counts.is_zero() {
            self.told += counts.total();
            emit(line, Body::Counted(Counted { suite, counts }));
        }
    }
}
