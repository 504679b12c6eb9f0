//! The shapes of addresses and ids that are written in a fixed form.

use super::shapes::{Found, ends_word, found, like, run};

pub(super) fn uuid(rest: &[u8]) -> Option<Found> {
    if rest.get(8) != Some(&b'-') {
        return None;
    }
    let whole = like(rest, b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") && ends_word(&rest[36..]);
    whole.then_some(Found {
        len: 36,
        mask: "<uuid>",
    })
}

/// Four numbers up to 255, then perhaps a port.
pub(super) fn ipv4(rest: &[u8]) -> Option<Found> {
    if !rest.first()?.is_ascii_digit() {
        return None;
    }
    let mut len = 0;
    for part in 0..4 {
        if part > 0 {
            len += usize::from(*rest.get(len)? == b'.');
        }
        let digits = run(&rest[len..], 4, |b| b.is_ascii_digit());
        let value = rest[len..len + digits]
            .iter()
            .fold(0, |n, b| n * 10 + u32::from(b - b'0'));
        if digits == 0 || digits > 3 || value > 255 {
            return None;
        }
        len += digits;
        let dot_follows = rest.get(len) == Some(&b'.');
        if part < 3 && !dot_follows {
            return None;
        }
    }
    // `1.2.3.4.5` is a version.
    let longer = rest.get(len) == Some(&b'.') && rest.get(len + 1).is_some_and(u8::is_ascii_digit);
    if longer || !ends_word(&rest[len..]) {
        return None;
    }
    found(len + port(&rest[len..]), "<addr>")
}

fn port(rest: &[u8]) -> usize {
    let digits = match rest.first() {
        Some(b':') => run(&rest[1..], 6, |b| b.is_ascii_digit()),
        _ => 0,
    };
    if (1..=5).contains(&digits) && ends_word(&rest[1 + digits..]) {
        1 + digits
    } else {
        0
    }
}

/// Groups of up to four hex digits: eight of them, or fewer round one `::`. At least one digit
/// must be among them: `de::add` is a path in a program.
pub(super) fn ipv6(rest: &[u8]) -> Option<Found> {
    // Most words are told by their first bytes.
    let group = run(rest, 5, |b| b.is_ascii_hexdigit());
    if group > 4 || !matches!(rest.get(group), Some(b':' | b'.')) {
        return None;
    }
    let mut len = run(rest, 46, |b| {
        b.is_ascii_hexdigit() || b == b':' || b == b'.'
    });
    let whole = ends_word(&rest[len..]);
    // A full stop or colon after the address belongs to the sentence.
    while len > 2 && matches!(rest[len - 1], b'.' | b':') && &rest[len - 2..len] != b"::" {
        len -= 1;
    }
    let text = &rest[..len];
    if !(3..=45).contains(&len)
        || !whole
        || !ends_word(&rest[len..])
        || !text.iter().any(u8::is_ascii_digit)
    {
        return None;
    }
    let groups = text.split(|b| *b == b':');
    let (mut full, mut empty) = (0, 0);
    for group in groups {
        match group.len() {
            0 => empty += 1,
            1..=4 if !group.contains(&b'.') => full += 1,
            _ if ipv4(group).is_some_and(|f| f.len == group.len()) => full += 2,
            _ => return None,
        }
    }
    let doubled = memchr::memmem::find(text, b"::");
    let once = doubled.is_some_and(|i| memchr::memmem::find(&text[i + 1..], b"::").is_none());
    let outer = usize::from(text.starts_with(b"::")) + usize::from(text.ends_with(b"::"));
    let short = once && empty == 1 + outer && full <= 7;
    (short || (full == 8 && empty == 0)).then_some(Found {
        len,
        mask: "<addr>",
    })
}

pub(super) fn mac(rest: &[u8]) -> Option<Found> {
    let whole = like(rest, b"xx:xx:xx:xx:xx:xx") && ends_word(&rest[17..]);
    whole.then_some(Found {
        len: 17,
        mask: "<addr>",
    })
}
