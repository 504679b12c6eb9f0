//! What all kinds of objects are trimmed with. Unknown and malformed fields are passed over.

use std::collections::BTreeMap;

use sentinel_core::fact::{Cause, Owner};
use serde_json::Value;

use super::time::millis;

/// Labels and annotations of ours begin so.
const PREFIX: &str = "run-sentinel.dev/";
/// Of ours, so many are kept, with so many bytes each; Kubernetes allows annotations of 256 KiB.
const OURS: (usize, usize) = (32, 256);
/// Bytes kept of a message: the scheduler's and the registry's can be long.
const MESSAGE: usize = 512;

pub(super) fn text(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// The beginning of a message.
pub(super) fn bounded(value: &Value) -> Option<String> {
    let text = value.as_str().filter(|text| !text.is_empty())?;
    Some(text[..text.floor_char_boundary(MESSAGE)].to_owned())
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn time(value: &Value) -> Option<i64> {
    millis(value.as_str()?)
}

/// A counter; one that is zero is left out by Kubernetes.
pub(super) fn count(value: &Value) -> u32 {
    let count = value.as_u64().and_then(|n| u32::try_from(n).ok());
    count.unwrap_or(0)
}

/// What is under our prefix in the metadata of these, the first before the others. Annotations win over labels: they
/// can hold what labels cannot.
pub(super) fn ours(metas: &[&Value]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for meta in metas.iter().rev() {
        for kind in ["labels", "annotations"] {
            let entries = meta[kind].as_object().into_iter().flatten();
            for (key, value) in entries {
                let (Some(key), Some(value)) = (key.strip_prefix(PREFIX), value.as_str()) else {
                    continue;
                };
                if key.len() <= OURS.1 && value.len() <= OURS.1 && found.len() < OURS.0 {
                    found.insert(key.to_owned(), value.to_owned());
                }
            }
        }
    }
    found
}

/// The controller that owns the object.
pub(super) fn owner(meta: &Value) -> Option<Owner> {
    let owners = list(&meta["ownerReferences"]);
    let owner = owners.iter().find(|owner| owner["controller"] == true)?;
    Some(Owner {
        kind: text(&owner["kind"])?,
        name: text(&owner["name"])?,
        uid: text(&owner["uid"])?,
    })
}

/// Why a condition has this status, if it has.
pub(super) fn condition(status: &Value, kind: &str, is: &str) -> Option<Cause> {
    let conditions = list(&status["conditions"]).iter();
    let mut wanted = conditions.filter(|c| c["type"] == kind && c["status"] == is);
    wanted.next().map(cause)
}

pub(super) fn cause(condition: &Value) -> Cause {
    Cause {
        reason: text(&condition["reason"]).unwrap_or_default(),
        message: bounded(&condition["message"]).unwrap_or_default(),
    }
}
