//! Reading the fields of a delivery, whatever stands there, and making a run's identifier of them.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::ingest::open::{RUN_ID, is_run_id};

/// The text at a JSON pointer, or the number as text.
pub(super) fn text(body: &Value, pointer: &str) -> Option<String> {
    match body.pointer(pointer)? {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The text at a JSON pointer.
pub(super) fn word<'a>(body: &'a Value, pointer: &str) -> Option<&'a str> {
    body.pointer(pointer)?
        .as_str()
        .filter(|word| !word.is_empty())
}

/// The whole number from 1 at a JSON pointer, also if it is written as text.
pub(super) fn number(body: &Value, pointer: &str) -> Option<u64> {
    let number = match body.pointer(pointer)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.filter(|number| *number > 0)
}

/// Which try of its pipeline a run is.
pub(super) fn attempt(body: &Value, pointer: &str) -> Option<u32> {
    u32::try_from(number(body, pointer)?).ok()
}

/// The identifier `KIND:PLACE/NUMBER`, as a job can make it of its environment. A place that does not fit into
/// an identifier is shortened and told from others by a hash. The number consists of digits and slashes.
pub(super) fn run_id(kind: &str, place: &str, number: &str) -> String {
    let whole = format!("{kind}:{place}/{number}");
    if is_run_id(&whole) {
        return whole;
    }
    let hash: [u8; 32] = Sha256::digest(whole.as_bytes()).into();
    let [a, b, c, d, e, f, g, h, ..] = hash;
    let hash = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    let rest = format!("-{hash:016x}/{number}");
    let room = RUN_ID.saturating_sub(kind.len() + 1 + rest.len());
    let fits = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
    let place: String = place
        .chars()
        .map(|c| if fits(c) { c } else { '-' })
        .take(room)
        .collect();
    format!("{kind}:{place}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_fits_is_kept_and_another_is_told_apart() {
        assert_eq!(run_id("github", "a/b", "7/1"), "github:a/b/7/1");
        let wrong = ["", "a b", "a-b c", "..", "a/../b", "é", &"x".repeat(500)];
        let ids: std::collections::BTreeSet<String> = wrong
            .iter()
            .map(|place| run_id("jenkins", place, &format!("{}/{}", u64::MAX, u32::MAX)))
            .collect();
        assert_eq!(ids.len(), wrong.len());
        assert!(ids.iter().all(|id| is_run_id(id)), "{ids:?}");
    }
}
