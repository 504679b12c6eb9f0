//! The dialects: one file per test framework's output format, all registered in [`DIALECTS`].

mod ava;
mod bats;
mod behave;
mod catch2;
mod check;
mod closing;
mod ctest;
mod doctest;
mod dotnet;
mod exunit;
mod flat_json;
mod ginkgo;
mod go_test;
mod go_test_json;
mod googletest;
mod gradle;
mod jasmine;
mod java;
mod jest;
mod junit5_console;
mod junit_xml;
mod k6;
mod libtest;
mod libtest_json;
mod meson;
mod minitest;
mod mocha;
mod needle;
mod newman;
mod nextest;
mod node_test;
mod phpunit;
mod playwright;
mod prove;
mod pytest;
mod robot;
mod rspec;
mod script;
mod surefire;
mod tap;
mod teamcity;
#[cfg(test)]
mod testing;
mod testng;
#[cfg(test)]
mod told;
mod unittest;
mod vitest;

use crate::event::Body;

/// A line as dialects see it: visible text only (see [`crate::line::visible`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The visible text, without line end and escapes.
    pub text: &'a str,
    /// The line's bytes before escapes were taken out, for what only a colour tells. At least what
    /// `text` shows; it may hold more (progress that a carriage return overwrote, secrets that `text`
    /// does not show): no text of an event comes from here.
    pub raw: &'a [u8],
    /// 1-based number of the line in the stream.
    pub number: u64,
    /// Whether part of the line was cut off because it was longer than the cap.
    pub cut: bool,
}

/// What a line meant to a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Not this dialect's; others are asked.
    Pass,
    /// Free text inside a block of this dialect (a traceback, captured output). No other dialect is
    /// asked, error signatures still are.
    Text,
    /// Structure of this dialect. Nobody else is asked.
    Own,
}

/// Where events go: the event's body, and the number of the line it is about.
pub type Emit<'e> = &'e mut dyn FnMut(u64, Body<'_>);

/// A dialect's state over one stream.
///
/// A total function: any line is acceptable, and an unknown one is [`Claim::Pass`]. The result may
/// depend on earlier lines of the stream only.
pub trait Dialect: Send {
    /// Reads one line, emits what it completes, and says whose line it is. A dialect that has not
    /// recognised its own opening yet must pass whatever could be ordinary text.
    fn line(&mut self, line: &Line<'_>, emit: Emit<'_>) -> Claim;

    /// Up to where a line is known from the latest one that was [read at once](Dialect::at_once), so that it need not
    /// be asked for secrets there again: no word goes on behind that place, and none up to it parts a name from
    /// its value.
    fn known(&self, _text: &str) -> usize {
        0
    }

    /// Reads a line that is [known](Dialect::known) up to there if it is beyond doubt the open dialect's own, and tells whether it was one: if so, `line`
    /// would have told the same events and claimed it as its own, else nothing must change. Asked
    /// before anybody looked for other people's needles in the line: of the first dialect of the table, where
    /// neither a marker nor an envelope may have the line's shape, and of those that
    /// read text at once, where neither has.
    fn at_once(&mut self, _line: &Line<'_>, _known: usize, _emit: Emit<'_>) -> bool {
        false
    }

    /// The stream is over: emits what is still held back.
    fn finish(&mut self, emit: Emit<'_>);

    /// Lines before the next were lost: what counts up from line to line may go on with a higher number.
    fn lost(&mut self) {}

    /// Whether the closed dialect holds lines that what follows may confirm: then it has to see the
    /// next line too, if `sniff` holds for it.
    fn is_waiting(&self) -> bool {
        false
    }

    /// Which lines the open dialect has to see next. At ease it sees only lines that hold one of its
    /// [needles](DialectInfo::needles), and those that others had to see: it must make of any other
    /// line nothing at all ([`Claim::Pass`], no event, no change that shows).
    fn attention(&self) -> Attention {
        Attention::Every
    }
}

/// Which lines an open dialect has to see next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attention {
    /// Every line: it is inside a block, or what comes next depends on where it stands.
    Every,
    /// Lines that hold one of the dialect's needles.
    Needles,
}

/// A row of the table of dialects.
pub struct DialectInfo {
    /// The dialect's word in configuration, metrics and output.
    pub id: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// Whether the line could open this dialect: cheap, stateless, generous. Until the dialect has
    /// claimed a line, only lines for which this holds are offered to it; it keeps its state over
    /// those it passes, so a heading that several dialects share may be remembered and passed.
    pub sniff: fn(&Line<'_>) -> bool,
    /// Literal pieces of at least three bytes, one of which stands in every line that means anything
    /// to the dialect while it is closed (`sniff` holds) or at ease ([`Attention::Needles`]): whole
    /// blocks of a log are searched for them at once, and lines that hold none are never looked at.
    /// Case matters. None at all: every line must be looked at.
    pub needles: &'static [&'static str],
    /// How many lines before one that holds a needle the dialect may also need, for a heading that
    /// no literal marks. It must make nothing of a heading further away.
    pub lookback: u8,
    /// A fresh state.
    pub new: fn() -> Box<dyn Dialect>,
}

/// Dialects whose every line says all that is to be told of it: a parser that has not read what stands before, but for
/// the lines by which they are recognised, tells the same tests with the same results.
pub const STAND_ALONE: &[&str] = &["go_test_json", "ctest", "k6"];

/// Every dialect, in the order in which they are asked about a line nobody owns yet:
/// machine formats first, then the formats with the most particular openings.
pub static DIALECTS: &[DialectInfo] = &[
    go_test_json::INFO,
    libtest_json::INFO,
    junit_xml::INFO,
    go_test::INFO,
    libtest::INFO,
    nextest::INFO,
    ginkgo::INFO,
    googletest::INFO,
    catch2::INFO,
    doctest::INFO,
    ctest::INFO,
    meson::INFO,
    check::INFO,
    bats::INFO,
    behave::INFO,
    prove::INFO,
    tap::INFO,
    pytest::INFO,
    vitest::INFO,
    jest::INFO,
    playwright::INFO,
    node_test::INFO,
    jasmine::INFO,
    newman::INFO,
    k6::INFO,
    ava::INFO,
    mocha::INFO,
    dotnet::INFO,
    phpunit::INFO,
    teamcity::INFO,
    robot::INFO,
    unittest::INFO,
    minitest::INFO,
    surefire::INFO,
    junit5_console::INFO,
    testng::INFO,
    gradle::INFO,
    exunit::INFO,
    rspec::INFO,
];
