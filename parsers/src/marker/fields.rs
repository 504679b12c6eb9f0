//! Names, pairs, quoted text and durations: what a marker says besides its word.

use std::borrow::Cow;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while1};
use nom::character::complete::{char, satisfy};
use nom::combinator::{all_consuming, opt, recognize, verify};
use nom::multi::{fold_many0, many0_count, many1};
use nom::number::complete::double;
use nom::sequence::{delimited, pair, preceded, terminated};
use nom::{IResult, Parser};

/// What the marker says; texts borrow from the line unless an escape had to be resolved.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    /// Text that holds the name and perhaps a duration or a reason, see [`Fields::settle`].
    pub(super) bare: Option<Cow<'a, str>>,
    pub(super) name: Option<Cow<'a, str>>,
    pub(super) suite: Option<Cow<'a, str>>,
    pub(super) duration_s: Option<f64>,
    pub(super) tags: Option<Cow<'a, str>>,
    pub(super) attempt: Option<u32>,
    pub(super) reason: Option<Cow<'a, str>>,
    pub(super) location: Option<Cow<'a, str>>,
    pub(super) run_id: Option<Cow<'a, str>>,
    pub(super) pipeline: Option<Cow<'a, str>>,
    pub(super) environment: Option<Cow<'a, str>>,
    pub(super) branch: Option<Cow<'a, str>>,
    pub(super) commit: Option<Cow<'a, str>>,
    pub(super) status: Option<Cow<'a, str>>,
}

impl<'a> Fields<'a> {
    /// Takes over what is not known yet.
    pub(super) fn add(&mut self, other: Fields<'a>) {
        fn fill<T>(slot: &mut Option<T>, other: Option<T>) {
            if slot.is_none() {
                *slot = other;
            }
        }
        fill(&mut self.bare, other.bare);
        fill(&mut self.name, other.name);
        fill(&mut self.suite, other.suite);
        fill(&mut self.duration_s, other.duration_s);
        fill(&mut self.tags, other.tags);
        fill(&mut self.attempt, other.attempt);
        fill(&mut self.reason, other.reason);
        fill(&mut self.location, other.location);
        fill(&mut self.run_id, other.run_id);
        fill(&mut self.pipeline, other.pipeline);
        fill(&mut self.environment, other.environment);
        fill(&mut self.branch, other.branch);
        fill(&mut self.commit, other.commit);
        fill(&mut self.status, other.status);
    }

    /// The same, borrowing nothing.
    pub(super) fn owned(self) -> Fields<'static> {
        let own = |text: Option<Cow<'a, str>>| text.map(|t| Cow::Owned(t.into_owned()));
        Fields {
            bare: own(self.bare),
            name: own(self.name),
            suite: own(self.suite),
            duration_s: self.duration_s,
            tags: own(self.tags),
            attempt: self.attempt,
            reason: own(self.reason),
            location: own(self.location),
            run_id: own(self.run_id),
            pipeline: own(self.pipeline),
            environment: own(self.environment),
            branch: own(self.branch),
            commit: own(self.commit),
            status: own(self.status),
        }
    }

    /// Gives the pair's value to its field; unknown keys are nobody's.
    pub(super) fn set(&mut self, key: &str, value: Cow<'a, str>) {
        let slot = match key {
            "name" | "test" => &mut self.name,
            "suite" => &mut self.suite,
            "tags" | "tag" => &mut self.tags,
            "reason" | "message" | "error" => &mut self.reason,
            "location" => &mut self.location,
            "run_id" | "run" => &mut self.run_id,
            "pipeline" => &mut self.pipeline,
            "environment" | "env" => &mut self.environment,
            "branch" => &mut self.branch,
            "commit" | "sha" => &mut self.commit,
            "status" | "result" => &mut self.status,
            "duration" | "duration_s" | "time" | "elapsed" => {
                self.duration_s = duration(&value).or(self.duration_s);
                return;
            }
            "duration_ms" => {
                let ms = value.parse::<f64>().ok().filter(|ms| plausible(*ms));
                self.duration_s = ms.map(|ms| ms / 1000.0).or(self.duration_s);
                return;
            }
            "attempt" => {
                self.attempt = value.parse().ok().or(self.attempt);
                return;
            }
            _ => return,
        };
        *slot = Some(value);
    }

    /// Takes the bare text apart: the name, a duration at its end, and if there may be one the
    /// reason after the first ` - ` or `: `. What is known as a name is never taken apart.
    pub(super) fn settle(&mut self, reasons: bool, known: impl Fn(&str) -> bool) {
        let Some(bare) = self.bare.take() else {
            return;
        };
        let mut text: &str = &bare;
        let mut reason = None;
        if self.name.is_some() {
            // The name was quoted or a pair; only duration and reason are left.
            (text, self.duration_s) = without_duration(text, self.duration_s);
            reason =
                Some(text.trim_start_matches([':', '-', ' '])).filter(|r| reasons && !r.is_empty());
        } else if !known(text) {
            (text, self.duration_s) = without_duration(text, self.duration_s);
            if reasons && !known(text) && self.reason.is_none() {
                (text, reason) = without_reason(text, &known);
                (text, self.duration_s) = without_duration(text, self.duration_s);
            }
        }
        let (text, reason) = (text.to_owned(), reason.map(str::to_owned));
        if self.name.is_none() {
            self.name = Some(Cow::Owned(text));
        }
        if self.reason.is_none() {
            self.reason = reason.map(Cow::Owned);
        }
    }

    /// The identifier of a run, given by a key or as the one bare word; `None` if there are more.
    pub(super) fn run_word(&mut self) -> Option<Option<Cow<'a, str>>> {
        self.settle(false, |_| false);
        let word = self
            .run_id
            .clone()
            .or(self.name.take())
            .filter(|w| !w.is_empty());
        match word {
            Some(word) if word.contains(' ') => None,
            word => Some(word),
        }
    }
}

