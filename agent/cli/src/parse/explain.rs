//! `sentinel parse --explain`: line by line which envelopes were taken off, who claimed it, what it told
//! and what was redacted, so that a person can see why something was recognised, or was not.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use sentinel_parsers::dialect::Claim;
use sentinel_parsers::{Body, Event, ParserOptions, Seen};

use crate::style::{Style, fit, inert};

/// Columns before the line's text.
const COLUMNS: usize = 48;
/// Columns of a name among what a line told.
const NAME: usize = 60;

/// Collects what is told of the line that is being read, and prints it once it was read.
#[derive(Clone)]
pub(super) struct Explainer {
    state: Arc<Mutex<State>>,
    style: Style,
}

#[derive(Default)]
struct State {
    /// What the line told: dialect, number of the line it is about, words.
    events: Vec<(String, u64, String)>,
    out: Vec<u8>,
}

impl Explainer {
    pub(super) fn new(style: Style) -> Explainer {
        let state = Arc::default();
        Explainer { state, style }
    }

    /// The options of a parser that shows its lines here.
    pub(super) fn watch(&self, options: ParserOptions) -> ParserOptions {
        let (state, style) = (Arc::clone(&self.state), self.style);
        options.watch(move |seen| {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let line = line(seen, &state.events, style);
            state.out.extend_from_slice(line.as_bytes());
            state.events.clear();
        })
    }

    /// An event of the line that is being read.
    pub(super) fn take(&self, event: &Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let told = (event.dialect.to_owned(), event.line, words(&event.body));
        state.events.push(told);
    }

    /// Moves the lines that are ready to `out`.
    pub(super) fn drain(&self, out: &mut Vec<u8>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        out.append(&mut state.out);
    }

    /// The stream is over: what was told after the last line.
    pub(super) fn finish(&self, out: &mut Vec<u8>) {
        self.drain(out);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for (dialect, about, words) in state.events.drain(..) {
            let line = format!("   end by={dialect} tells={words}@{about}\n");
            out.extend_from_slice(line.as_bytes());
        }
    }
}

/// `    12 env=cri by=go_test redacted=jwt tells=test_end:passed:TestA | text`
fn line(seen: &Seen<'_>, events: &[(String, u64, String)], style: Style) -> String {
    if seen.waits {
        let what = format!("{:>6} waits for more", seen.number);
        return format!("{}\n", style.dim(&what));
    }
    let mut plain = String::new();
    let mut field = |name: &str, values: &[String]| {
        if !values.is_empty() {
            // Writing to memory cannot fail.
            let _ = write!(plain, " {name}={}", values.join(","));
        }
    };
    let envelopes: Vec<String> = seen.envelopes.iter().map(|id| (*id).to_owned()).collect();
    field("env", &envelopes);
    if seen.lane > 0 {
        field("lane", &[seen.lane.to_string()]);
    }
    // A pattern's event says which it was.
    let claims = seen.claims.iter();
    let mut by: Vec<String> = claims
        .filter(|(by, _)| by != "pattern" || events.is_empty())
        .map(|(by, claim)| claimed(by, *claim))
        .collect();
    for (dialect, ..) in events {
        if !seen.claims.iter().any(|(by, _)| by == dialect) && !by.contains(dialect) {
            by.push(dialect.clone());
        }
    }
    let known = !by.is_empty();
    field("by", if known { &by } else { &[] });
    field("redacted", seen.redacted);
    let told: Vec<String> = events
        .iter()
        .map(|(_, about, words)| told(seen, *about, words))
        .collect();
    field("tells", &told);
    if plain.is_empty() {
        plain.push_str(" -");
    }
    let padding = " ".repeat(COLUMNS.saturating_sub(plain.chars().count()));
    let number = format!("{:>6}", seen.number);
    let text = inert(seen.text);
    let (fields, text) = match known {
        true => (style.bold(&plain), text.as_str().into()),
        false => (style.dim(&plain), style.dim(&text)),
    };
    format!("{}{fields}{padding} | {text}\n", style.dim(&number))
}

fn claimed(by: &str, claim: Claim) -> String {
    match claim {
        Claim::Text => format!("{by}:text"),
        _ => by.to_owned(),
    }
}

/// The words of an event, with the line it is about where that is another.
fn told(seen: &Seen<'_>, about: u64, words: &str) -> String {
    match about == seen.number {
        true => words.to_owned(),
        false => format!("{words}@{about}"),
    }
}

/// Kind, status and name of an event: `test_end:passed:TestA`.
fn words(body: &Body<'_>) -> String {
    let kind = body.kind();
    let (status, name) = match body {
        Body::TestStart(t) => (None, Some(t.name)),
        Body::TestEnd(t) => (Some(t.status.as_str()), Some(t.name)),
        Body::TestDetail(t) => (None, Some(t.name)),
        Body::SuiteStart(s) => (None, Some(s.suite)),
        Body::SuiteEnd(s) => (None, Some(s.suite)),
        Body::Signature(s) => (None, Some(s.class)),
        _ => (None, None),
    };
    let name = name.map(|name| fit(name, NAME));
    let parts = [Some(kind), status, name.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(":")
}
