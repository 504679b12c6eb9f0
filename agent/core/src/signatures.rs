//! The different errors of a run, one entry per group: variants of one fault are one error.

use std::collections::BTreeMap;

use sentinel_parsers::event::Signature;

/// Characters of a message that are kept.
const MESSAGE_CHARS: usize = 300;

/// All occurrences of one error in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenSignature {
    /// The error class.
    pub class: String,
    /// The exception's type.
    pub exception: Option<String>,
    /// First line of the first occurrence's message.
    pub message: String,
    /// Stream of the first occurrence.
    pub stream: String,
    /// First line of the first occurrence.
    pub line: u64,
    /// The first occurrence's own fingerprint.
    pub fingerprint: String,
    /// What the first occurrence's exception was wrapped in, masked.
    pub outer: Option<String>,
    /// The user's own frames nearest to the first occurrence's error.
    pub frames: Vec<String>,
    /// How often it was seen.
    pub count: u64,
    /// How often of that outside what tests say of their own failures.
    pub free: u64,
}

/// Where an occurrence stands.
pub(crate) struct Occurrence<'a> {
    pub(crate) stream: &'a str,
    pub(crate) line: u64,
    /// Whether it is outside what tests say of their own failures.
    pub(crate) free: bool,
}

/// The different errors of a run.
#[derive(Clone, Debug, Default)]
pub struct Signatures {
    seen: BTreeMap<String, SeenSignature>,
    dropped: u64,
}

impl Signatures {
    /// Takes an occurrence into account, unless it is a part of another. `limit` bounds the different
    /// groups.
    pub(crate) fn add(&mut self, at: &Occurrence<'_>, error: &Signature<'_>, limit: usize) {
        if error.within.is_some() {
            return;
        }
        // Senders of before had one hash only.
        let group = match error.group {
            "" => error.fingerprint,
            group => group,
        };
        if let Some(seen) = self.seen.get_mut(group) {
            seen.count += 1;
            seen.free += u64::from(at.free);
            return;
        }
        if self.seen.len() >= limit {
            self.dropped += 1;
            return;
        }
        self.seen.insert(
            group.to_owned(),
            SeenSignature {
                class: error.class.to_owned(),
                exception: error.exception.map(str::to_owned),
                message: cut(error.message),
                stream: at.stream.to_owned(),
                line: at.line,
                fingerprint: error.fingerprint.to_owned(),
                outer: error.outer.map(cut),
                frames: error.frames.into_iter().flatten().map(cut).collect(),
                count: 1,
                free: u64::from(at.free),
            },
        );
    }

    /// By group.
    #[must_use]
    pub fn seen(&self) -> &BTreeMap<String, SeenSignature> {
        &self.seen
    }

    /// Occurrences whose group was not kept.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

fn cut(text: &str) -> String {
    text.chars().take(MESSAGE_CHARS).collect()
}
