//! The tree that `--details tree` prints at the end: a row says whether it is a test only by the row
//! below it, and the exceptions stand in the list after the tree.

use super::ended::Ended;
use super::id::displayed;
use super::lines::{Row, result, slow};
use crate::dialect::Emit;
use crate::dialect::java::is_method;
use crate::dialect::script::cap;
use crate::event::{Counts, Status};

/// Failures kept until the list says what was thrown; further ones are told without it.
const HELD: usize = 1000;

#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Captions of the rows that enclose the next one.
    path: Vec<Box<str>>,
    /// The latest row, whose kind the next one tells.
    pending: Option<Pending>,
    held: Vec<Held>,
    /// Whether the line before was of the tree: what follows a row indented belongs to it.
    pub(super) near: bool,
}

#[derive(Debug)]
struct Pending {
    depth: usize,
    caption: Box<str>,
    ended: Ended,
}

/// A failure that the list is expected to explain.
#[derive(Debug)]
pub(super) struct Held {
    /// Its captions as the list joins them.
    title: String,
    pub(super) ended: Ended,
}

impl Tree {
    /// Reads a row; tells whether it was one of a tree of results.
    pub(super) fn row(
        &mut self,
        row: &Row<'_>,
        number: u64,
        told: &mut Counts,
        emit: Emit<'_>,
    ) -> bool {
        let Some((caption, status, message)) = result(row.text) else {
            return false;
        };
        self.place(Some(row.depth), told, emit);
        self.near = true;
        let (caption, seconds) = slow(caption);
        let mut ended = Ended {
            number,
            status: Some(status),
            seconds,
            ..Ended::default()
        };
        ended.because(message);
        self.pending = Some(Pending {
            depth: row.depth,
            caption: cap(caption).into(),
            ended,
        });
        true
    }

    /// The latest row's place is known: `next` is the depth of the row below, if there is one.
    fn place(&mut self, next: Option<usize>, told: &mut Counts, emit: Emit<'_>) {
        let Some(Pending {
            depth,
            caption,
            mut ended,
        }) = self.pending.take()
        else {
            return;
        };
        // Rows of higher levels are missing when the log was cut.
        self.path.resize_with(depth, Box::default);
        let path: Vec<&str> = self.path.iter().map(AsRef::as_ref).collect();
        let container = next.is_some_and(|next| next > depth);
        (ended.suite, ended.name, ended.test) = placed(&path, &caption, container, &ended);
        let failed = ended.status == Some(Status::Failed);
        if failed && self.held.len() < HELD {
            let title = path.iter().copied().chain([&*caption]);
            let title = title.collect::<Vec<_>>().join(":");
            self.held.push(Held { title, ended });
        } else {
            ended.tell(told, emit);
        }
        self.path.push(caption);
    }

    /// The tree is over.
    pub(super) fn end(&mut self, told: &mut Counts, emit: Emit<'_>) {
        self.place(None, told, emit);
    }

    /// Nothing more will be said of the failures.
    pub(super) fn tell_held(&mut self, told: &mut Counts, emit: Emit<'_>) {
        for held in std::mem::take(&mut self.held) {
            held.ended.tell(told, emit);
        }
    }

    /// The failure that an entry of the list is about; the tree cuts captions, the list does not.
    pub(super) fn take(&mut self, title: &str) -> Option<Ended> {
        let same = |held: &Held| held.title == title;
        let cut = |held: &Held| {
            let head = held.title.split_once("...").map(|(head, _)| head);
            head.is_some_and(|head| title.starts_with(head))
        };
        let found = self.held.iter().position(same);
        let found = found.or_else(|| self.held.iter().position(cut))?;
        Some(self.held.remove(found).ended)
    }
}

/// Suite and name of a row, and whether it is a test. A row without rows below it is no test if it is
/// an engine, a class below an engine, or says that it is a class: all its tests are hidden then.
fn placed(path: &[&str], caption: &str, container: bool, ended: &Ended) -> (String, String, bool) {
    if path.is_empty() {
        return (caption.to_owned(), String::new(), false);
    }
    let (suite, name, between) = displayed(path, caption);
    let reason = ended.reason.as_deref().unwrap_or_default();
    let disabled_class = reason.starts_with("class ") && reason.ends_with(" is @Disabled");
    if is_method(caption) {
        return (suite, name, !container);
    }
    if container || between == 0 || disabled_class {
        let inner = match suite.is_empty() {
            true => caption.to_owned(),
            false => format!("{suite} > {caption}"),
        };
        return (inner, String::new(), false);
    }
    (suite, name, true)
}
