//! The lines RSpec writes, taken apart.

use crate::event::{Printed, Status};

/// The first words of the list of pending examples.
pub(super) const PENDING: &str = "Pending: (Failures listed here are";
/// What introduces the code of a failure.
pub(super) const FAILURE: &str = "Failure/Error:";
/// What says that a file could not be loaded.
pub(super) const LOADING: &str = "An error occurred while loading ";
/// What says that a hook that is no example's own failed.
pub(super) const HOOK: &str = "An error occurred in a";

/// The level of a line of the tree: its indentation in steps of two blanks.
pub(super) fn level(text: &str) -> Option<usize> {
    let indent = text.len() - text.trim_start_matches(' ').len();
    (indent.is_multiple_of(2) && indent < text.len()).then_some(indent / 2)
}

/// The status of an example whose whole line has the colour of its result. Others (Playwright, Mocha)
/// colour whole lines too, and neither end the colour as RSpec does nor say `(FAILED - 1)` in red ones; a
/// line without an end is the first of several.
pub(super) fn coloured(raw: &[u8]) -> Option<Status> {
    let rest = raw.strip_prefix(b"\x1b[")?;
    let (colour, rest) = rest.split_first_chunk::<3>()?;
    let status = match colour {
        b"32m" => Status::Passed,
        b"31m" => Status::Failed,
        b"33m" => Status::Skipped,
        _ => return None,
    };
    let text = rest.strip_prefix(b"  ")?.trim_ascii_end();
    let fits = match memchr::memchr(0x1b, text) {
        None => true,
        Some(end) if text[end..] != *b"\x1b[0m" => false,
        Some(_) if status == Status::Passed => true,
        Some(end) => std::str::from_utf8(&text[..end]).is_ok_and(|text| marked(text).is_some()),
    };
    fits.then_some(status)
}

/// An example's own words and what its line says of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Marked<'a> {
    pub(super) name: &'a str,
    pub(super) status: Status,
    pub(super) why: Option<&'a str>,
}

/// `breaks (FAILED - 1)`, `waits (PENDING: Not yet implemented)`
pub(super) fn marked(text: &str) -> Option<Marked<'_>> {
    let text = text.trim_start();
    let inner = text.trim_end().strip_suffix(')')?;
    if let Some((name, number)) = inner.rsplit_once("(FAILED - ") {
        let counted = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        return counted.then_some(Marked {
            name: name.trim_end(),
            status: Status::Failed,
            why: None,
        });
    }
    let (name, why) = inner.split_once("(PENDING: ")?;
    Some(Marked {
        name: name.trim_end(),
        status: Status::Skipped,
        why: Some(why),
    })
}

/// `  1) Cart breaks`
pub(super) fn head(text: &str) -> Option<&str> {
    let (number, what) = text.strip_prefix("  ")?.trim_start().split_once(") ")?;
    let counted = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    (counted && !what.is_empty()).then_some(what)
}

/// The file of `An error occurred while loading ./spec/cart_spec.rb.`; of a hook's error, nothing:
/// its place follows.
pub(super) fn outside(text: &str) -> Option<&str> {
    if text.starts_with(HOOK) && text.ends_with(" hook.") {
        return Some("");
    }
    let file = text.strip_prefix(LOADING)?.strip_suffix('.')?;
    file.ends_with(".rb").then_some(file)
}

/// `Finished in 2.2 seconds (files took 0.8 seconds to load)`
pub(super) fn finished(text: &str) -> bool {
    text.starts_with("Finished in ")
}

/// `15 examples, 7 failures, 4 pending, 1 error occurred outside of examples`
pub(super) fn totals(text: &str) -> Option<Printed> {
    let mut parts = text.split(", ");
    let tests = figure(parts.next()?, &["example", "examples"])?;
    let failed = figure(parts.next()?, &["failure", "failures"])?;
    let (mut skipped, mut errored) = (0, 0);
    for part in parts {
        if let Some(n) = figure(part, &["pending"]) {
            skipped = n;
        } else {
            let outside = " occurred outside of examples";
            let part = part.strip_suffix(outside).unwrap_or(part);
            errored = figure(part, &["error", "errors"])?;
        }
    }
    Some(Printed {
        tests: Some(tests),
        passed: Some(tests.saturating_sub(failed).saturating_sub(skipped)),
        failed: Some(failed),
        errored: (errored > 0).then_some(errored),
        skipped: Some(skipped),
        ..Printed::default()
    })
}

fn figure(part: &str, words: &[&str]) -> Option<u64> {
    let (number, what) = part.split_once(' ')?;
    number.parse().ok().filter(|_| words.contains(&what))
}

/// Place and words of `rspec ./spec/cart_spec.rb:4 # Cart breaks`.
pub(super) fn rerun(text: &str) -> Option<(&str, &str)> {
    let (place, what) = text.strip_prefix("rspec ")?.split_once(" # ")?;
    let place = place.trim_matches('\'');
    (place.starts_with("./") || place.starts_with('/')).then_some((place, what))
}

/// `file:line` of `# ./spec/cart_spec.rb:4:in 'block in ...'`.
pub(super) fn place(text: &str) -> Option<&str> {
    let at = text.trim().strip_prefix("# ")?;
    let at = at.split_once(":in ").map_or(at, |(at, _)| at);
    let (file, line) = at.rsplit_once(':')?;
    let counted = !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit());
    (counted && (file.starts_with("./") || file.starts_with('/'))).then_some(at)
}

/// The words of a group and those of a part of it, joined as RSpec joins them: what a class is asked
/// (`#total`, `.build`) follows its name directly.
pub(super) fn join(group: &mut String, part: &str) {
    let asked = part.starts_with('#') || part.starts_with('.') || part.starts_with("::");
    let direct = asked && is_class(group);
    if !group.is_empty() && !direct {
        group.push(' ');
    }
    group.push_str(part);
}

/// `Shop::Cart`. Deep groups have long names, of which mostly the first bytes tell.
fn is_class(group: &str) -> bool {
    let in_class = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':');
    group.bytes().all(in_class)
        && group
            .split("::")
            .all(|w| w.starts_with(|c: char| c.is_ascii_uppercase()) && is_word(w))
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The name of an exception that stands alone above its message: `ArgumentError:`
pub(super) fn is_exception(text: &str) -> bool {
    text.strip_suffix(':')
        .is_some_and(|t| t.split("::").all(|w| !w.is_empty() && is_word(w)))
}

/// The words without blanks: lists and tree join them differently.
pub(super) fn squeezed(words: &str) -> Box<str> {
    words.split_whitespace().collect::<String>().into()
}
