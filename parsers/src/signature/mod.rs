//! Error signatures: known kinds of errors in free text, as one occurrence per block of lines.

use crate::dialect::{Emit, Line};

/// Recognises error signatures in the lines no dialect owns.
#[derive(Debug, Default)]
pub(crate) struct Signatures {}

impl Signatures {
    pub(crate) fn new() -> Signatures {
        Signatures::default()
    }

    pub(crate) fn line(&mut self, _line: &Line<'_>, _emit: Emit<'_>) {}

    pub(crate) fn finish(&mut self, _emit: Emit<'_>) {}
}
