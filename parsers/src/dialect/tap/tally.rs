//! The totals that tape, mocha, ava and node print as comments: `# tests 12`, `# pass 11`, ...

use crate::dialect::Emit;
use crate::event::{Body, Printed, Summary};

#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Line of `# tests N`, and the figures so far.
    open: Option<(u64, Figures)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    tests: u64,
    passed: Option<u64>,
    failed: Option<u64>,
    cancelled: Option<u64>,
    skipped: Option<u64>,
    todo: Option<u64>,
    duration_s: Option<f64>,
}

impl Tally {
    /// Reads a comment (without its `#`) and says whether it is part of the totals.
    pub(crate) fn comment(&mut self, text: &str, number: u64) -> bool {
        let mut words = text.split_ascii_whitespace();
        let (Some(word), Some(figure), None) = (words.next(), words.next(), words.next()) else {
            return false;
        };
        if word == "duration_ms" {
            let Some((_, figures)) = &mut self.open else {
                return false;
            };
            figures.duration_s = figure.parse().ok().map(|ms: f64| ms / 1000.0);
            return true;
        }
        let Ok(figure) = figure.parse() else {
            return false;
        };
        match (word, &mut self.open) {
            ("tests", open) => {
                let figures = Figures {
                    tests: figure,
                    ..Figures::default()
                };
                *open = Some((number, figures));
            }
            ("pass", Some((_, f))) => f.passed = Some(figure),
            ("fail", Some((_, f))) => f.failed = Some(figure),
            ("cancelled", Some((_, f))) => f.cancelled = Some(figure),
            ("skip" | "skipped", Some((_, f))) => f.skipped = Some(figure),
            ("todo", Some((_, f))) => f.todo = Some(figure),
            ("suites", Some(_)) => {}
            _ => return false,
        }
        true
    }

    /// Tells the totals, if there were any. `# tests` without `# pass` is a test's title.
    pub(crate) fn flush(&mut self, emit: Emit<'_>) {
        let Some((line, f)) = self.open.take() else {
            return;
        };
        if f.passed.is_none() {
            return;
        }
        let failed = match (f.failed, f.cancelled) {
            (Some(failed), cancelled) => Some(failed + cancelled.unwrap_or(0)),
            // tape leaves the line out when nothing failed.
            (None, cancelled) => cancelled.or(Some(0)),
        };
        let printed = Printed {
            // Without a figure for the skipped it is not known whether they are in `tests`.
            tests: f.skipped.map(|_| f.tests),
            passed: f.passed,
            failed,
            skipped: f.skipped,
            todo: f.todo,
            ..Printed::default()
        };
        emit(
            line,
            Body::Summary(Summary {
                suite: None,
                printed,
                duration_s: f.duration_s,
            }),
        );
    }
}
