//! Patterns: what a configuration says of lines that no dialect knows. Each is a regular expression with
//! named groups and a meaning, and tells the same events as a built-in dialect, in its own name.
//!
//! A line is first looked at by all expressions at once; of those that match, the first of the
//! configuration has its say. They go before dialects: whoever writes a pattern for a line knows best.

mod literal;
mod meaning;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use regex::{Captures, Regex, RegexSet};

use crate::cut::{MESSAGE_CAP, cut_at_boundary};
use crate::dialect::{Claim, DIALECTS, Line};
use crate::event::{Body, FRAMES, Signature, SuiteEnd, SuiteStart, Summary, TestEnd, TestStart};
use crate::mask;
use crate::redact;

pub use meaning::Meaning;
use meaning::{counts, duration, status};

/// Patterns of one configuration.
pub const PATTERNS: usize = 64;
/// Bytes of a pattern's name.
const NAME_CAP: usize = 32;
/// Bytes kept of the name of an open suite.
const SUITE_CAP: usize = 1024;
/// Names that tell where an event comes from.
const RESERVED: [&str; 3] = ["sentinel", "signature", "stream"];

/// A pattern of a configuration.
#[derive(Clone, Debug)]
pub struct Pattern {
    name: String,
    regex: Regex,
    meaning: Meaning,
}

impl Pattern {
    /// The pattern; its name is the dialect of the events it tells.
    ///
    /// # Errors
    /// What is wrong with the name, with the expression, or with its groups.
    pub fn new(name: &str, regex: &str, meaning: Meaning) -> Result<Pattern, String> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        if name.is_empty() || name.len() > NAME_CAP || !name.bytes().all(fits) {
            return Err(format!(
                "a name is 1 to {NAME_CAP} of a-z, 0-9, `-` and `_`, not `{name}`"
            ));
        }
        if RESERVED.contains(&name) || DIALECTS.iter().any(|d| d.id == name) {
            return Err(format!("`{name}` is the name of a dialect"));
        }
        let regex = redact::compile(regex)?;
        meaning.check(&regex.capture_names().flatten().collect::<Vec<_>>())?;
        Ok(Pattern {
            name: name.to_owned(),
            regex,
            meaning,
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The patterns of a configuration.
#[derive(Clone, Debug)]
pub struct Patterns(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    any: RegexSet,
    patterns: Vec<Pattern>,
    needles: Option<Vec<String>>,
}

impl Patterns {
    /// The patterns, in the order in which they are asked.
    ///
    /// # Errors
    /// There are too many.
    pub fn new(patterns: Vec<Pattern>) -> Result<Patterns, String> {
        if patterns.len() > PATTERNS {
            return Err(format!("at most {PATTERNS} patterns are possible"));
        }
        let any = redact::any(patterns.iter().map(|p| p.regex.as_str()))?;
        let needles = literal::needles(patterns.iter().map(|p| p.regex.as_str()));
        Ok(Patterns(Arc::new(Compiled {
            any,
            patterns,
            needles,
        })))
    }

    /// Literal pieces of at least three bytes, one of which stands in every line that a pattern matches;
    /// `None` if some pattern has none: then every line must be looked at.
    #[must_use]
    pub fn needles(&self) -> Option<&[String]> {
        self.0.needles.as_deref()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.patterns.is_empty()
    }
}

/// Where a pattern's events go: the pattern's name, the line's number, the event's body.
pub(crate) type Tell<'t> = &'t mut dyn FnMut(&str, u64, Body<'_>);

/// The patterns as one writer's lines are read by them.
#[derive(Debug)]
pub(crate) struct Matcher {
    patterns: Patterns,
    /// The suite that began last and has not ended.
    suite: Option<String>,
}

impl Matcher {
    pub(crate) fn new(patterns: &Patterns) -> Matcher {
        Matcher {
            patterns: patterns.clone(),
            suite: None,
        }
    }

    /// Reads a line. An error signature leaves it to others too.
    pub(crate) fn line(&mut self, line: &Line<'_>, tell: Tell<'_>) -> Claim {
        let compiled = Arc::clone(&self.patterns.0);
        if !compiled.any.is_match(line.text) {
            return Claim::Pass;
        }
        let mut rows = compiled.patterns.iter();
        let told = rows.find_map(|pattern| {
            let captures = pattern.regex.captures(line.text)?;
            let mut tell = |body: Body<'_>| tell(&pattern.name, line.number, body);
            self.tell(pattern, &captures, line.number, &mut tell)
        });
        told.unwrap_or(Claim::Pass)
    }

    /// Tells what the pattern means; nothing if the line lacks what its meaning needs.
    fn tell(
        &mut self,
        pattern: &Pattern,
        captures: &Captures<'_>,
        number: u64,
        tell: &mut dyn FnMut(Body<'_>),
    ) -> Option<Claim> {
        let group = |name: &str| {
            let text = captures.name(name)?.as_str().trim();
            (!text.is_empty()).then_some(text)
        };
        let suite = group("suite").or(self.suite.as_deref()).unwrap_or_default();
        let body = match pattern.meaning {
            Meaning::TestStart => Body::TestStart(TestStart {
                suite: Some(suite),
                name: group("name")?,
                attempt: group("attempt").and_then(|n| n.parse().ok()),
                tags: group("tags"),
            }),
            Meaning::TestEnd(known) => Body::TestEnd(TestEnd {
                duration_s: duration(&group),
                attempt: group("attempt").and_then(|n| n.parse().ok()),
                message: group("message"),
                location: group("location"),
                tags: group("tags"),
                ..TestEnd::new(
                    Some(suite),
                    group("name")?,
                    known.or_else(|| status(group("status")?))?,
                )
            }),
            Meaning::SuiteStart => {
                let suite = group("suite").or_else(|| group("name"))?;
                self.suite = Some(cut_at_boundary(suite, SUITE_CAP).to_owned());
                let tags = group("tags");
                Body::SuiteStart(SuiteStart { suite, tags })
            }
            Meaning::SuiteEnd => {
                let named = group("suite").or_else(|| group("name"));
                let open = self.suite.take();
                tell(Body::SuiteEnd(SuiteEnd {
                    suite: named.or(open.as_deref())?,
                    status: group("status").and_then(status),
                    duration_s: duration(&group),
                    adopts: false,
                }));
                return Some(Claim::Own);
            }
            Meaning::Summary => Body::Summary(Summary {
                suite: group("suite"),
                printed: counts(&group)?,
                duration_s: duration(&group),
            }),
            Meaning::Signature => return tell_signature(pattern, captures, number, tell),
        };
        tell(body);
        Some(Claim::Own)
    }
}

/// Tells an error; the line is left to others too.
fn tell_signature(
    pattern: &Pattern,
    captures: &Captures<'_>,
    number: u64,
    tell: &mut dyn FnMut(Body<'_>),
) -> Option<Claim> {
    let named = |name: &str| {
        let text = captures.name(name)?.as_str().trim();
        (!text.is_empty()).then_some(text)
    };
    let whole = captures.get(0)?.as_str();
    let message = named("message").unwrap_or(whole.trim());
    let message = cut_at_boundary(message, MESSAGE_CAP);
    let (class, exception) = (&*pattern.name, named("exception"));
    tell(Body::Signature(Signature {
        class,
        exception,
        message,
        end_line: number,
        fingerprint: &mask::fingerprint(class, exception, message, []),
        group: &mask::group(class, exception, message),
        outer: None,
        within: None,
        frames: [None; FRAMES],
    }));
    Some(Claim::Pass)
}
