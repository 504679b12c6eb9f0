//! How a parser is set up: which dialects it knows, and what it takes out of lines first.

use std::sync::Arc;

use super::watch::{Seen, Watch};
use crate::Parser;
use crate::dialect::{DIALECTS, DialectInfo};
use crate::pattern::Patterns;
use crate::redact::Redactor;
use crate::scan::{self, NeedleSet};

/// How a [`Parser`] is set up.
///
/// ```
/// use sentinel_parsers::ParserOptions;
/// use sentinel_parsers::redact::{Key, Options, Redactor};
/// let redactor = Redactor::new(&Options::new(Key::new(b"of this installation"))).unwrap();
/// let mut parser = ParserOptions::new().redactor(redactor).parser();
/// let mut reason = String::new();
/// parser.feed(b"TEST_FAIL name=login reason=\"password=hunter2222\"\n", &mut |event| {
///     if let sentinel_parsers::Body::TestEnd(end) = &event.body {
///         reason = end.message.unwrap_or_default().to_owned();
///     }
/// });
/// assert!(reason.starts_with("password=[redacted:assignment:"), "{reason}");
/// ```
pub struct ParserOptions {
    pub(super) dialects: Vec<&'static DialectInfo>,
    pub(super) redactor: Option<Redactor>,
    pub(super) patterns: Option<Patterns>,
    pub(super) watch: Option<Watch>,
    thorough: bool,
}

impl Default for ParserOptions {
    fn default() -> ParserOptions {
        ParserOptions::new()
    }
}

impl ParserOptions {
    /// Every dialect, and lines as they come.
    #[must_use]
    pub fn new() -> ParserOptions {
        ParserOptions {
            dialects: DIALECTS.iter().collect(),
            redactor: None,
            patterns: None,
            watch: None,
            thorough: false,
        }
    }

    /// Only the dialects for whose id `wanted` holds. Sentinel's own markers and the error signatures
    /// are always recognised.
    #[must_use]
    pub fn dialects(mut self, wanted: impl Fn(&str) -> bool) -> ParserOptions {
        self.dialects.retain(|info| wanted(info.id));
        self
    }

    /// Takes secrets out of each line before anybody else reads it.
    #[must_use]
    pub fn redactor(mut self, redactor: Redactor) -> ParserOptions {
        self.redactor = Some(redactor);
        self
    }

    /// Recognises lines by a configuration's patterns, before dialects see them.
    #[must_use]
    pub fn patterns(mut self, patterns: &Patterns) -> ParserOptions {
        self.patterns = Some(patterns.clone()).filter(|p| !p.is_empty());
        self
    }

    /// Shows each line, after it was read, to somebody who wants to know what became of it. No line is
    /// passed over then.
    #[must_use]
    pub fn watch(mut self, watch: impl FnMut(&Seen<'_>) + Send + 'static) -> ParserOptions {
        self.watch = Some(Box::new(watch));
        self
    }

    /// Passes over no line, whatever it holds: each is offered to every dialect. Slow; the oracle for
    /// parsers that pass over what means nothing.
    ///
    /// ```
    /// use sentinel_parsers::{Parser, ParserOptions};
    /// let log = b"some text\nTEST_PASS name=login\n";
    /// let (mut fast, mut slow) = (Vec::new(), Vec::new());
    /// Parser::new().feed(log, &mut |event| fast.push(event.offset));
    /// ParserOptions::new().thorough().parser().feed(log, &mut |event| slow.push(event.offset));
    /// assert_eq!(fast, slow);
    /// ```
    #[must_use]
    pub fn thorough(mut self) -> ParserOptions {
        self.thorough = true;
        self
    }

    /// Whether no line is passed over.
    pub(super) fn is_thorough(&self) -> bool {
        self.thorough
    }

    /// What lines are searched for.
    pub(super) fn needles(&self) -> Arc<NeedleSet> {
        let all = self.dialects.len() == DIALECTS.len();
        if all && self.patterns.is_none() && !self.thorough {
            return scan::built_in();
        }
        let wanted = |info: &DialectInfo| self.dialects.iter().any(|d| d.id == info.id);
        let patterns = self.patterns.as_ref().map(|p| p.needles().unwrap_or(&[]));
        match (self.thorough, patterns) {
            (true, _) => Arc::new(scan::every_line(wanted)),
            (false, None) => scan::chosen(wanted),
            (false, patterns) => Arc::new(scan::of(wanted, patterns)),
        }
    }

    /// The parser.
    #[must_use]
    pub fn parser(self) -> Parser {
        Parser::with_options(self)
    }
}
