//! The tables of classes, and which of them a line may be of.

use std::sync::LazyLock;

use super::block::BlockClass;
use super::{
    database, disk, dotnet, go, http, java, native, network, node, php, python, ruby, rust,
    sanitizer, statuses, terminate, tls,
};
use crate::scan::NeedleSet;

/// A class of errors that take one line.
pub(super) struct LineClass {
    pub(super) class: &'static str,
    /// One of these stands in every such line; case matters.
    pub(super) keywords: &'static [&'static str],
    /// Whether a line that holds a keyword is one.
    pub(super) is: fn(&str) -> bool,
}

impl LineClass {
    /// A class of which every line is that holds one of the words.
    pub(super) const fn of(class: &'static str, keywords: &'static [&'static str]) -> LineClass {
        LineClass {
            class,
            keywords,
            is: |_| true,
        }
    }
}

/// In order of precedence: the particular before what looks like many.
pub(super) static BLOCKS: [&BlockClass; 10] = [
    &python::CLASS,
    &go::CLASS,
    &rust::CLASS,
    &ruby::CLASS,
    &php::CLASS,
    &sanitizer::CLASS,
    &terminate::CLASS,
    &dotnet::CLASS,
    &java::CLASS,
    &node::CLASS,
];

/// In order of precedence: the causes first.
pub(super) static LINES: [LineClass; 9] = [
    network::REFUSED,
    network::TIMEOUT,
    database::CLASS,
    network::DNS,
    tls::CLASS,
    disk::CLASS,
    native::OOM,
    http::CLASS,
    native::SEGFAULT,
];

/// Of [`LINES`], those that say why an exception was thrown.
pub(super) const CAUSES: Classes = 0b1111_1111;

/// Of [`LINES`], exhausted memory.
pub(super) const MEMORY: Classes = 1 << 6;

/// Classes as bits: [`BLOCKS`] first, then [`LINES`]; or [`LINES`] alone.
pub(super) type Classes = u32;

/// Beside those of classes: one of the [`needles`] stands in the text, so that the search over blocks finds it too.
const SEARCHED: Classes = 1 << 31;

/// Finds out which classes a line may be of, so that a line costs only the tests of those classes. The few keywords that
/// are too short for the set's windows are told together.
static KEYWORDS: LazyLock<NeedleSet> = LazyLock::new(|| {
    let mut keywords = NeedleSet::default();
    for (bit, (_, list)) in lists().enumerate() {
        keywords.add_literals(list.iter().copied(), 1 << bit);
    }
    keywords.add_all(needles(), SEARCHED.into());
    keywords.build_quickly();
    keywords
});

/// The classes with their keywords.
fn lists() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let blocks = BLOCKS.iter().map(|class| (class.class, class.keywords));
    blocks.chain(LINES.iter().map(|class| (class.class, class.keywords)))
}

/// Literals of which one stands in every line that means something to a class while no block is open:
/// the keywords, or for those that are too short to be searched for in whole blocks, longer ones.
pub(super) fn needles() -> impl Iterator<Item = &'static str> {
    let short = [ruby::CLASS.class, http::CLASS.class];
    let long = lists().filter(move |(class, _)| !short.contains(class));
    let lists = long.map(|(_, list)| list);
    lists
        .chain([ruby::NEEDLES, statuses::NEEDLES])
        .flatten()
        .copied()
}

/// Whether one of these literals stands in the text.
pub(super) fn holds_needle(text: &str) -> bool {
    classes(text) & SEARCHED != 0
}

/// The class of a line by itself, part of no block. Of a class whose keywords are too short for the search over blocks
/// are only lines that the search finds: any other would be one beside certain lines, and none beside others.
pub(super) fn class_by_itself(of: Classes, text: &str) -> Option<&'static str> {
    let class = class_of(of, Classes::MAX, text)?;
    (class != http::CLASS.class || of & SEARCHED != 0).then_some(class)
}

/// The classes of which a keyword stands in the text, and perhaps others of which the keywords are short: those look
/// for them.
pub(super) fn classes(text: &str) -> Classes {
    // There are fewer classes than bits in either.
    (KEYWORDS.line(text.as_bytes()) | KEYWORDS.always()) as Classes
}

/// Of the classes, those of one line.
pub(super) fn lines_of(classes: Classes) -> Classes {
    classes >> BLOCKS.len()
}

/// The first of [`LINES`] that the text is, among those whose bits are set.
pub(super) fn line_class(among: Classes, text: &str) -> Option<&'static str> {
    class_of(classes(text), among, text)
}

/// The same for a text whose [`classes`] are known.
pub(super) fn class_of(of: Classes, among: Classes, text: &str) -> Option<&'static str> {
    let may_be = among & lines_of(of);
    if may_be == 0 {
        return None;
    }
    let mut rows = LINES.iter().enumerate();
    let row = rows.find(|(bit, class)| may_be >> bit & 1 == 1 && (class.is)(text));
    row.map(|(_, class)| class.class)
}
