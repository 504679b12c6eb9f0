//! `[redaction]` and `[[patterns]]`: what is taken out of output before anybody reads it, and what lines
//! mean that no dialect knows.

use std::path::PathBuf;

use sentinel_parsers::pattern::{Meaning, Pattern, Patterns};
use sentinel_parsers::redact::{Expression, HashedValue, Key, Options, Redactor};

use crate::kind::{Choice, Mistake};
use crate::section::section;

section! {
    /// What is taken out of output before anything leaves the process that reads it. Each secret becomes
    /// `[redacted:RULE:HASH]`; the same secret has the same hash as long as the key is the same.
    pub struct RedactionConfig {
        /// Whether anything is taken out.
        pub enabled: bool = switch(true),
        /// Ids of built-in rules that are switched off; `sentinel config redaction` lists them.
        pub off: Vec<String> = redaction_rules(&["card"]),
        /// File with the installation's key: at least 16 random bytes, in any form. Empty: `sentinel run`
        /// keeps one in its data directory, which `sentinel parse` reads too; a sidecar takes a new one
        /// each time it starts, and its hashes compare with no others.
        pub key_file: Option<PathBuf> = path_or_none(),
        /// Exact secret values by their hashes under that key, so that this file holds none:
        /// `sentinel config hash` makes them.
        pub values: Vec<String> = hashed_values(&["13:0123456789abcdef0123456789abcdef01234567"]),
        /// Further secrets, as regular expressions.
        pub patterns: Vec<RedactionPattern> = checked_sections(RedactionPattern::check),
    }
}

section! {
    /// A kind of secret.
    pub struct RedactionPattern {
        /// The name that stands for it, of a-z, 0-9, `-` and `_`.
        pub name: String = text("badge"),
        /// The regular expression, matched within a line. A group called `secret` says which part of
        /// the match is taken out; otherwise all of it is.
        pub regex: String = text("badge no\\. (?P<secret>\\d{6})"),
    }
}

section! {
    /// What a line means that no dialect knows. Of several patterns that match it the first counts; it
    /// goes before dialects. Named groups tell the rest, as `(?P<name>...)`.
    pub struct LinePattern {
        /// The dialect of its events, of a-z, 0-9, `-` and `_`; several patterns may share one.
        pub name: String = text("rig"),
        /// The regular expression, matched within a line without colours and envelopes. Groups of tests:
        /// name, suite, status, duration (seconds, or with a unit), duration_ms, message, location,
        /// attempt, tags; of suites: suite, status, duration, tags; of a summary: tests, passed, failed,
        /// errored, skipped, xfail, xpass, todo, suite, duration; of a signature: message, exception.
        pub regex: String = text("^< (?P<name>\\S+) (?P<status>\\w+) after (?P<duration>\\S+)$"),
        /// What the line means. A test_end needs a group `status`; a test without a group `suite` is
        /// in the suite that began last.
        pub event: Meaning = choice(Meaning::TestEnd(None)),
    }
}

impl Choice for Meaning {
    const WORDS: &'static [(&'static str, Meaning)] = Meaning::WORDS;
}

impl RedactionPattern {
    fn compiled(&self) -> Result<Expression, String> {
        Expression::new(&self.name, &self.regex)
    }

    fn check(&self) -> Result<(), Mistake> {
        self.compiled()
            .map(drop)
            .map_err(|why| mistake(&self.name, why))
    }
}

impl LinePattern {
    fn compiled(&self) -> Result<Pattern, String> {
        Pattern::new(&self.name, &self.regex, self.event)
    }

    pub(crate) fn check(&self) -> Result<(), Mistake> {
        self.compiled()
            .map(drop)
            .map_err(|why| mistake(&self.name, why))
    }

    /// The patterns of a configuration, ready for use.
    ///
    /// # Errors
    /// What is wrong with them; nothing in a configuration that was read.
    pub fn compile(patterns: &[LinePattern]) -> Result<Patterns, String> {
        let compiled: Result<Vec<Pattern>, String> =
            patterns.iter().map(LinePattern::compiled).collect();
        Patterns::new(compiled?)
    }
}

/// The key that is wrong, and why.
fn mistake(name: &str, why: String) -> Mistake {
    let about_name = name.is_empty() || why.contains(&format!("`{name}`")) && why.contains("name");
    (if about_name { "name" } else { "regex" }, why)
}

impl RedactionConfig {
    /// What takes the secrets out, unless it is switched off.
    ///
    /// # Errors
    /// What is wrong with the section; nothing in a configuration that was read.
    pub fn redactor(&self, key: Key) -> Result<Option<Redactor>, String> {
        if !self.enabled {
            return Ok(None);
        }
        let expressions = self.patterns.iter().map(RedactionPattern::compiled);
        let values = self.values.iter().map(|text| text.parse::<HashedValue>());
        let options = Options {
            key,
            off: self.off.clone(),
            expressions: expressions.collect::<Result<_, _>>()?,
            values: values.collect::<Result<_, _>>()?,
        };
        Redactor::new(&options).map(Some)
    }
}
