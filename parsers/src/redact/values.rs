//! Exact secret values that are known only by their keyed hashes, so that a configuration names them
//! without holding them.
//!
//! A hash is written `LENGTH:HEX`: the bytes of the value, then eight hex digits of a rolling hash and 32
//! of an HMAC, both under the installation's key. The rolling hash is carried along each line for each
//! length that occurs; only where it fits is the HMAC computed.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::key::Key;

/// Shortest value: what is shorter stands everywhere.
const VALUE_MIN: usize = 8;
/// Longest value.
const VALUE_MAX: usize = 4096;
/// Values of one configuration.
pub const VALUES: usize = 256;
/// Different lengths among them: each costs a pass over the line.
pub const LENGTHS: usize = 32;
/// HMACs computed per line; where the rolling hash fits beyond them, the text is dropped unseen.
const MACS: u32 = 4096;

/// A hash as written in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashedValue {
    len: usize,
    rolling: u32,
    mac: [u8; 16],
}

impl std::str::FromStr for HashedValue {
    type Err = String;

    fn from_str(text: &str) -> Result<HashedValue, String> {
        let wrong =
            || format!("expected LENGTH:HEX as `sentinel config hash` prints it, found `{text}`");
        let (len, hex) = text.split_once(':').ok_or_else(wrong)?;
        let len: usize = len.parse().map_err(|_| wrong())?;
        let is_hex = hex.len() == 40 && hex.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_hex {
            return Err(wrong());
        }
        if !(VALUE_MIN..=VALUE_MAX).contains(&len) {
            return Err(format!(
                "values of {VALUE_MIN} to {VALUE_MAX} bytes can be looked for, not of {len}"
            ));
        }
        let rolling = u32::from_str_radix(&hex[..8], 16).map_err(|_| wrong())?;
        let mac = u128::from_str_radix(&hex[8..], 16).map_err(|_| wrong())?;
        Ok(HashedValue {
            len,
            rolling,
            mac: mac.to_be_bytes(),
        })
    }
}

impl std::fmt::Display for HashedValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mac = u128::from_be_bytes(self.mac);
        write!(f, "{}:{:08x}{mac:032x}", self.len, self.rolling)
    }
}

impl HashedValue {
    /// The hash of a value, if it is of a length that can be looked for.
    ///
    /// # Errors
    /// The value is too short or too long.
    pub fn of(key: &Key, value: &[u8]) -> Result<HashedValue, String> {
        let len = value.len();
        if !(VALUE_MIN..=VALUE_MAX).contains(&len) {
            return Err(format!(
                "a value of {VALUE_MIN} to {VALUE_MAX} bytes can be looked for, not of {len}"
            ));
        }
        Ok(HashedValue {
            len,
            rolling: top(rolled(base(key), value)),
            mac: half(key, value),
        })
    }
}

/// The value as it stands in quotes of JSON, in a URL and in base64, where that differs.
#[must_use]
pub fn spellings(value: &str) -> Vec<String> {
    let mut all = vec![value.to_owned()];
    let json = serde_json::to_string(value).unwrap_or_default();
    let mut url = String::new();
    for b in value.bytes() {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            url.push(char::from(b));
        } else {
            // Writing to memory cannot fail.
            let _ = write!(url, "%{b:02X}");
        }
    }
    for spelling in [
        json.trim_matches('"').to_owned(),
        url,
        base64(value.as_bytes()),
    ] {
        if !spelling.is_empty() && !all.contains(&spelling) {
            all.push(spelling);
        }
    }
    all
}

/// Base64 with the common alphabet, without padding, which may be cut off.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let wide =
            chunk.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..=chunk.len() {
            let six = wide >> (18 - 6 * i) & 63;
            out.push(char::from(ALPHABET[six as usize]));
        }
    }
    out
}

/// The values looked for.
#[derive(Clone, Debug)]
pub(super) struct Values {
    key: Key,
    base: u64,
    groups: Vec<Group>,
}

/// Values of one length.
#[derive(Clone, Debug)]
struct Group {
    len: usize,
    /// The factor of the byte that leaves the window.
    leaving: u64,
    /// Which of the upper eight bits of the rolling hash occur.
    seen: [u64; 4],
    values: Vec<HashedValue>,
}

