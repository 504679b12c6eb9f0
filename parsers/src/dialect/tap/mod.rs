//! The `tap` dialect: the Test Anything Protocol, versions 12 to 14.
//!
//! Suite: empty (TAP has none). Name: the description. Nested streams are not counted, their
//! parent's line is; only in the form node's runner writes are the leaves the tests, and their
//! suite the titles around them joined with ` > `.
//!
//! Vitest puts the file and the titles into the description, joined with ` > `: they are taken apart.
//! Catch2 writes assertions under the name of their test case: the test case is the test.
//!
//! The dialect opens on a version line, on a plan that a first result follows, or on results that
//! count up from 1: a single line like `ok 1 - text` may be anybody's.

mod details;
mod grouped;
mod held;
mod nested;
mod stream;
mod syntax;
mod tally;
mod titles;

#[cfg(test)]
mod tests;

pub(super) use details::{Details, perl_place};
pub(super) use stream::Stream;
pub(super) use syntax::{is_version, plan, test_line};

use super::{Attention, Claim, Dialect, DialectInfo, Emit, Line};
use grouped::Grouped;
use held::Held;

/// The dialect's row in the table.
pub(super) const INFO: DialectInfo = DialectInfo {
    id: "tap",
    summary: "Test Anything Protocol 12 to 14 (tape, node --test, mocha, bats, ...)",
    sniff,
    needles: &[
        "\nok ",
        "\nok\t",
        "\nok\n",
        "\nnot ok",
        "\n1..",
        "\nTAP version ",
        "\nBail out!",
        "\npragma ",
        "\n#",
    ],
    lookback: 2,
    new: || Box::<Tap>::default(),
};

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
    reader: Option<Reader>,
    held: Held,
}

/// How results are to be read.
#[derive(Debug)]
enum Reader {
    Results(Box<Stream>),
    Assertions(Grouped),
}

impl Reader {
    fn line(&mut self, text: &str, number: u64, emit: Emit<'_>) -> Claim {
        match self {
            Reader::Results(stream) => stream.line(text, number, emit),
            Reader::Assertions(grouped) => grouped.line(text, number, emit),
        }
    }

    fn finish(&mut self, emit: Emit<'_>) {
        match self {
            Reader::Results(stream) => stream.finish(emit),
            Reader::Assertions(grouped) => grouped.finish(emit),
        }
    }
}

impl Dialect for Tap {
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim {
        if let Some(reader) = &mut self.reader {
            let claim = reader.line(line.text, line.number, emit);
            if claim != Claim::Pass || !sniff(line) {
                return claim;
            }
        }
        if !self.held.opens(line.text, line.number) {
            return Claim::Pass;
        }
        self.finish(emit);
        let mut reader = match self.held.are_assertions() {
            true => Reader::Assertions(Grouped::default()),
            false => Reader::Results(Box::default()),
        };
        for (number, text) in self.held.take() {
            reader.line(&text, number, emit);
        }
        reader.line(line.text, line.number, emit);
        self.reader = Some(reader);
        Claim::Own
    }

    fn at_once(&mut self, line: &Line<'_>, _known: usize, emit: Emit<'_>) -> bool {
        match &mut self.reader {
            Some(Reader::Results(stream)) => stream.at_once(line.text, line.number, emit),
            Some(Reader::Assertions(_)) | None => false,
        }
    }

    fn finish(&mut self, emit: Emit<'_>) {
        if let Some(reader) = &mut self.reader {
            reader.finish(emit);
        }
    }

    fn lost(&mut self) {
        if let Some(Reader::Results(stream)) = &mut self.reader {
            stream.lost();
        }
    }

    fn attention(&self) -> Attention {
        let every = self.held.is_waiting()
            || match &self.reader {
                Some(Reader::Results(stream)) => stream.is_attentive(),
                Some(Reader::Assertions(grouped)) => grouped.is_attentive(),
                None => false,
            };
        match every {
            true => Attention::Every,
            false => Attention::Needles,
        }
    }

    fn is_waiting(&self) -> bool {
        self.held.is_waiting()
    }
}
