//! Redaction: takes secrets out of logical lines before anything else reads them.
//!
//! A [`Redactor`] works on a line after its envelopes and escapes are off and its pieces are joined, so
//! that a secret cannot hide in how it was cut. Each secret becomes `[redacted:RULE:HASH]`, the hash keyed:
//! the same secret has the same hash within an installation, and nobody without the [`Key`] can find it by
//! trying. What a line says about tests stays.
//!
//! The rules are rows of one table, a file per family, each with literal needles: a line that holds none
//! costs one search with vector instructions. Card numbers, the configuration's expressions and
//! exact values known by their hashes are looked for beside it. Every step is linear in the line, and there
//! is no error: what cannot be decided within the limits becomes `[redacted:failed]`.

mod assignment;
mod card;
mod cloud;
mod custom;
mod forge;
mod gate;
mod header;
mod jwt;
mod key;
mod pem;
mod service;
mod span;
mod table;
mod url;
mod value;
mod values;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

pub use custom::{EXPRESSIONS, Expression};
pub(crate) use custom::{any, compile};

pub use key::Key;
pub(crate) use span::replacement;
pub use table::rules;
pub use values::{HashedValue, LENGTHS, VALUES, spellings};

use custom::Custom;
use pem::Open;
use span::Span;
use table::{CARD, CUSTOM, FAILED, VALUE};
use values::Values;

/// Literals of lines that a redactor has to see for the sake of the lines behind them.
static NEEDLES: [&str; 1] = ["-----BEGIN "];

/// What a [`Redactor`] looks for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The installation's key.
    pub key: Key,
    /// Ids of [`rules`] that are switched off.
    pub off: Vec<String>,
    /// Further expressions.
    pub expressions: Vec<Expression>,
    /// Exact values by their hashes under the same key.
    pub values: Vec<HashedValue>,
}

impl Options {
    /// Every rule, and nothing beyond.
    #[must_use]
    pub fn new(key: Key) -> Options {
        Options {
            key,
            off: Vec::new(),
            expressions: Vec::new(),
            values: Vec::new(),
        }
    }
}

/// Takes secrets out of the lines of one writer.
///
/// ```
/// use sentinel_parsers::redact::{Key, Options, Redactor};
/// let mut redactor = Redactor::new(&Options::new(Key::new(b"of this installation"))).unwrap();
/// assert_eq!(redactor.line("test_password_reset PASSED"), "test_password_reset PASSED");
/// let line = redactor.line("login with DB_PASSWORD=hunter2222 failed").into_owned();
/// assert!(line.starts_with("login with DB_PASSWORD=[redacted:assignment:") && line.ends_with("] failed"));
/// ```
#[derive(Clone, Debug)]
pub struct Redactor {
    rules: Arc<Rules>,
    /// A key that has begun and not ended.
    open: Option<Open>,
    /// What was found in the latest line.
    spans: Vec<Span>,
    replaced: u64,
}

/// What all writers' redactors share.
#[derive(Debug)]
struct Rules {
    key: Key,
    /// Which rows of the table are off.
    off: Vec<bool>,
    cards: bool,
    /// The number of the rule for private keys, unless it is off.
    pem: Option<u16>,
    custom: Custom,
    values: Values,
}

impl Redactor {
    /// A redactor for the first writer.
    ///
    /// # Errors
    /// A rule that does not exist, or more expressions or values than are possible.
    pub fn new(options: &Options) -> Result<Redactor, String> {
        let ids: Vec<&str> = rules().map(|(id, _)| id).collect();
        if let Some(id) = options.off.iter().find(|id| !ids.contains(&id.as_str())) {
            return Err(format!("no rule `{id}`"));
        }
        let off = |id: &&str| options.off.iter().any(|o| o == id);
        let pem = ids.iter().position(|id| *id == "private-key");
        let rules = Rules {
            key: options.key.clone(),
            off: ids.iter().take(table::len()).map(off).collect(),
            cards: !off(&"card"),
            pem: pem
                .filter(|_| !off(&"private-key"))
                .and_then(|n| u16::try_from(n).ok()),
            custom: Custom::new(&options.expressions)?,
            values: Values::new(&options.key, &options.values)?,
        };
        Ok(Redactor {
            rules: Arc::new(rules),
            open: None,
            spans: Vec::new(),
            replaced: 0,
        })
    }

