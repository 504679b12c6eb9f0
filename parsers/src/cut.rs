//! How much of a text is kept where texts are kept: signatures cut their messages here, frames all they carry.

/// Bytes of a test's name that are kept: 1 KiB.
pub const NAME_CAP: usize = 1024;
/// Bytes of a message that are kept: 4 KiB.
pub const MESSAGE_CAP: usize = 4096;
/// Bytes of any other text that are kept: 1 KiB.
pub const WORD_CAP: usize = 1024;

/// The longest beginning of `text` with at most `cap` bytes that ends between characters.
///
/// ```
/// use sentinel_parsers::cut::cut_at_boundary;
/// assert_eq!(cut_at_boundary("größe", 3), "gr");
/// ```
#[must_use]
pub fn cut_at_boundary(text: &str, cap: usize) -> &str {
    &text[..text.floor_char_boundary(cap)]
}
