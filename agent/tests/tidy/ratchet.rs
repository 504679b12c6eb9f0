//! What is longer than the house rules want, with its size. Numbers are lowered, never raised.

/// Files with their lines.
pub(crate) const FILES: &[(&str, usize)] = &[];

/// Functions with their lines.
pub(crate) const FUNCTIONS: &[(&str, usize)] = &[
    ("agent/core/src/crosscheck.rs: figures", 68),
    ("agent/core/src/ingest.rs: take", 65),
    ("agent/src/server.rs: serve", 61),
    // One arm per kind of event.
    ("parsers/src/frame/body.rs: encode", 84),
];