    /// A redactor by the same rules for another writer's lines.
    #[must_use]
    pub fn fork(&self) -> Redactor {
        Redactor {
            rules: Arc::clone(&self.rules),
            open: None,
            spans: Vec::new(),
            replaced: 0,
        }
    }

    /// Whether the line may hold a secret: if not, [`line`](Self::line) would give it as it is. It is
    /// [known](crate::dialect::Dialect::known) that none stands before a place.
    #[inline]
    pub(crate) fn suspects_behind(&self, text: &str, known: usize) -> bool {
        self.open.is_some() || self.rules.suspects(text, known)
    }

    /// The line without its secrets; borrowed, and nothing allocated, if there are none.
    #[inline]
    pub fn line<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        self.spans.clear();
        if !self.suspects_behind(text, 0) {
            return Cow::Borrowed(text);
        }
        self.suspicious(text)
    }

    /// Literals of lines that must be seen although nobody wants their text, because of what they say
    /// about later lines. Other lines need to be seen only if they are read.
    #[must_use]
    pub fn needles() -> &'static [&'static str] {
        &NEEDLES
    }

    /// Whether the next line must be seen in any case.
    #[must_use]
    pub fn attentive(&self) -> bool {
        self.open.is_some()
    }

    /// Replacements made so far.
    #[must_use]
    pub fn replaced(&self) -> u64 {
        self.replaced
    }

    /// Names of the rules that found something in the latest line, in its order.
    pub fn latest(&self) -> impl Iterator<Item = &str> {
        let names = self.spans.iter().map(|span| self.rules.name(span.rule));
        names.map(|name| name.unwrap_or("failed"))
    }

    fn suspicious<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        let (rules, bytes) = (&self.rules, text.as_bytes());
        let spans = &mut self.spans;
        let replaced = span::replacements(text);
        table::find(bytes, &rules.off, &replaced, spans);
        if let Some(pem) = rules.pem {
            let begun = spans.iter().any(|span| span.rule == pem);
            let goes_on = self
                .open
                .as_mut()
                .is_some_and(|open| open.line(bytes, pem, spans));
            if begun {
                self.open = Open::after(bytes);
            } else if !goes_on {
                self.open = None;
            }
        }
        if rules.cards {
            card::find(bytes, &replaced, spans);
        }
        rules.values.find(bytes, &mut |from, to, certain| {
            let rule = if certain { VALUE } else { FAILED };
            spans.push(Span { from, to, rule });
        });
        rules.custom.find(text, &mut |n, from, to| {
            let number = n.and_then(|n| u16::try_from(n).ok());
            let rule = number.map_or(FAILED, |n| CUSTOM + n);
            spans.push(Span { from, to, rule });
        });
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        span::settle(spans, &replaced, text);
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        self.replaced += spans.len() as u64;
        Cow::Owned(span::replace(text, spans, &rules.key, |rule| {
            rules.name(rule)
        }))
    }
}

impl Rules {
    #[inline]
    fn suspects(&self, text: &str, known: usize) -> bool {
        let bytes = text.as_bytes();
        // Behind what is known nothing ends that began in it.
        let tells = bytes.len() >= known + gate::SHORTEST && {
            let look = gate::look(bytes, known);
            let may_be_card = self.cards && look.digits >= card::LEAST;
            look.suspects || (may_be_card && card::suspects(&bytes[known..]))
        };
        tells || !self.values.is_empty() || self.custom.suspects(text)
    }

    /// The name that is shown for a rule; none for what was dropped undecided.
    fn name(&self, rule: u16) -> Option<&str> {
        match rule {
            CARD | VALUE | FAILED => table::id(rule),
            n if n >= CUSTOM => self.custom.name(usize::from(n - CUSTOM)),
            n => table::id(n),
        }
    }
}
