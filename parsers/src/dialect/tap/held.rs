//! Lines held back while it is not certain that they are TAP.

use super::syntax::{is_version, plan, test_line};

/// Lines that may lie between two lines of an opening.
const OPENING_GAP: u64 = 200;
/// Lines held back until the stream is recognised, and their size.
const HELD_LINES: usize = 256;
const HELD_BYTES: usize = 32 * 1024;

/// Lines that are the beginning of a stream if what follows agrees.
#[derive(Debug, Default)]
pub(super) struct Held {
    lines: Vec<(u64, String)>,
    bytes: usize,
    /// Number of the latest line that may belong to the stream, held or not.
    latest: u64,
    /// Number of the latest line looked at.
    seen: u64,
    /// Results among them, numbered from 1 on.
    results: u64,
    planned: Option<u64>,
    /// The latest comment.
    comment: Option<(u64, String)>,
    /// Results that stand right under a comment.
    commented: u64,
}

impl Held {
    /// Whether the line completes an opening; else it is held if it may be part of one.
    pub(super) fn opens(&mut self, text: &str, number: u64) -> bool {
        self.seen = number;
        if is_version(text) {
            self.clear();
            return true;
        }
        if number - self.latest > OPENING_GAP {
            self.clear();
        }
        if let Some(plan) = plan(text) {
            if self.results > 0 && self.planned.is_none() && plan.tests == self.results {
                return true;
            }
            self.clear();
            self.planned = Some(plan.tests);
            self.hold(text, number);
            return false;
        }
        let Some(test) = test_line(text) else {
            return self.detail(text, number);
        };
        let plain = test.dashed || test.name.is_empty();
        match test.number {
            Some(n) if n == self.results + 1 => {}
            None if self.planned.is_some() && plain => return true,
            Some(1) => self.clear(),
            _ => return false,
        }
        self.results += 1;
        if let Some((at, comment)) = self.comment.take()
            && at + 1 == number
        {
            self.commented += 1;
            if self.results == 1 {
                self.hold(&comment, at);
            }
        }
        let enough = if test.dashed { 2 } else { 3 };
        if self.planned.is_some_and(|n| n > 0) || self.results >= enough {
            return true;
        }
        self.hold(text, number);
        false
    }

    /// A line that is neither plan nor result.
    fn detail(&mut self, text: &str, number: u64) -> bool {
        if text.starts_with('#') {
            self.comment = Some((number, text.to_owned()));
        }
        if self.results == 0 {
            return false;
        }
        let adjoining = self.latest + 1 == number;
        self.latest = number;
        if adjoining && text.starts_with(' ') && text.trim() == "---" {
            return true;
        }
        if self.lines.len() < HELD_LINES && self.bytes + text.len() < HELD_BYTES {
            self.hold(text, number);
        }
        false
    }

    fn hold(&mut self, text: &str, number: u64) {
        self.latest = number;
        self.bytes += text.len();
        self.lines.push((number, text.to_owned()));
    }

    /// Whether what follows may complete an opening.
    pub(super) fn is_waiting(&self) -> bool {
        (self.results > 0 || self.planned.is_some())
            && self.seen.saturating_sub(self.latest) <= OPENING_GAP
    }

    /// Whether every result has its comment and no plan or version announced the stream: Catch2.
    pub(super) fn are_assertions(&self) -> bool {
        self.planned.is_none() && self.commented >= 2 && self.commented == self.results
    }

    /// The lines held, for the reader.
    pub(super) fn take(&mut self) -> Vec<(u64, String)> {
        std::mem::take(self).lines
    }

    fn clear(&mut self) {
        let comment = self.comment.take();
        *self = Held {
            comment,
            ..Held::default()
        };
    }
}