/// Words that say how a run ended.
pub(super) fn is_outcome(word: &str) -> bool {
    [
        "passed",
        "pass",
        "ok",
        "success",
        "succeeded",
        "failed",
        "fail",
        "failure",
        "error",
        "errored",
        "aborted",
        "cancelled",
        "canceled",
        "timed_out",
        "timeout",
        "skipped",
    ]
    .iter()
    .any(|w| word.eq_ignore_ascii_case(w))
}

const KEYS: [&str; 24] = [
    "name",
    "test",
    "suite",
    "duration",
    "duration_s",
    "duration_ms",
    "time",
    "elapsed",
    "tags",
    "tag",
    "attempt",
    "reason",
    "message",
    "error",
    "location",
    "run_id",
    "run",
    "pipeline",
    "environment",
    "env",
    "branch",
    "commit",
    "sha",
    "status",
];

/// Everything after a marker's word.
pub(super) fn parse(text: &str) -> Fields<'_> {
    let mut fields = Fields::default();
    let mut rest = text;
    if let Ok((after, name)) = quoted(text) {
        fields.name = Some(name);
        rest = after;
    }
    let pairs = next_pair(rest).unwrap_or(rest.len());
    let bare = rest[..pairs]
        .trim()
        .trim_end_matches([',', ';', '(', '['])
        .trim_end();
    if !bare.is_empty() {
        fields.bare = Some(Cow::Borrowed(bare));
    }
    rest = &rest[pairs..];
    while let Ok((after, (key, value))) = one_pair(rest) {
        match value {
            Value::Quoted(value) => fields.set(key, value),
            Value::Bare(value) if matches!(key, "name" | "test") => {
                fields.bare = Some(Cow::Borrowed(value));
            }
            Value::Bare(value) => fields.set(key, Cow::Borrowed(value)),
        }
        rest = after;
    }
    fields
}

enum Value<'a> {
    Quoted(Cow<'a, str>),
    Bare(&'a str),
}

/// Where the next pair of a known key begins, at the text's beginning or after a space.
fn next_pair(text: &str) -> Option<usize> {
    memchr::memchr_iter(b'=', text.as_bytes()).find_map(|equals| {
        let key_at = text[..equals]
            .rfind(|c: char| !(c.is_ascii_lowercase() || c == '_'))
            .map_or(0, |i| {
                i + text[i..].chars().next().map_or(1, char::len_utf8)
            });
        let key = &text[key_at..equals];
        let apart = key_at == 0 || text[..key_at].ends_with([' ', '\t', ',', ';', '(', '[']);
        (apart && (KEYS.contains(&key) || key == "result")).then_some(key_at)
    })
}

/// A pair, and what parts it from the next.
fn one_pair(text: &str) -> IResult<&str, (&str, Value<'_>)> {
    let rest = text.trim_start_matches([' ', '\t', ',', ';']);
    let (rest, key) = take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_').parse(rest)?;
    let (rest, _) = char('=').parse(rest)?;
    if let Ok((rest, value)) = quoted(rest) {
        return Ok((rest, (key, Value::Quoted(value))));
    }
    if matches!(key, "name" | "test" | "reason" | "message" | "error") {
        let end = next_pair(rest).unwrap_or(rest.len());
        let value = rest[..end].trim_matches([' ', '\t', ',', ';']);
        return Ok((&rest[end..], (key, Value::Bare(value))));
    }
    let (rest, value) = take_till(|c: char| c.is_whitespace() || c == ';').parse(rest)?;
    let value = value.trim_end_matches([',', ')', ']']);
    Ok((rest, (key, Value::Bare(value))))
}

/// Text in double, single or back quotes, with backslash escapes.
fn quoted(text: &str) -> IResult<&str, Cow<'_, str>> {
    alt((within('"'), within('\''), within('`'))).parse(text)
}

