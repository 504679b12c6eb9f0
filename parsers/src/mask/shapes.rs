//! The shapes that are masked, each a function that looks at the beginning of some bytes, no
//! farther than the shape itself can reach.

use super::addresses::{ipv4, ipv6, mac, uuid};
use super::kinds::{BASE64, KINDS, LOCAL, MIXED, TOKEN, TOKENS, run_of};
use super::{moments, words};

/// A shape and its placeholder.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) len: usize,
    pub(super) mask: &'static str,
}

pub(super) fn found(len: usize, mask: &'static str) -> Option<Found> {
    Some(Found { len, mask })
}

/// Letters, digits and underscore of ASCII, and all beyond ASCII.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Whether a word that ends here is whole: a placeholder is the rest of one.
pub(super) fn ends_word(rest: &[u8]) -> bool {
    match rest.first() {
        Some(b'<') => words::placeholder(rest).is_none(),
        first => !first.is_some_and(|b| is_word(*b)),
    }
}

/// Length of the run at the beginning for which `is` holds, up to `cap`.
pub(super) fn run(bytes: &[u8], cap: usize, is: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take(cap).take_while(|b| is(**b)).count()
}

/// What was looked through in vain and need not be looked through again, as ends in the text: without
/// it, text made to the purpose would take quadratic time.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// No digit stands before, in what a token may be made of.
    digitless: usize,
    /// No long mixed token begins before.
    mixed: usize,
    /// No Base64 begins before.
    base64: usize,
    /// No directory begins before.
    directory: usize,
    /// No `@` stands behind what begins before.
    nobody: usize,
}

/// Length of a word of letters, or a number of a few digits, that stands between blanks, in brackets or before
/// a comma or colon, and is no part of a date: no mask but that of plain numbers begins with it.
///
/// Given how many letters or digits stand at the beginning, as far as [`FAR`](super::runs::FAR).
pub(super) fn plain_word(rest: &[u8], run: usize) -> Option<usize> {
    /// Letters of the shortest [hex] number of letters alone.
    const HEX: usize = 8;
    /// Of the shortest [mixed token](token) or [Base64](base64).
    const MIXED: usize = 20;
    let number = rest[0].is_ascii_digit();
    let len = run.min(if number { HEX } else { MIXED });
    let next = rest.get(len + 1);
    let ends = match rest.get(len) {
        None | Some(b')' | b',') => true,
        // `23 Nov 2026`
        Some(b' ') => !number || !next.is_some_and(u8::is_ascii_uppercase),
        Some(b':') => !number && matches!(next, None | Some(b' ')),
        Some(_) => false,
    };
    let named = len == 3 && rest[0].is_ascii_uppercase();
    let short = match number {
        true => len < HEX,
        false => len < HEX || (len < MIXED && !rest[..len].iter().all(u8::is_ascii_hexdigit)),
    };
    (0 < len && short && ends && !named).then_some(len)
}

/// What may begin where a word begins, at a place in the text; the byte before it tells `v1.2.3.4.5`
/// from an address.
pub(super) fn at_word(rest: &[u8], before: u8, at: usize, memo: &mut Memo) -> Option<Found> {
    let address = || {
        let four = || ipv4(rest).filter(|_| before != b'.');
        match rest.get(2) {
            Some(b':') => four().or_else(|| ipv6(rest)).or_else(|| mac(rest)),
            _ => uuid(rest).or_else(four).or_else(|| ipv6(rest)),
        }
    };
    // Most words begin with a letter that no number in any notation begins with.
    let digit = rest[0].is_ascii_hexdigit();
    moments::time(rest)
        .or_else(|| digit.then(address)?)
        .or_else(|| base64(rest, at, memo))
        .or_else(|| token(rest, at, memo))
        .or_else(|| digit.then(|| hex(rest))?)
        .or_else(|| email(rest, at, memo))
        .or_else(|| drive(rest))
}

/// What differs from run to run although it may be worth reading: durations, generated names.
pub(super) fn varying(rest: &[u8], before: u8) -> Option<Found> {
    moments::duration(rest).or_else(|| generated(rest, before))
}

