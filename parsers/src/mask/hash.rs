//! The stable names of faults: hashes of what masking leaves.

use super::{exact, template};
use crate::line::visible;

/// The stable name of a fault: `f1:` and 16 hex digits of the 64-bit FNV-1a hash of class, exception
/// type, the message's [`exact`] form and the functions of the nearest frames of the user's own code,
/// with a NUL after each. Line numbers, paths, ids, times and colours have no influence; a blank more or
/// less has none either. `f1` changes whenever the hash or the rules do.
///
/// ```
/// use sentinel_parsers::mask::fingerprint;
/// let of = |message, functions: &[&str]| {
///     fingerprint("python_traceback", Some("KeyError"), message, functions.iter().copied())
/// };
/// let seen = of("order 4711 of /home/ann/w/orders.db", &["load", "main"]);
/// assert!(seen.starts_with("f1:"));
/// assert_eq!(seen, of("order 17 of /builds/7/orders.db", &["load", "main"]));
/// assert_ne!(seen, of("order 4711 of /home/ann/w/orders.db", &["save", "main"]));
/// ```
#[must_use]
pub fn fingerprint<'f>(
    class: &str,
    exception: Option<&str>,
    message: &str,
    functions: impl IntoIterator<Item = &'f str>,
) -> String {
    let mut hash = Fnv::default();
    hash.part(class);
    hash.part(exception.unwrap_or(""));
    hash.part(&exact(message_line(message).trim()));
    for function in functions {
        hash.part(&exact(function));
    }
    format!("f1:{:016x}", hash.0)
}

/// The stable name of what variants of a fault have in common: `g1:` and the hash of class, exception
/// type and the message's [`template`].
///
/// ```
/// use sentinel_parsers::mask::group;
/// let of = |message| group("db_error", None, message);
/// assert_eq!(
///     of("ERROR:  relation \"users\" does not exist at character 15"),
///     of("ERROR:  relation \"orders\" does not exist at character 9")
/// );
/// assert_ne!(of("HTTP 500"), of("HTTP 503"));
/// ```
#[must_use]
pub fn group(class: &str, exception: Option<&str>, message: &str) -> String {
    let mut hash = Fnv::default();
    hash.part(class);
    hash.part(exception.unwrap_or(""));
    hash.part(&template(message_line(message).trim()));
    format!("g1:{:016x}", hash.0)
}

/// The message without colours, should it come straight from a terminal.
fn message_line(message: &str) -> std::borrow::Cow<'_, str> {
    match memchr::memchr(0x1b, message.as_bytes()) {
        None => message.into(),
        Some(_) => visible(message.as_bytes()),
    }
}

/// The published 64-bit hash, with its offset basis and prime.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Adds a text, its runs of blanks as one each, and a NUL.
    fn part(&mut self, text: &str) {
        for (i, word) in text.split_ascii_whitespace().enumerate() {
            if i > 0 {
                self.byte(b' ');
            }
            word.bytes().for_each(|byte| self.byte(byte));
        }
        self.byte(0);
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
}
