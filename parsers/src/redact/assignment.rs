//! Values of names that say they are secret: `DB_PASSWORD=...`, `"api_key": "..."`, `token: ...`,
//! `AccountKey=...;`, `--password ...`, `<secret>...</secret>`.

use std::ops::Range;

use super::table::{Found, Rule, Shape, run, run_back, word_dash};
use super::value::{Separator, Value, fresh, has_digit, is_code, is_placeholder, separator, value};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "assignment",
    summary: "values of names such as password, token, secret, api_key",
    needles: &[
        "sswo", "sswd", "SSWO", "SSWD", "sphr", "SPHR", "ecret", "ECRET", "token", "Token",
        "TOKEN", "_key", "-key", "-Key", "_KEY", "iKey", "ikey", "IKEY", "sKey", "tKey", "eKey",
        "dential", "pwd=", "Pwd=", "pwd:", "pwd\"", "_PWD",
    ],
    shape: Shape::Other(find),
}];

/// Shortest value; what is shorter stands everywhere.
pub(super) const VALUE_MIN: usize = 8;
/// Bytes of a value that tell whether it is a secret.
pub(super) const DECIDES: usize = 160;
/// Bytes of a name on either side of a needle.
const NAME_CAP: usize = 64;

/// How names of secrets end, without case, dashes and underscores.
const NAMES: [&str; 26] = [
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "accountkey",
    "sharedkey",
    "encryptionkey",
    "signingkey",
    "masterkey",
    "authkey",
    "sessionkey",
    "licensekey",
    "credential",
    "credentials",
    "passwordconfirmation",
    "passwordconfirm",
    "passwordhash",
    "tokensecret",
    "secretvalue",
];

fn find(bytes: &[u8], at: Range<usize>) -> Found {
    // Some needles end with what parts a name from its value.
    let end = at.start + run(&bytes[at.clone()], word_dash);
    let end = end + run(&bytes[end..bytes.len().min(end + NAME_CAP)], word_dash);
    // What follows says most cheaply that nothing is assigned.
    let parted = separator(bytes, end);
    let next = bytes.get(end);
    if parted.is_none() && !matches!(next, Some(b'>' | b' ')) {
        return Found::No;
    }
    let in_name = |b: u8| word_dash(b) || b == b'.';
    let start = at.start - run_back(&bytes[..at.start], NAME_CAP, in_name);
    let name = &bytes[start..end];
    let assigned = parted.is_some() || next == Some(&b'>') || name.starts_with(b"--");
    if !assigned || !is_secret(name) {
        return Found::No;
    }
    if let Some(found) = element(bytes, start, end) {
        return found;
    }
    let separator = match parted {
        Some(separator) => separator,
        None if name.starts_with(b"--") && bytes.get(end) == Some(&b' ') => Separator {
            end: end + 1,
            spaced: false,
            quoted: false,
            colon: false,
        },
        None => return Found::No,
    };
    // Whether it is a secret is told by its beginning: lines of names alone must not take quadratic time.
    let near = &bytes[..bytes.len().min(separator.end + DECIDES)];
    let seen = value(near, separator.end);
    if !is_value(near, start, &separator, &seen) {
        return Found::No;
    }
    match seen.to == near.len() {
        true => {
            let whole = value(bytes, separator.end);
            Found::Secret(whole.from, whole.to)
        }
        false => Found::Secret(seen.from, seen.to),
    }
}

/// Whether the value of the secret name that begins at `start` is one, as its beginning tells.
fn is_value(bytes: &[u8], start: usize, separator: &Separator, value: &Value) -> bool {
    let name = &bytes[start..separator.end];
    let text = &bytes[value.from..value.to];
    // `secret_key='secret-key'` names what would stand there.
    if fresh(text) < VALUE_MIN || is_placeholder(text) || is_whole_name(text) {
        return false;
    }
    if !value.quoted && is_code(text) {
        return false;
    }
    // A shell's working directory.
    if name.to_ascii_lowercase().starts_with(b"pwd") && text.starts_with(b"/") {
        return false;
    }
    let number = text
        .iter()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    // A number in JSON is a count, and a line of JSON must stay one.
    if separator.quoted && !value.quoted && number {
        return false;
    }
    if name.starts_with(b"--") && text.starts_with(b"-") {
        return false;
    }
    // `unexpected token: something` is prose; alone on a line it is YAML.
    let alone = || {
        let open = |b: &u8| b" \t-\"'".contains(b);
        bytes[..start].iter().all(open) && bytes[value.to..].iter().all(|b| *b <= b' ')
    };
    // go test writes underscores for spaces.
    let spaced = separator.spaced || (separator.colon && text.starts_with(b"_"));
    value.quoted || !spaced || has_digit(text) || alone()
}

/// Whether a value of this name is secret.
fn is_secret(name: &[u8]) -> bool {
    // The working directory.
    if name == b"PWD" || name == b"OLDPWD" {
        return false;
    }
    let digits = run_back(name, 3, |b| b.is_ascii_digit());
    let name = &name[..name.len() - digits];
    NAMES.iter().any(|n| before(name, n).is_some())
}

fn is_whole_name(value: &[u8]) -> bool {
    let is_all = |mut rest: &[u8]| {
        rest = &rest[..rest.len() - run_back(rest, rest.len(), is_dash)];
        rest.is_empty()
    };
    value.len() <= NAME_CAP && NAMES.iter().any(|n| before(value, n).is_some_and(is_all))
}

fn is_dash(b: u8) -> bool {
    matches!(b, b'_' | b'-')
}

/// What stands before the word a name ends with, whatever its case, dashes and underscores.
fn before<'n>(mut name: &'n [u8], word: &str) -> Option<&'n [u8]> {
    for letter in word.bytes().rev() {
        loop {
            let (last, rest) = name.split_last()?;
            name = rest;
            match is_dash(*last) {
                true => continue,
                false if last.to_ascii_lowercase() == letter => break,
                false => return None,
            }
        }
    }
    Some(name)
}

/// `<password>...</password>`
fn element(bytes: &[u8], start: usize, end: usize) -> Option<Found> {
    if start == 0 || bytes[start - 1] != b'<' || bytes.get(end) != Some(&b'>') {
        return None;
    }
    let from = end + 1;
    let len = memchr::memchr(b'<', &bytes[from..])?;
    let text = &bytes[from..from + len];
    let closed = bytes.get(from + len + 1) == Some(&b'/');
    (closed && fresh(text) >= VALUE_MIN).then_some(Found::Secret(from, from + len))
}
