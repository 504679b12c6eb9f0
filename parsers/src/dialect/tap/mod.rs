//! The `tap` dialect: the Test Anything Protocol, versions 12 to 14.
//!
//! Suite: empty (TAP has none). Name: the description. Nested streams are not counted, their
//! parent's line is; only in the form node's runner writes are the leaves the tests, and their
//! suite the titles around them joined with ` > `.
//!
//! The dialect opens on a version line, on a plan that a first result follows, or on results that
//! count up from 1: a single line like `ok 1 - text` may be anybody's.

mod details;
mod nested;
mod stream;
mod syntax;
mod tally;

#[cfg(test)]
mod tests;

pub(super) use details::{Details, perl_place};
pub(super) use stream::Stream;
pub(super) use syntax::{is_version, plan, test_line};

use super::{Claim, Dialect, DialectInfo, Emit, Line};

/// The dialect's row in the table.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "tap",
    summary: "Test Anything Protocol 12 to 14 (tape, node --test, mocha, bats, ...)",
    sniff,
    new: || Box::<Tap>::default(),
};

/// Lines that may lie between two lines of an opening.
const OPENING_GAP: u64 = 200;
/// Lines held back until the stream is recognised, and their size.
const HELD_LINES: usize = 256;
const HELD_BYTES: usize = 32 * 1024;

fn sniff(line: &Line<'_>) -> bool {
    match line.text.as_bytes() {
        [b'o', b'k', ..] | [b'#', ..] | [b' ', b' ', ..] => true,
        [b'n', rest @ ..] => rest.starts_with(b"ot ok"),
        [b'1', rest @ ..] => rest.starts_with(b".."),
        [b'T', rest @ ..] => rest.starts_with(b"AP version "),
        _ => false,
    }
}

#[derive(Debug, Default)]
struct Tap {
    stream: Option<Stream>,
    held: Held,
}

/// Lines that are the beginning of a stream if what follows agrees.
#[derive(Debug, Default)]
struct Held {
    lines: Vec<(u64, String)>,
    bytes: usize,
    /// Results among them, numbered from 1 on.
    results: u64,
    /// Whether they have the dash before their description.
    dashed: bool,
    planned: Option<u64>,
}

impl Dialect for Tap {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if let Some(stream) = &mut self.stream {
            let claim = stream.line(line.text, line.number, emit);
            if claim != Claim::Pass || !sniff(line) {
                return claim;
            }
        }
        if !self.held.opens(line.text, line.number) {
            return Claim::Pass;
        }
        self.finish(emit);
        let mut stream = Stream::default();
        for (number, text) in self.held.lines.drain(..) {
            stream.line(&text, number, emit);
        }
        stream.line(line.text, line.number, emit);
        self.stream = Some(stream);
        self.held = Held::default();
        Claim::Own
    }

    fn finish(&mut self, emit: Emit<'_>) {
        if let Some(stream) = &mut self.stream {
            stream.finish(emit);
        }
    }
}

impl Held {
    /// Whether the line completes an opening; else it is held if it may be part of one.
    fn opens(&mut self, text: &str, number: u64) -> bool {
        if is_version(text) {
            self.clear();
            return true;
        }
        if self
            .lines
            .last()
            .is_some_and(|(n, _)| number - n > OPENING_GAP)
        {
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
        match test_line(text) {
            Some(test) => {
                let plain = test.dashed || test.name.is_empty();
                match test.number {
                    Some(n) if n == self.results + 1 => {}
                    None if self.planned.is_some() && plain => return true,
                    Some(1) => self.clear(),
                    _ => return false,
                }
                self.results += 1;
                self.dashed = test.dashed;
                let enough = if test.dashed { 2 } else { 3 };
                if self.planned.is_some_and(|n| n > 0) || self.results >= enough {
                    return true;
                }
                self.hold(text, number);
                false
            }
            // A YAML block, or node's heading, right after or before a first result.
            None => self.detail(text, number),
        }
    }

    fn detail(&mut self, text: &str, number: u64) -> bool {
        if self.results == 0 {
            return false;
        }
        let adjoining = self.lines.last().is_some_and(|(n, _)| n + 1 == number);
        if adjoining && text.starts_with(' ') && text.trim() == "---" {
            return true;
        }
        self.hold(text, number);
        false
    }

    fn hold(&mut self, text: &str, number: u64) {
        if self.lines.len() >= HELD_LINES || self.bytes + text.len() > HELD_BYTES {
            return self.clear();
        }
        self.bytes += text.len();
        self.lines.push((number, text.to_owned()));
    }

    fn clear(&mut self) {
        *self = Held::default();
    }
}
