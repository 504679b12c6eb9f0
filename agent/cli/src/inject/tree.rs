//! YAML as a tree of places: where in the text each value stands, so that the text can be edited there and nowhere else.

use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StructureStyle};

use super::Problem;

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    /// Where it begins, in bytes.
    pub(super) at: usize,
    /// Behind its last byte; 0 for an empty value, which has none.
    pub(super) end: usize,
    pub(super) kind: Kind,
    /// It has a name by which it is used elsewhere too.
    pub(super) anchored: bool,
}

#[derive(Debug)]
pub(super) enum Kind {
    Null,
    Scalar(String),
    List { items: Vec<Node>, flow: bool },
    Map { entries: Vec<Entry>, flow: bool },
    Alias,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Node,
    pub(super) value: Node,
}

impl Node {
    /// The entry of a mapping under a key.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|e| e.key.text() == Some(key))
    }

    /// The value of a mapping under a key, or under keys one below the other.
    pub(super) fn at_path(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter()
            .try_fold(self, |node, key| Some(&node.entry(key)?.value))
    }

    pub(super) fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map { entries, .. } => entries,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List { items, .. } => items,
            _ => &[],
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_flow(&self) -> bool {
        matches!(
            self.kind,
            Kind::List { flow: true, .. } | Kind::Map { flow: true, .. }
        )
    }

    /// The name that an item of a list goes by, as containers and volumes do.
    pub(super) fn name(&self) -> Option<&str> {
        self.at_path(&["name"])?.text()
    }
}

/// The documents of a text; an empty one has no value.
pub(super) fn documents(text: &str) -> Result<Vec<Node>, Problem> {
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
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text.as_bytes()[..at]
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |feed| feed + 1)
}

/// Where the line after that of a byte begins, or the text's end.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text.as_bytes()[at..]
        .iter()
        .position(|b| *b == b'\n')
        .map_or(text.len(), |feed| at + feed + 1)
}

/// The whole lines that a node stands on.
pub(super) fn lines_of(text: &str, node: &Node) -> Range<usize> {
    line_start(text, node.at)..line_end(text, node.end.max(node.at + 1) - 1)
}

/// How far a byte is from the beginning of its line.
pub(super) fn column(text: &str, at: usize) -> usize {
    at - line_start(text, at)
}