/// Letters and digits that change at least four times, or the random end of a pod's name, for which
/// Kubernetes leaves out vowels and digits that look like letters.
fn generated(rest: &[u8], before: u8) -> Option<Found> {
    let len = run(rest, usize::MAX, is_word);
    let word = &rest[..len];
    if !word.iter().any(u8::is_ascii_digit) {
        return None;
    }
    let turns = word
        .windows(2)
        .filter(|w| w[0] != b'_' && w[1] != b'_')
        .filter(|w| w[0].is_ascii_digit() != w[1].is_ascii_digit())
        .count();
    let suffix = before == b'-'
        && (5..=10).contains(&len)
        && turns > 0
        && word
            .iter()
            .all(|b| b"bcdfghjklmnpqrstvwxz2456789".contains(b));
    let is = (turns >= 4 || suffix) && ends_word(&rest[len..]);
    is.then_some(Found { len, mask: "<id>" })
}

/// Whether the bytes begin with the pattern; in it `0` is any digit, `x` any hex digit.
pub(super) fn like(bytes: &[u8], pattern: &[u8]) -> bool {
    bytes.len() >= pattern.len()
        && pattern.iter().zip(bytes).all(|(p, b)| match p {
            b'0' => b.is_ascii_digit(),
            b'x' => b.is_ascii_hexdigit(),
            _ => p == b,
        })
}

/// A token with a well-known beginning, or a long one of letters and digits well mixed.
fn token(rest: &[u8], at: usize, memo: &mut Memo) -> Option<Found> {
    let in_token = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let first = rest[0];
    let may_begin = KINDS[usize::from(first)] & TOKEN != 0;
    for (prefix, least) in TOKENS.iter().copied().filter(|_| may_begin) {
        // Nearly all differ in the second byte, for which a call to compare them would be dear.
        let alike = prefix[0] == first && rest.get(1) == Some(&prefix[1]);
        if alike && at >= memo.digitless && rest.starts_with(prefix) {
            let len = run(&rest[prefix.len()..], usize::MAX, in_token);
            let random = rest[..prefix.len() + len].iter().any(u8::is_ascii_digit);
            if len >= least && random {
                return found(prefix.len() + len, "<secret>");
            }
            if !random {
                memo.digitless = at + prefix.len() + len;
            }
        }
    }
    if at < memo.mixed {
        return None;
    }
    /// Shortest token of any beginning.
    const LEAST: usize = 20;
    if run_of(rest, LEAST, MIXED) < LEAST {
        return None;
    }
    let len = run_of(rest, usize::MAX, MIXED);
    let text = &rest[..len];
    let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
    let changes = text
        .windows(2)
        .filter(|w| w[0].is_ascii_digit() != w[1].is_ascii_digit())
        .count();
    let both_cases =
        text.iter().any(u8::is_ascii_lowercase) && text.iter().any(u8::is_ascii_uppercase);
    let secret = digits >= 2 && changes >= 3 && both_cases && ends_word(&rest[len..]);
    if !secret {
        memo.mixed = at + len;
        return None;
    }
    found(len, "<secret>")
}

/// At least 24 characters of Base64 that hold what words and paths do not: a plus sign, or padding at
/// the end.
fn base64(rest: &[u8], at: usize, memo: &mut Memo) -> Option<Found> {
    if at < memo.base64 {
        return None;
    }
    /// Shortest that is masked, and without padding.
    const LEAST: usize = 24;
    if run_of(rest, LEAST - 2, BASE64) < LEAST - 2 {
        return None;
    }
    let digits = run_of(rest, usize::MAX, BASE64);
    let len = digits + run(&rest[digits..], 2, |b| b == b'=');
    let text = &rest[..digits];
    let is = len >= LEAST
        && (len > digits || text.contains(&b'+'))
        && text.iter().any(u8::is_ascii_lowercase)
        && text.iter().any(u8::is_ascii_uppercase)
        && ends_word(&rest[len..]);
    if !is {
        memo.base64 = at + digits;
        return None;
    }
    found(len, "<b64>")
}

