//! What is longer than the house rules want, with its size. Numbers are lowered, never raised.

/// Files with their lines.
pub(crate) const FILES: &[(&str, usize)] = &[];

/// Functions with their lines.
pub(crate) const FUNCTIONS: &[(&str, usize)] = &[];
