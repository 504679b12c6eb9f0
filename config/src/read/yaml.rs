//! YAML to the tree.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::SyntaxError;
use crate::node::{Entry, Node, Place, Value};

pub(super) fn read(text: &str) -> Result<Node, SyntaxError> {
    let blank = text.lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#')
    });
    if blank {
        return Ok(Node {
            at: Place::File { line: 1, column: 1 },
            value: Value::Null,
        });
    }
    serde_saphyr::from_str::<Located>(text)
        .map(|located| located.0)
        .map_err(|error| {
            let error = error.without_snippet();
            let position = error.location().map(position);
            SyntaxError {
                position,
                message: message(error, position),
            }
        })
}

/// The first line of the error, without the place, which is shown before it, and without advice to
/// programmers.
fn message(error: &serde_saphyr::Error, position: Option<(u32, u32)>) -> String {
    let text = error.to_string();
    let text = text.lines().next().unwrap_or("not YAML");
    let advice = [", set DuplicateKeyPolicy", "; use from_str"];
    let end = advice.iter().filter_map(|advice| text.find(advice)).min();
    let text = &text[..end.unwrap_or(text.len())];
    let place = position.map(|(line, column)| format!(" at line {line}, column {column}"));
    match place.and_then(|place| text.find(&place).map(|at| (at, place.len()))) {
        Some((at, len)) => format!("{}{}", &text[..at], &text[at + len..]),
        None => text.to_owned(),
    }
}

fn position(location: Location) -> (u32, u32) {
    let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    (number(location.line()), number(location.column()))
}

fn place(location: Location) -> Place {
    let (line, column) = position(location);
    Place::File { line, column }
}

struct Located(Node);

impl<'de> Deserialize<'de> for Located {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Located, D::Error> {
        let spanned = Spanned::<Any>::deserialize(deserializer)?;
        Ok(Located(Node {
            at: place(spanned.referenced),
            value: spanned.value.0,
        }))
    }
}

struct Any(Value);

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Any, D::Error> {
        deserializer.deserialize_any(AnyVisitor).map(Any)
    }
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_i64<E>(self, int: i64) -> Result<Value, E> {
        Ok(Value::Int(int))
    }

    fn visit_u64<E>(self, int: u64) -> Result<Value, E> {
        Ok(i64::try_from(int).map_or(Value::Other("a number out of range"), Value::Int))
    }

    fn visit_f64<E>(self, float: f64) -> Result<Value, E> {
        Ok(Value::Float(float))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<Located>()? {
            items.push(item.0);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            entries.push(Entry {
                at: place(key.referenced),
                key: key.value,
                node: map.next_value::<Located>()?.0,
            });
        }
        Ok(Value::Table(entries))
    }
}