/// `0x` with four and more hex digits; eight and more hex digits that are no plain number.
fn hex(rest: &[u8]) -> Option<Found> {
    let prefix = rest.starts_with(b"0x") || rest.starts_with(b"0X");
    let skip = if prefix { 2 } else { 0 };
    let len = run(&rest[skip..], usize::MAX, |b| b.is_ascii_hexdigit());
    let plain = rest[skip..skip + len].iter().all(u8::is_ascii_digit);
    if !ends_word(&rest[skip + len..]) {
        None
    } else if prefix && len >= 4 {
        found(2 + len, "<ptr>")
    } else if !prefix && len >= 8 && !plain {
        found(len, "<hex>")
    } else {
        None
    }
}

fn email(rest: &[u8], at: usize, memo: &mut Memo) -> Option<Found> {
    if at < memo.nobody {
        return None;
    }
    let local = run_of(rest, 65, LOCAL);
    if local > 64 {
        return None;
    }
    if rest.get(local) != Some(&b'@') {
        memo.nobody = at + local;
        return None;
    }
    let host = &rest[local + 1..];
    let mut len = run(host, 253, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')
    });
    let whole = ends_word(&host[len..]);
    while len > 0 && !host[len - 1].is_ascii_alphanumeric() {
        len -= 1;
    }
    let top = host[..len].rsplit(|b| *b == b'.').next().unwrap_or(b"");
    let dotted = host[..len].contains(&b'.') && top.len() >= 2;
    // `react@18.2.0` is a package, not a person.
    let is = whole && dotted && top.iter().all(u8::is_ascii_alphabetic) && ends_word(&host[len..]);
    is.then_some(Found {
        len: local + 1 + len,
        mask: "<email>",
    })
}

/// `C:\a\b\` before a file's name.
fn drive(rest: &[u8]) -> Option<Found> {
    let absolute = rest[0].is_ascii_alphabetic()
        && rest.get(1) == Some(&b':')
        && matches!(rest.get(2), Some(b'\\' | b'/'));
    let directory = if absolute {
        directory(&rest[2..], 0, &mut Memo::default())
    } else {
        None
    };
    directory.map(|len| Found {
        len: 2 + len,
        mask: "<path>/",
    })
}

/// Length of a path's directory part with the slash before the last component; `None` for paths
/// of one component.
pub(super) fn directory(rest: &[u8], at: usize, memo: &mut Memo) -> Option<usize> {
    if at < memo.directory {
        return None;
    }
    let slash = |b: u8| matches!(b, b'/' | b'\\');
    let in_path = |b: u8| {
        is_word(b) || slash(b) || matches!(b, b'.' | b'-' | b'+' | b'@' | b'%' | b'~' | b'$' | b'#')
    };
    let len = run(rest, usize::MAX, in_path);
    let path = &rest[..len];
    let named = run_back(path, slash);
    let cut = path[..named].iter().rposition(|b| slash(*b))? + 1;
    let has_directory = path[..cut].iter().any(|b| is_word(*b));
    if !has_directory {
        memo.directory = at + len;
        return None;
    }
    Some(cut)
}

/// Length without the trailing bytes for which `is` holds.
fn run_back(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
    bytes.iter().rposition(|b| !is(*b)).map_or(0, |i| i + 1)
}

/// Length, number of digits, and whether there is no decimal point; perhaps with commas between
/// thousands.
pub(super) fn number(rest: &[u8], grouped: bool) -> (usize, usize, bool) {
    let (mut len, mut digits, mut whole) = (0, 0, true);
    loop {
        let more = run(&rest[len..], usize::MAX, |b| b.is_ascii_digit());
        digits += more;
        len += more;
        let next = rest.get(len + 1).is_some_and(u8::is_ascii_digit);
        match rest.get(len) {
            Some(b'.') if next => whole = false,
            Some(b',') if grouped && is_thousands(&rest[len..]) => {}
            _ => return (len, digits, whole),
        }
        len += 1;
    }
}

/// `,000` and no digit behind.
fn is_thousands(rest: &[u8]) -> bool {
    like(rest, b",000") && !rest.get(4).is_some_and(u8::is_ascii_digit)
}