fn within<'a>(
    quote: char,
) -> impl Parser<&'a str, Output = Cow<'a, str>, Error = nom::error::Error<&'a str>> {
    let plain = move || take_while1(move |c: char| c != quote && c != '\\');
    let piece = move || recognize(pair(char('\\'), satisfy(|_| true)));
    let inside = recognize(many0_count(alt((plain(), piece()))));
    delimited(char(quote), inside, char(quote)).map(unescaped)
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            c => c,
        });
    }
    Cow::Owned(plain)
}

/// A duration as a pair's value: `1.2`, `1.2s`, `12ms`, `1m2s`.
pub(crate) fn duration(text: &str) -> Option<f64> {
    let seconds = all_consuming(double::<&str, nom::error::Error<&str>>).parse(text);
    let seconds = seconds.map(|(_, seconds)| seconds).ok().or_else(|| {
        let (_, seconds) = all_consuming(span).parse(text).ok()?;
        Some(seconds)
    });
    seconds.filter(|s| plausible(*s))
}

fn plausible(seconds: f64) -> bool {
    seconds.is_finite() && seconds >= 0.0
}

/// Numbers with units, added up.
fn span(text: &str) -> IResult<&str, f64> {
    let number = || verify(double, |n: &f64| plausible(*n));
    let part = || pair(terminated(number(), opt(char(' '))), unit);
    let (rest, (first, first_unit)) = part().parse(text)?;
    fold_many0(
        pair(number(), unit),
        move || first * first_unit,
        |sum, (n, unit)| sum + n * unit,
    )
    .parse(rest)
}

/// A unit in seconds; the longer spellings first.
fn unit(text: &str) -> IResult<&str, f64> {
    let minutes = alt((tag("minutes"), tag("mins"), tag("min"), tag("m")));
    let seconds = alt((tag("seconds"), tag("secs"), tag("sec"), tag("s")));
    alt((
        tag("ms").map(|_| 1e-3),
        alt((tag("us"), tag("µs"), tag("μs"))).map(|_| 1e-6),
        tag("ns").map(|_| 1e-9),
        tag("h").map(|_| 3600.0),
        minutes.map(|_| 60.0),
        seconds.map(|_| 1.0),
    ))
    .parse(text)
}

/// The text without a duration at its end, and that duration, or the one known already.
fn without_duration(text: &str, known: Option<f64>) -> (&str, Option<f64>) {
    let text = text.trim_end();
    let opens = match text.as_bytes().last() {
        Some(b')') => text.rfind('('),
        Some(b']') => text.rfind('['),
        _ => text.rfind([' ', '\t']).map(|i| i + 1).or(Some(0)),
    };
    let Some(at) = opens else {
        return (text, known);
    };
    let inside = text[at..].trim_matches(['(', ')', '[', ']']);
    let words = preceded(opt(terminated(tag("in"), many1(char(' ')))), span);
    let Ok((_, seconds)) = all_consuming(words).parse(inside) else {
        return (text, known);
    };
    let name = text[..at].trim_end();
    let name = match text.as_bytes().last() {
        Some(b')' | b']') => name,
        _ => name.strip_suffix(" in").unwrap_or(name).trim_end(),
    };
    (name.trim_end_matches([',', ';']), known.or(Some(seconds)))
}

/// The text up to the last ` - ` or `: ` whose left side is a known name, else up to the first.
fn without_reason(text: &str, known: impl Fn(&str) -> bool) -> (&str, Option<&str>) {
    let mut chosen: Option<usize> = None;
    for (at, _) in text.match_indices([' ', ':']) {
        if !text[at..].starts_with(" - ") && !text[at..].starts_with(": ") {
            continue;
        }
        if chosen.is_none() || known(text[..at].trim()) {
            chosen = Some(at);
        }
    }
    match chosen {
        Some(at) => (
            text[..at].trim_end(),
            Some(text[at..].trim_matches([' ', ':', '-'])),
        ),
        None => (text, None),
    }
}
