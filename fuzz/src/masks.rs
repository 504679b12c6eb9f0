//! What is taken out of text: redaction and masking.

use std::borrow::Cow;

use crate::streams::is_smoke;
use sentinel_parsers::line::visible;
use sentinel_parsers::mask::{anonymise, exact, fingerprint, group, template};
use sentinel_parsers::redact::{Key, Options, Redactor};

/// No line makes a redactor panic. What it takes out does not come back: a token in the middle of a line
/// is gone, whatever stands round it.
pub fn redact(data: &[u8]) {
    const TOKEN: &str = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
    let mut redactor = Redactor::new(&Options::new(Key::new(b"fuzz"))).expect("the table is right");
    for line in String::from_utf8_lossy(data).lines() {
        let once = redactor.line(line).into_owned();
        redactor.fork().line(&once);
        let middle = line.floor_char_boundary(line.len() / 2);
        let (before, after) = line.split_at(middle);
        let with_token = format!("{before} {TOKEN} {after}");
        let redacted = redactor.line(&with_token);
        // Glued to a word on the line as it came, the same letters are no token.
        let left = redacted.matches(TOKEN).count() > line.matches(TOKEN).count();
        assert!(
            !left && !redacted.contains(&format!(" {TOKEN} ")),
            "{with_token}"
        );
    }
}

/// Masking settles at once: what was masked is not changed by doing it again. From the exact form on
/// no number of more than three digits is left (a status or exit code has no more), and colours make
/// no other fault.
pub fn fingerprints(data: &[u8]) {
    for line in String::from_utf8_lossy(data).lines() {
        // Of a claim over all text a long run may find exceptions that no change made.
        let settle: &[fn(&str) -> Cow<'_, str>] = match is_smoke() {
            true => &[],
            false => &[anonymise, exact, template],
        };
        for mask in settle {
            let once = mask(line);
            assert_eq!(mask(&once), once, "of {line:?}");
        }
        for masked in [exact(line), template(line)] {
            assert!(longest_digits(&masked) <= 3, "{masked:?} of {line:?}");
        }
        if line.contains('\u{1b}') {
            let plain = visible(line.as_bytes());
            assert_eq!(group("c", None, line), group("c", None, &plain));
            assert_eq!(
                fingerprint("c", None, line, []),
                fingerprint("c", None, &plain, [])
            );
        }
    }
}

/// Length of the longest number.
fn longest_digits(text: &str) -> usize {
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    numbers.map(str::len).max().unwrap_or(0)
}
