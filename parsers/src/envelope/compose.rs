//! `docker compose up` and `logs`: `<service>-<number>  | <text>`, the names padded to one width and
//! coloured on a terminal (<https://docs.docker.com/reference/cli/docker/compose/logs/>).

use super::{EnvelopeInfo, Look, Peeled};

pub(super) const INFO: EnvelopeInfo = EnvelopeInfo {
    id: "compose",
    begins: |b| b.is_ascii_alphabetic() || b == 0x1b,
    peel,
    from_start: false,
    run: 3,
    logger: false,
    marked: true,
};

/// Longest name looked at, in bytes, with its padding.
const NAME_CAP: usize = 128;

fn peel<'a>(look: &Look<'a>) -> Option<Peeled<'a>> {
    let line = look.text;
    let colour = match line.strip_prefix(b"\x1b[") {
        None => 0,
        Some(rest) => {
            let end = rest.iter().take(8).position(|b| *b == b'm')?;
            let plain = |b: &u8| b.is_ascii_digit() || *b == b';';
            if !rest[..end].iter().all(plain) {
                return None;
            }
            end + 3
        }
    };
    let text = &line[colour..];
    // Nearly all lines end here: behind the first blanks stands something else.
    let blank = memchr::memchr(b' ', &text[..text.len().min(NAME_CAP)])?;
    if text[blank..].iter().find(|b| **b != b' ') != Some(&b'|') {
        return None;
    }
    let of_name = |b: &&u8| b.is_ascii_alphanumeric() || b"-_.".contains(b);
    let length = text.iter().take(NAME_CAP).take_while(of_name).count();
    let name = &text[..length];
    if !name.first()?.is_ascii_alphabetic() {
        return None;
    }
    let padding = text[length..].iter().take(NAME_CAP);
    let bar = length + padding.take_while(|b| **b == b' ').count();
    let mut inner = text[bar..].strip_prefix(b"|")?;
    if colour > 0 {
        inner = inner.strip_prefix(b"\x1b[0m")?;
    }
    let inner = inner.strip_prefix(b" ")?;
    let numbered = name
        .iter()
        .rposition(|b| !b.is_ascii_digit())
        .is_some_and(|last| last + 1 < name.len() && b"-_".contains(&name[last]));
    let padded = bar > length;
    // A table has more columns than one.
    if !padded || (colour == 0 && !numbered && memchr::memchr(b'|', inner).is_some()) {
        return None;
    }
    Some(Peeled {
        key: name,
        mark: bar as u64,
        ..Peeled::new(inner, numbered && bar >= length + 2)
    })
}
