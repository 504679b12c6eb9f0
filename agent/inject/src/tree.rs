//! YAML as a tree of places: where in the text each value stands, so that the text can be edited there and nowhere else.

use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StructureStyle};
use serde_json::Value;

use crate::Problem;

/// A value and where it stands.
#[derive(Debug)]
pub(crate) struct Node {
    /// Where it begins, in bytes.
    pub(crate) at: usize,
    /// Behind its last byte; 0 for an empty value, which has none.
    pub(crate) end: usize,
    pub(crate) kind: Kind,
    /// It has a name by which it is used elsewhere too.
    pub(crate) anchored: bool,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Null,
    Scalar(String),
    List { items: Vec<Node>, flow: bool },
    Map { entries: Vec<Entry>, flow: bool },
    Alias,
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: Node,
    pub(crate) value: Node,
}

impl Node {
    /// The tree of an object that has no text: everything is at no place, and what is empty is not there.
    pub(crate) fn of(value: &Value) -> Node {
        let is_there = |value: &Value| match value {
            Value::Null => false,
            Value::Array(items) => !items.is_empty(),
            Value::Object(map) => !map.is_empty(),
            _ => true,
        };
        let kind = match value {
            Value::Null => Kind::Null,
            Value::Array(items) => Kind::List {
                items: items.iter().map(Node::of).collect(),
                flow: false,
            },
            Value::Object(map) => {
                let entries = map.iter().filter(|(_, value)| is_there(value));
                let entry = |(key, value): (&String, &Value)| Entry {
                    key: Node::nowhere(Kind::Scalar(key.clone())),
                    value: Node::of(value),
                };
                Kind::Map {
                    entries: entries.map(entry).collect(),
                    flow: false,
                }
            }
            Value::String(text) => Kind::Scalar(text.clone()),
            other => Kind::Scalar(other.to_string()),
        };
        Node::nowhere(kind)
    }

    fn nowhere(kind: Kind) -> Node {
        Node {
            at: 0,
            end: 0,
            kind,
            anchored: false,
        }
    }

    /// The entry of a mapping under a key.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|e| e.key.text() == Some(key))
    }

    /// The value of a mapping under a key, or under keys one below the other.
    pub(crate) fn at_path(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter()
            .try_fold(self, |node, key| Some(&node.entry(key)?.value))
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map { entries, .. } => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List { items, .. } => items,
            _ => &[],
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_flow(&self) -> bool {
        matches!(
            self.kind,
            Kind::List { flow: true, .. } | Kind::Map { flow: true, .. }
        )
    }

    /// The name that an item of a list goes by, as containers and volumes do.
    pub(crate) fn name(&self) -> Option<&str> {
        self.at_path(&["name"])?.text()
    }
}

/// The documents of a text; an empty one has no value.
pub(crate) fn documents(text: &str) -> Result<Vec<Node>, Problem> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut documents = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.map_err(|error| {
            let at = error.marker().byte_offset().unwrap_or(0);
            Problem::at(at, format!("not YAML: {}", error.info()))
        })?;
        let done = match event {
            Event::SequenceStart(style, anchor, _) => {
                open.push(Open::new(&span, style, anchor, true));
                None
            }
            Event::MappingStart(style, anchor, _) => {
                open.push(Open::new(&span, style, anchor, false));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|open| open.close(&span)),
            Event::Scalar(value, style, anchor, _) => {
                Some(scalar(text, &value, style, anchor, &span))
            }
            Event::Alias(_) => Some(Node {
                kind: Kind::Alias,
                anchored: false,
                at: start(&span),
                end: finish(&span),
            }),
            _ => None,
        };
        if let Some(node) = done {
            match open.last_mut() {
                Some(parent) => parent.take(node),
                None => documents.push(node),
            }
        }
    }
    Ok(documents)
}

fn start(span: &Span) -> usize {
    // A parser of a string knows the bytes of every place.
    span.start.byte_offset().unwrap_or(0)
}

fn finish(span: &Span) -> usize {
    span.end.byte_offset().unwrap_or(0)
}

fn scalar(text: &str, value: &str, style: ScalarStyle, anchor: usize, span: &Span) -> Node {
    let (at, end) = (start(span), finish(span));
    let null = style == ScalarStyle::Plain && matches!(value, "" | "~" | "null" | "Null" | "NULL");
    // What follows up to the next value is none of it.
    let trimmed = text.get(at..end).map_or(0, |own| own.trim_end().len());
    Node {
        at,
        end: if trimmed > 0 { at + trimmed } else { 0 },
        kind: if null {
            Kind::Null
        } else {
            Kind::Scalar(value.to_owned())
        },
        anchored: anchor > 0,
    }
}

/// A collection whose end has not come yet.
struct Open {
    node: Node,
    key: Option<Node>,
}

impl Open {
    fn new(span: &Span, style: StructureStyle, anchor: usize, list: bool) -> Open {
        let flow = style == StructureStyle::Flow;
        let kind = if list {
            Kind::List {
                items: Vec::new(),
                flow,
            }
        } else {
            Kind::Map {
                entries: Vec::new(),
                flow,
            }
        };
        Open {
            node: Node {
                at: start(span),
                end: 0,
                kind,
                anchored: anchor > 0,
            },
            key: None,
        }
    }

    fn take(&mut self, node: Node) {
        self.node.end = self.node.end.max(node.end);
        match &mut self.node.kind {
            Kind::List { items, .. } => items.push(node),
            Kind::Map { entries, .. } => match self.key.take() {
                None => self.key = Some(node),
                Some(key) => entries.push(Entry { key, value: node }),
            },
            // Only collections are opened.
            Kind::Null | Kind::Scalar(_) | Kind::Alias => {}
        }
    }

    fn close(mut self, span: &Span) -> Node {
        if self.node.is_flow() {
            self.node.end = finish(span);
        }
        self.node
    }
}

/// Where the line of a byte begins.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    text.as_bytes()[..at]
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |feed| feed + 1)
}

/// Where the line after that of a byte begins, or the text's end.
pub(crate) fn line_end(text: &str, at: usize) -> usize {
    text.as_bytes()[at..]
        .iter()
        .position(|b| *b == b'\n')
        .map_or(text.len(), |feed| at + feed + 1)
}

/// The whole lines that a node stands on.
pub(crate) fn lines_of(text: &str, node: &Node) -> Range<usize> {
    line_start(text, node.at)..line_end(text, node.end.max(node.at + 1) - 1)
}

/// How far a byte is from the beginning of its line.
pub(crate) fn column(text: &str, at: usize) -> usize {
    at - line_start(text, at)
}
