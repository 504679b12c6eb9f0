//! The frames of a stack that are the user's own code, not the runtime's or a library's: the few
//! nearest to the error.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::block::numbered;
use crate::cut::cut_at_boundary;
use crate::event::FRAMES;
use crate::mask;

/// Bytes of a function's name that are kept.
const FUNCTION_CAP: usize = 120;
/// Bytes of a file's name that are kept.
const FILE_CAP: usize = 80;

/// A frame of the user's own code.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Own {
    function: String,
    /// `file:line`, the file without its directory.
    place: String,
}

impl Own {
    fn new(function: &str, path: &str, line: &str) -> Own {
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let file = cut_at_boundary(file, FILE_CAP);
        let line = cut_at_boundary(line, 10);
        Own {
            function: cut_at_boundary(function.trim(), FUNCTION_CAP).to_owned(),
            place: match (file, line) {
                ("", _) => String::new(),
                (file, "") => file.to_owned(),
                (file, line) => format!("{file}:{line}"),
            },
        }
    }
}

/// The user's own frames of one stack, nearest to the error first.
#[derive(Clone, Debug, Default)]
pub(super) struct Frames {
    own: Vec<Own>,
    /// Where the error was said to be, in case the stack names no frame.
    place: Option<Own>,
}

impl Frames {
    /// The next frame of a stack that begins at the error.
    pub(super) fn push(&mut self, function: &str, path: &str, line: &str) {
        if self.own.len() < FRAMES {
            self.own.push(Own::new(function, path, line));
        }
    }

    /// The next frame of a stack that ends at the error.
    pub(super) fn push_front(&mut self, function: &str, path: &str, line: &str) {
        self.own.truncate(FRAMES - 1);
        self.own.insert(0, Own::new(function, path, line));
    }

    /// Where the error was thrown: the first frame if the function is known, else what there is should
    /// no frame follow.
    pub(super) fn thrown_at(&mut self, function: &str, place: &str) {
        let (path, line) = numbered(place).unwrap_or((place, ""));
        match function {
            "" => self.place = Some(Own::new("", path, line)),
            _ if is_library(path) => {}
            function => self.push(function, path, line),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.own.is_empty() && self.place.is_none()
    }

    fn all(&self) -> impl Iterator<Item = &Own> {
        let fall_back = self.place.iter().filter(|_| self.own.is_empty());
        self.own.iter().chain(fall_back)
    }

    /// The functions for the fingerprint; the file where no function is known.
    pub(super) fn functions(&self) -> impl Iterator<Item = &str> {
        self.all().map(|own| match own.function.as_str() {
            "" => own.place.split(':').next().unwrap_or(""),
            function => function,
        })
    }

    /// For people: `function (file:line)`, masked.
    pub(super) fn shown(&self) -> [Option<String>; FRAMES] {
        let mut all = self.all().map(|own| {
            let text = match (own.function.as_str(), own.place.as_str()) {
                ("", place) => place.to_owned(),
                (function, "") => function.to_owned(),
                (function, place) => format!("{function} ({place})"),
            };
            mask::anonymise(&text).into_owned()
        });
        std::array::from_fn(|_| all.next())
    }
}

/// Whether a path is that of a library, as package managers and language runtimes lay them out.
pub(super) fn is_library(path: &str) -> bool {
    const PIECES: [&str; 16] = [
        "site-packages",
        "dist-packages",
        "/lib/python",
        "\\lib\\python",
        "<frozen ",
        "node_modules",
        "node:",
        "/rustc/",
        "/registry/src/",
        "/pkg/mod/",
        "/go/src/",
        "/vendor/",
        "/gems/",
        "/lib/ruby/",
        "<internal:",
        "/usr/include/",
    ];
    static EVERY: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let builder = &mut AhoCorasick::builder();
        builder.kind(Some(AhoCorasickKind::DFA)).build(PIECES).ok()
    });
    match &*EVERY {
        Some(every) => every.is_match(path),
        None => PIECES.iter().any(|piece| path.contains(piece)),
    }
}
