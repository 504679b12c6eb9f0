//! The JSON spelling, and markers inside the message of a JSON log line.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::fields::Fields;
use super::grammar::{Record, find_word, spelt, word_of};
use super::prefix;

/// Reads the object that is the whole text.
pub(super) fn record(text: &str) -> Option<Record<'static>> {
    let object: Map<String, Value> = serde_json::from_str(text.trim_end()).ok()?;
    let said = ["event", "type", "marker"]
        .iter()
        .find_map(|key| word_of(object.get(*key)?.as_str()?));
    let Some(word) = said else {
        return ["msg", "message"]
            .iter()
            .find_map(|key| in_message(object.get(*key)?.as_str()?));
    };
    let mut fields = Fields::default();
    for (key, value) in &object {
        if let Some(text) = text_of(value) {
            fields.set(key, Cow::Owned(text));
        }
    }
    Some(Record { word, fields })
}

/// A marker as the message a logger wrapped in JSON.
fn in_message(message: &str) -> Option<Record<'static>> {
    let line = message.lines().next()?;
    let (from, to) = find_word(line)?;
    let word = word_of(&line[from..to])?;
    let before = &line[..from];
    if !prefix::is_prefix(before.strip_suffix('[').unwrap_or(before)) {
        return None;
    }
    let record = spelt(before, word, &line[to..])?;
    Some(Record {
        word,
        fields: record.fields.owned(),
    })
}

/// Texts, numbers, and lists of them joined by commas.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(items) => {
            let texts: Option<Vec<_>> = items.iter().map(text_of).collect();
            texts.map(|texts| texts.join(","))
        }
        _ => None,
    }
}