impl Values {
    /// The values, or what is wrong with them together.
    pub(super) fn new(key: &Key, values: &[HashedValue]) -> Result<Values, String> {
        if values.len() > VALUES {
            return Err(format!("at most {VALUES} values can be looked for"));
        }
        let mut by_len: BTreeMap<usize, Vec<HashedValue>> = BTreeMap::new();
        for value in values {
            by_len.entry(value.len).or_default().push(value.clone());
        }
        if by_len.len() > LENGTHS {
            return Err(format!(
                "at most {LENGTHS} different lengths can be looked for"
            ));
        }
        let base = base(key);
        let group = |(len, values): (usize, Vec<HashedValue>)| Group {
            len,
            leaving: (0..len).fold(1u64, |power, _| power.wrapping_mul(base)),
            seen: values.iter().fold([0; 4], |mut seen, value| {
                seen[(value.rolling >> 30) as usize] |= 1 << (value.rolling >> 24 & 63);
                seen
            }),
            values,
        };
        Ok(Values {
            key: key.clone(),
            base,
            groups: by_len.into_iter().map(group).collect(),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Hands over where values stand, each with whether that is certain.
    pub(super) fn find(&self, bytes: &[u8], found: &mut dyn FnMut(usize, usize, bool)) {
        let mut macs = 0;
        for group in self.groups.iter().filter(|g| g.len <= bytes.len()) {
            let (first, _) = bytes.split_at(group.len);
            let mut hash = rolled(self.base, first);
            let mut free_from = 0;
            for from in 0..=bytes.len() - group.len {
                let to = from + group.len;
                if from > 0 {
                    let left = u64::from(bytes[from - 1]) + 1;
                    hash = hash
                        .wrapping_mul(self.base)
                        .wrapping_add(u64::from(bytes[to - 1]) + 1)
                        .wrapping_sub(left.wrapping_mul(group.leaving));
                }
                let top = top(hash);
                let likely = group.seen[(top >> 30) as usize] >> (top >> 24 & 63) & 1 == 1
                    && from >= free_from
                    && group.values.iter().any(|value| value.rolling == top);
                if !likely {
                    continue;
                }
                macs += 1;
                let certain = macs <= MACS;
                if certain {
                    let mac = half(&self.key, &bytes[from..to]);
                    if !group.values.iter().any(|value| value.mac == mac) {
                        continue;
                    }
                }
                found(from, to, certain);
                free_from = to;
            }
        }
    }
}

/// The factor of the rolling hash: odd, so that no byte is ever forgotten.
fn base(key: &Key) -> u64 {
    let mac = key.mac(&[b"rolling\0"]);
    mac[..8].iter().fold(0, |n, b| n << 8 | u64::from(*b)) | 1
}

fn rolled(base: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(0u64, |hash, b| {
        hash.wrapping_mul(base).wrapping_add(u64::from(*b) + 1)
    })
}

/// The upper half, which depends on all bytes.
fn top(hash: u64) -> u32 {
    (hash >> 32) as u32
}

fn half(key: &Key, value: &[u8]) -> [u8; 16] {
    let mac = key.mac(&[b"value\0", value]);
    std::array::from_fn(|i| mac[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(values: &[&str], text: &str) -> Vec<(usize, usize)> {
        let key = Key::new(b"k");
        let hashed: Vec<HashedValue> = values
            .iter()
            .map(|v| HashedValue::of(&key, v.as_bytes()).unwrap())
            .collect();
        let values = Values::new(&key, &hashed).unwrap();
        let mut found = Vec::new();
        values.find(text.as_bytes(), &mut |from, to, certain| {
            assert!(certain);
            found.push((from, to));
        });
        found
    }

    #[test]
    fn values_are_found_wherever_they_stand() {
        let values = ["correct horse", "battery!", "battery?"];
        assert_eq!(found(&values, "xcorrect horsex"), [(1, 14)]);
        assert_eq!(
            found(&values, "battery!battery?battery."),
            [(0, 8), (8, 16)]
        );
        assert_eq!(found(&values, "batter"), []);
        assert_eq!(found(&["aaaaaaaa"], "aaaaaaaaaaaaaaaaa"), [(0, 8), (8, 16)]);
    }

    #[test]
    fn hashes_are_written_and_read() {
        let hashed = HashedValue::of(&Key::new(b"k"), b"correct horse").unwrap();
        let text = hashed.to_string();
        assert!(text.starts_with("13:") && text.len() == 43, "{text}");
        assert_eq!(text.parse(), Ok(hashed));
        for bad in [
            "",
            "13",
            "13:xy",
            "7:0123456789012345678901234567890123456789",
        ] {
            assert!(bad.parse::<HashedValue>().is_err(), "{bad}");
        }
        assert!(HashedValue::of(&Key::new(b"k"), b"short").is_err());
    }

    #[test]
    fn spellings_are_those_of_logs() {
        assert_eq!(
            spellings("a\"b/c d"),
            ["a\"b/c d", "a\\\"b/c d", "a%22b%2Fc%20d", "YSJiL2MgZA"]
        );
        assert_eq!(spellings("plain"), ["plain", "cGxhaW4"]);
    }
}
