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
}

/// The different errors of a run.
#[derive(Clone, Debug, Default)]
pub struct Signatures {
    seen: BTreeMap<String, SeenSignature>,
    dropped: u64,
}

impl Signatures {
    /// Takes an occurrence into account. `limit` bounds the different fingerprints.
    pub(crate) fn add(&mut self, stream: &str, line: u64, error: &Signature<'_>, limit: usize) {
        if let Some(seen) = self.seen.get_mut(error.fingerprint) {
            seen.count += 1;
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
                stream: stream.to_owned(),
                line,
                count: 1,
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
