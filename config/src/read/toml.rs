//! TOML to the tree.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::SyntaxError;
use crate::node::{Entry, Node, Place, Value};

pub(super) fn read(text: &str) -> Result<Node, Vec<SyntaxError>> {
    let lines = Lines::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(errors
            .iter()
            .map(|error| SyntaxError {
                position: error.span().map(|span| lines.position(span.start)),
                message: error.message().to_owned(),
            })
            .collect());
    }
    Ok(Node {
        at: lines.place(&(0..0)),
        value: self::table(table.get_ref(), &lines),
    })
}

fn table(table: &DeTable<'_>, lines: &Lines<'_>) -> Value {
    let mut entries: Vec<(usize, Entry)> = table
        .iter()
        .map(|(key, value)| {
            let entry = Entry {
                key: key.get_ref().to_string(),
                at: lines.place(&key.span()),
                node: node(value, lines),
            };
            (key.span().start, entry)
        })
        .collect();
    entries.sort_by_key(|(start, _)| *start);
    Value::Table(entries.into_iter().map(|(_, entry)| entry).collect())
}

fn node(value: &Spanned<DeValue<'_>>, lines: &Lines<'_>) -> Node {
    let read = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Boolean(bool) => Value::Bool(*bool),
        DeValue::Integer(int) => i64::from_str_radix(int.as_str(), int.radix())
            .map_or(Value::Other("a number out of range"), Value::Int),
        DeValue::Float(float) => float
            .as_str()
            .parse()
            .map_or(Value::Other("a number out of range"), Value::Float),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(items) => Value::List(items.iter().map(|item| node(item, lines)).collect()),
        DeValue::Table(inner) => table(inner, lines),
    };
    Node {
        at: lines.place(&value.span()),
        value: read,
    }
}

/// Where the lines of a text start.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Lines<'a> {
        let after_feeds = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        Lines {
            text,
            starts: std::iter::once(0)
                .chain(after_feeds.map(|(at, _)| at + 1))
                .collect(),
        }
    }

    fn place(&self, span: &Range<usize>) -> Place {
        let (line, column) = self.position(span.start);
        Place::File { line, column }
    }

    /// 1-based line and column (in characters) of an offset.
    fn position(&self, offset: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1];
        let before = self.text.get(start..offset).unwrap_or_default();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (number(line), number(before.chars().count() + 1))
    }
}
