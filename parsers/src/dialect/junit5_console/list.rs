//! The list of failures before the totals: who failed, where that stands in the source, what was thrown.

use super::ended::Ended;
use super::id::signature;
use super::tree::Tree;
use crate::dialect::java::{Thrown, invocation};
use crate::dialect::script::cap;
use crate::dialect::{Claim, Emit};
use crate::event::{Counts, Status};

#[derive(Debug, Default)]
pub(super) struct List {
    entry: Option<Entry>,
    /// A line that is a title if source or exception follow; messages are not indented and may look
    /// like one.
    title: Option<(u64, String)>,
}

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
    /// Reads a line; passes what is before the first entry and no title.
    pub(super) fn line(
        &mut self,
        text: &str,
        number: u64,
        tree: &mut Tree,
        told: &mut Counts,
        emit: Emit<'_>,
    ) -> Claim {
        let source = source(text);
        let what = text.strip_prefix("    => ");
        if (source.is_some() || what.is_some())
            && let Some((number, title)) = self.title.take()
        {
            self.end_entry(tree, told, emit);
            self.entry = Some(Entry {
                number,
                title,
                class: String::new(),
                name: String::new(),
                thrown: None,
            });
        }
        let title = text.strip_prefix("  ");
        let title = title.filter(|t| !t.starts_with(' ') && t.contains(':'));
        self.title = title.map(|title| (number, title.to_owned()));
        let Some(entry) = &mut self.entry else {
            return match self.title {
                Some(_) => Claim::Own,
                None => Claim::Pass,
            };
        };
        match (&mut entry.thrown, source, what) {
            (None, Some(source), _) => {
                entry.class = cap(source.class).to_owned();
                entry.name = source.name(&entry.title);
                Claim::Own
            }
            (None, None, Some(what)) => {
                entry.thrown = Some(Thrown::new(what));
                Claim::Own
            }
            (Some(thrown), ..) => {
                thrown.note(text, &entry.class);
                Claim::Text
            }
            (None, None, None) => Claim::Text,
        }
    }

    /// The list is over.
    pub(super) fn end(&mut self, tree: &mut Tree, told: &mut Counts, emit: Emit<'_>) {
        self.title = None;
        self.end_entry(tree, told, emit);
    }

    /// The entry is over: it explains a failure of the tree, or is all that is known of a test.
    fn end_entry(&mut self, tree: &mut Tree, told: &mut Counts, emit: Emit<'_>) {
        let Some(entry) = self.entry.take() else {
            return;
        };
        let mut ended = tree.take(&entry.title).unwrap_or_else(|| Ended {
            number: entry.number,
            test: true,
            status: Some(Status::Failed),
            ..entry.alone()
        });
        if entry.is_class() {
            ended.take_for_class();
        }
        ended.thrown = entry.thrown;
        ended.tell(told, emit);
    }
}

impl Entry {
    /// Whether a class broke and no test.
    fn is_class(&self) -> bool {
        !self.class.is_empty() && self.name.is_empty()
    }

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
