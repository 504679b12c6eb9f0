//! The list of failures before the totals: who failed, where that stands in the source, what was thrown.

use super::ended::Ended;
use super::id::signature;
use super::tree::Tree;
use crate::dialect::java::{Thrown, invocation};
use crate::dialect::script::cap;
use crate::dialect::{Claim, Emit};
use crate::event::{Counts, Status};

#[derive(Debug, Default)]
pub(super) struct List(Option<Entry>);

#[derive(Debug)]
struct Entry {
    number: u64,
    /// Captions from the engine down, joined with colons.
    title: String,
    class: String,
    /// As the report names it; empty for a class.
    name: String,
    thrown: Option<Thrown>,
}

impl List {
    /// Reads a line. What a title is not followed by source or exception is none, and passed.
    pub(super) fn line(
        &mut self,
        text: &str,
        number: u64,
        tree: &mut Tree,
        told: &mut Counts,
        emit: Emit<'_>,
    ) -> Claim {
        let title = text.strip_prefix("  ");
        if let Some(title) = title.filter(|t| !t.starts_with(' ') && t.contains(':')) {
            self.end(tree, told, emit);
            self.0 = Some(Entry {
                number,
                title: title.to_owned(),
                class: String::new(),
                name: String::new(),
                thrown: None,
            });
            return Claim::Own;
        }
        let Some(entry) = &mut self.0 else {
            return Claim::Pass;
        };
        if let (None, Some(source)) = (&entry.thrown, source(text)) {
            entry.class = cap(source.class).to_owned();
            entry.name = source.name(&entry.title);
            return Claim::Own;
        }
        match (&mut entry.thrown, text.strip_prefix("    => ")) {
            (None, Some(what)) => {
                entry.thrown = Some(Thrown::new(what));
                Claim::Own
            }
            (Some(thrown), _) => {
                thrown.note(text, &entry.class);
                Claim::Text
            }
            (None, None) => {
                self.0 = None;
                Claim::Pass
            }
        }
    }

    /// The entry is over: it explains a failure of the tree, or is all that is known of a test.
    pub(super) fn end(&mut self, tree: &mut Tree, told: &mut Counts, emit: Emit<'_>) {
        let Some(entry) = self.0.take() else { return };
        let mut ended = tree.take(&entry.title).unwrap_or_else(|| Ended {
            number: entry.number,
            test: true,
            status: Some(Status::Failed),
            ..entry.alone()
        });
        ended.thrown = entry.thrown;
        ended.tell(told, emit);
    }
}

impl Entry {
    /// Suite and name by the source, else by what is displayed.
    fn alone(&self) -> Ended {
        let (suite, name) = match (self.class.is_empty(), self.title.rsplit_once(':')) {
            (false, _) => (self.class.clone(), self.name.clone()),
            (true, Some((suite, name))) => {
                let suite = suite.split_once(':').map_or(suite, |(_, rest)| rest);
                (cap(suite).to_owned(), cap(name).to_owned())
            }
            (true, None) => (String::new(), cap(&self.title).to_owned()),
        };
        Ended {
            suite,
            name,
            ..Ended::default()
        }
    }
}

/// Where a test stands.
struct Source<'a> {
    class: &'a str,
    method: &'a str,
    types: &'a str,
}

impl Source<'_> {
    fn name(&self, title: &str) -> String {
        if self.method.is_empty() {
            return String::new();
        }
        let mut name = signature(&format!("{}({})", cap(self.method), cap(self.types)));
        let number = title
            .rsplit_once(":[")
            .map(|(head, _)| &title[head.len() + 1..]);
        let last = number.or(title.rsplit(':').next());
        if let Some(number) = last.and_then(invocation) {
            name.push_str(&format!("[{number}]"));
        }
        name
    }
}

/// `    MethodSource [className = 'a.B', methodName = 'c', methodParameterTypes = 'int']`.
fn source(text: &str) -> Option<Source<'_>> {
    let (kind, fields) = text.strip_prefix("    ")?.split_once(" [")?;
    if kind != "MethodSource" && kind != "ClassSource" {
        return None;
    }
    let field = |key: &str| {
        let (_, after) = fields.split_once(key)?;
        let (value, _) = after.strip_prefix(" = '")?.split_once('\'')?;
        Some(value)
    };
    Some(Source {
        class: field("className")?,
        method: field("methodName").unwrap_or_default(),
        types: field("methodParameterTypes").unwrap_or_default(),
    })
}
