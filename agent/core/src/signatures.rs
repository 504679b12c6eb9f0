//! The different errors of a run, one entry per fingerprint.

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
    /// Takes an occurrence into account. `limit` bounds the different fingerprints.
    pub(crate) fn add(&mut self, at: &Occurrence<'_>, error: &Signature<'_>, limit: usize) {
        if let Some(seen) = self.seen.get_mut(error.fingerprint) {
            seen.count += 1;
            seen.free += u64::from(at.free);
            return;
        }
        if self.seen.len() >= limit {
            self.dropped += 1;
            return;
        }
        self.seen.insert(
            error.fingerprint.to_owned(),
            SeenSignature {
                class: error.class.to_owned(),
                exception: error.exception.map(str::to_owned),
                message: error.message.chars().take(MESSAGE_CHARS).collect(),
                stream: at.stream.to_owned(),
                line: at.line,
                count: 1,
                free: u64::from(at.free),
            },
        );
    }

    /// By fingerprint.
    #[must_use]
    pub fn seen(&self) -> &BTreeMap<String, SeenSignature> {
        &self.seen
    }

    /// Occurrences whose fingerprint was not kept.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}
