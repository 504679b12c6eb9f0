//! Regular expressions of the configuration: linear time, bounded size, one look for all of them first.

use std::ops::Range;

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::span::NAME_CAP;

/// Expressions of one configuration.
pub const EXPRESSIONS: usize = 64;
/// Bytes a compiled expression may take.
const SIZE: usize = 1 << 20;
/// Matches of an expression on one line: each may cost a pass over it.
const MATCHES: usize = 1000;

/// An expression with the name that stands for what it finds.
#[derive(Clone, Debug)]
pub struct Expression {
    name: String,
    regex: Regex,
    /// Whether a group says which part is the secret.
    named: bool,
}

impl Expression {
    /// The expression; a group called `secret` says which part is one, otherwise all of the match is.
    ///
    /// # Errors
    /// What is wrong with the name or the expression.
    pub fn new(name: &str, regex: &str) -> Result<Expression, String> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        if name.is_empty() || name.len() > NAME_CAP || !name.bytes().all(fits) {
            return Err(format!(
                "a name is 1 to {NAME_CAP} of a-z, 0-9, `-` and `_`, not `{name}`"
            ));
        }
        let regex = compile(regex)?;
        if regex.is_match("") {
            return Err("the expression matches an empty text".to_owned());
        }
        Ok(Expression {
            name: name.to_owned(),
            named: regex.capture_names().flatten().any(|name| name == "secret"),
            regex,
        })
    }

    /// The name that stands for what it finds.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Expression {
    /// The next secret at or after `from`, and where to go on.
    fn next(&self, text: &str, from: usize) -> Option<(Range<usize>, usize)> {
        if !self.named {
            let whole = self.regex.find_at(text, from)?.range();
            return Some((whole.clone(), after(text, &whole)));
        }
        let captures = self.regex.captures_at(text, from)?;
        let whole = captures.get(0)?.range();
        let part = captures.name("secret").map_or(whole.clone(), |m| m.range());
        Some((part, after(text, &whole)))
    }
}

/// Where to look for the next match: behind this one, and at least one character on.
fn after(text: &str, whole: &Range<usize>) -> usize {
    match whole.is_empty() {
        true => text.ceil_char_boundary((whole.end + 1).min(text.len())),
        false => whole.end,
    }
}

/// Compiles an expression within the limits; the message fits on one line.
pub(crate) fn compile(regex: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(regex).size_limit(SIZE).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(limit) => {
            format!("the expression takes over {limit} bytes compiled")
        }
        error => {
            let text = error.to_string();
            let last = text.lines().rev().find(|line| !line.trim().is_empty());
            let last = last.unwrap_or("not an expression").trim();
            last.strip_prefix("error: ").unwrap_or(last).to_owned()
        }
    })
}

/// One look that says whether any of the expressions could match.
pub(crate) fn any(regexes: impl Iterator<Item = impl AsRef<str>>) -> Result<RegexSet, String> {
    RegexSetBuilder::new(regexes)
        .size_limit(SIZE * EXPRESSIONS)
        .build()
        .map_err(|error| error.to_string())
}

/// The expressions of a configuration.
#[derive(Clone, Debug)]
pub(super) struct Custom {
    any: RegexSet,
    expressions: Vec<Expression>,
}

impl Custom {
    pub(super) fn new(expressions: &[Expression]) -> Result<Custom, String> {
        if expressions.len() > EXPRESSIONS {
            return Err(format!("at most {EXPRESSIONS} expressions are possible"));
        }
        Ok(Custom {
            any: any(expressions.iter().map(|e| e.regex.as_str()))?,
            expressions: expressions.to_vec(),
        })
    }

    /// Whether any of them matches.
    pub(super) fn suspects(&self, text: &str) -> bool {
        !self.expressions.is_empty() && self.any.is_match(text)
    }

    /// Hands over what they find: the expression's number, or none for the rest of a text with too many
    /// matches; from and to.
    pub(super) fn find(&self, text: &str, found: &mut dyn FnMut(Option<usize>, usize, usize)) {
        for (n, expression) in self.expressions.iter().enumerate() {
            let mut from = 0;
            for _ in 0..MATCHES {
                let Some((part, end)) = expression.next(text, from) else {
                    from = text.len();
                    break;
                };
                found(Some(n), part.start, part.end);
                from = end;
            }
            if from < text.len() {
                found(None, from, text.len());
            }
        }
    }

    pub(super) fn name(&self, n: usize) -> Option<&str> {
        self.expressions.get(n).map(Expression::name)
    }
}
