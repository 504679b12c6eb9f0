//! The sentences of `--testdox`, and the names they were made from.
//!
//! PHPUnit makes `Adds two (Shop\Cart)` of names by rules (`NamePrettifier`): the class loses its `Test`, the
//! method its `test`, and each capital becomes a word. What follows those rules is named back, so that a test
//! has one name whatever the options; a method of another style gets the name the rules would have kept.

use super::lines::warned;
use crate::dialect::script::cap;
use crate::event::Status;

/// A result as it is shown.
#[derive(Debug, PartialEq)]
pub(super) struct Shown {
    pub(super) name: String,
    /// `None`: failed or errored, which the message tells.
    pub(super) status: Option<Status>,
    pub(super) duration_s: Option<f64>,
}

/// ` ✔ Adds [1.13 ms]`; `raw` with its colours.
pub(super) fn result(text: &str, raw: &[u8], major: u32) -> Option<Shown> {
    let mut chars = text.strip_prefix(' ')?.chars();
    let status = match chars.next()? {
        '✔' | '☢' => Some(Status::Passed),
        '✘' if holds(raw, b"\x1b[33m\xe2\x9c\x98") => Some(Status::Errored),
        '✘' if holds(raw, b"\x1b[31m\xe2\x9c\x98") => Some(Status::Failed),
        '✘' => None,
        '↩' | '∅' => Some(Status::Skipped),
        '⚠' => Some(warned(major)),
        _ => return None,
    };
    let words = chars.as_str().strip_prefix(' ')?;
    let (words, duration_s) = timed(words, raw);
    Some(Shown {
        name: method(words, raw),
        status,
        duration_s,
    })
}

fn timed<'a>(words: &'a str, raw: &[u8]) -> (&'a str, Option<f64>) {
    let split = match words.strip_suffix(" ms]") {
        Some(rest) => rest.rsplit_once(" ["),
        None if holds(raw, b"\x1b[2mms") => {
            let rest = words.strip_suffix("ms").map(str::trim_end);
            rest.and_then(|rest| rest.rsplit_once("  "))
        }
        None => None,
    };
    let ms = |n: &str| n.parse::<f64>().ok().filter(|ms| ms.is_finite());
    match split.and_then(|(words, number)| Some((words, ms(number)?))) {
        Some((words, ms)) => (words, Some(ms / 1000.0)),
        None => (words, None),
    }
}

/// The method's name, with the name of its data.
fn method(words: &str, raw: &[u8]) -> String {
    const DATA: &str = " with data set ";
    let words = words.trim_end();
    let coloured_number = holds(raw, b"\x1b[2m with data set ");
    let coloured_name = holds(raw, b"\x1b[2m with \x1b");
    if coloured_name && let Some((words, set)) = words.rsplit_once(" with ") {
        // Blanks are made visible.
        let set = set.replace('·', " ");
        return format!("{}{DATA}\"{set}\"", camel("test", words));
    }
    match words.rsplit_once(DATA) {
        Some((words, set)) if coloured_number => format!("{}{DATA}#{set}", camel("test", words)),
        Some((words, set)) => format!("{}{DATA}{set}", camel("test", words)),
        None => camel("test", words),
    }
}

/// The class of `Adds two (Shop\AddsTwo)`, or of `Adds two`.
pub(super) fn class(heading: &str) -> String {
    let inner = heading.strip_suffix(')').and_then(|h| h.rsplit_once(" ("));
    let known = inner.map(|(_, class)| class).filter(|c| !c.contains(' '));
    let mut class = known.map_or_else(|| camel("", heading), str::to_owned);
    if !class.ends_with("TestCase") {
        class.push_str("Test");
    }
    class
}

fn camel(first: &str, words: &str) -> String {
    let mut name = first.to_owned();
    for word in words.split(' ') {
        let mut chars = word.chars();
        name.extend(chars.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(chars.as_str());
    }
    name
}

/// What a line of the box below a result holds.
pub(super) fn boxed(text: &str) -> Option<&str> {
    let mut chars = text.strip_prefix("   ")?.chars();
    let frame = matches!(chars.next()?, '│' | '┐' | '├' | '┊' | '╵' | '┴');
    frame.then(|| cap(chars.as_str().trim()))
}

fn holds(raw: &[u8], what: &[u8]) -> bool {
    memchr::memmem::find(raw, what).is_some()
}
