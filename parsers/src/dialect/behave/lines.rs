//! What single lines of Behave's output say, without any state.

use std::borrow::Cow;

use crate::event::{Printed, Status};

/// How Behave writes the status of a step, a scenario or a figure of its totals.
pub(super) fn status(word: &str) -> Option<Status> {
    Some(match word {
        "passed" => Status::Passed,
        "failed" => Status::Failed,
        "error" | "hook_error" | "cleanup_error" => Status::Errored,
        "undefined" | "pending" => Status::Errored,
        "skipped" => Status::Skipped,
        "xfailed" => Status::Xfail,
        "xpassed" => Status::Xpass,
        _ => return None,
    })
}

/// A title with the place that the formatter `pretty` adds: `Scenario: adds  # a/b.feature:9`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Title<'a> {
    pub(super) indent: usize,
    /// `Scenario`, `Feature`, `Szenario`.
    pub(super) keyword: &'a str,
    pub(super) name: &'a str,
    /// `a/b.feature:9`.
    pub(super) place: Option<&'a str>,
}

/// Reads a title, placed or not.
pub(super) fn title(text: &str) -> Option<Title<'_>> {
    let indent = indent(text);
    let inner = &text[indent..];
    let (keyword, name) = inner.split_once(':')?;
    let worded = !keyword.starts_with(|c: char| c.is_ascii() && !c.is_alphabetic())
        && keyword.split(' ').all(|word| !word.is_empty())
        && !keyword.contains(['"', '\'', '#', '|', '/', '(', '=']);
    if !worded || keyword.len() > 60 || !(name.is_empty() || name.starts_with(' ')) {
        return None;
    }
    let (name, place) = match name.rsplit_once(" # ") {
        Some((name, place)) if is_place(place) => (name, Some(place)),
        _ => (name, None),
    };
    Some(Title {
        indent,
        keyword,
        name: name.trim_start(),
        place,
    })
}

/// A name that `pretty` filled up with blanks to where the places stand. The row of an outline whose
/// examples have no title of their own ends with one: `many -- @1.2 `.
pub(super) fn unpadded(name: &str) -> Cow<'_, str> {
    let bare = name.trim_end();
    let row = bare
        .rsplit_once(" -- @")
        .and_then(|(_, r)| r.split_once('.'));
    match row {
        Some((table, row)) if is_number(table) && is_number(row) => format!("{bare} ").into(),
        _ => bare.into(),
    }
}

/// Columns of blanks before the text.
pub(super) fn indent(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// `a/b.feature:9`
fn is_place(text: &str) -> bool {
    text.rsplit_once(':')
        .is_some_and(|(file, line)| file.ends_with(".feature") && is_number(line))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `0.123s`
fn is_time(text: &str) -> bool {
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    text.strip_suffix('s')
        .is_some_and(|t| !t.is_empty() && digits(t))
}

/// The file's part of a suite, as Behave's JUnit reporter forms it: the path below the features'
/// folder, dots for slashes.
pub(super) fn stem(path: &str) -> String {
    let file = match path.rsplit_once(':') {
        Some((file, line)) if is_number(line) => file,
        _ => path,
    };
    let file = file.strip_suffix(".feature").unwrap_or(file);
    let below = match file.find("features/") {
        Some(at) if at == 0 || file[..at].ends_with('/') => &file[at + "features/".len()..],
        _ => file.rsplit('/').next().unwrap_or(file),
    };
    below.replace('/', ".")
}

/// A step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step<'a> {
    /// `Given a cart ... passed in 0.000s`: plain tells its status, and the step if nobody wrote it.
    Told(Status, Option<&'a str>),
    /// `Given a cart  # steps/s.py:2`: executed, or about to be.
    Executed,
    /// `Given a cart  # None`: not executed, or nobody wrote it.
    Unknown(&'a str),
}

/// Reads a step; none stands left of the fifth column.
pub(super) fn step(text: &str) -> Option<Step<'_>> {
    if !text.starts_with("    ") {
        return None;
    }
    if let Some((step, end)) = text.rsplit_once(" ... ") {
        let word = match end.split_once(" in ") {
            Some((word, time)) => is_time(time).then_some(word)?,
            None => end,
        };
        let unwritten = matches!(word, "undefined" | "pending");
        return status(word).map(|s| Step::Told(s, unwritten.then_some(step.trim())));
    }
    let (step, place) = text.rsplit_once(" # ")?;
    let place = match place.rsplit_once(' ') {
        Some((place, time)) if is_time(time) => place,
        _ => place,
    };
    if place == "None" {
        return Some(Step::Unknown(step.trim()));
    }
    let (file, line) = place.rsplit_once(':')?;
    (is_number(line) && file.ends_with(".py")).then_some(Step::Executed)
}

/// What the colour of a step says (`pretty` prints it grey, then again in the colour of its status):
/// the first colour of the line.
pub(super) fn colour(raw: &[u8]) -> Option<u8> {
    let mut rest = raw;
    while let Some(at) = memchr::memmem::find(rest, b"\x1b[") {
        rest = &rest[at + 2..];
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if rest.get(digits) == Some(&b'm') {
            return std::str::from_utf8(&rest[..digits]).ok()?.parse().ok();
        }
    }
    None
}

/// A title of `progress3`: `Cart    # features/cart.feature`, name and file.
pub(super) fn bare_feature(text: &str) -> Option<(&str, &str)> {
    let (name, file) = text.rsplit_once("    # ")?;
    let named = !name.is_empty() && !name.starts_with(' ');
    (named && file.ends_with(".feature")).then_some((name, file))
}

/// A scenario of `progress3`: `  adds  ..F`, its name and the letters of its steps so far.
pub(super) fn lettered(text: &str) -> Option<(&str, &str)> {
    let columns = indent(text);
    if columns != 2 && columns != 4 {
        return None;
    }
    let (name, letters) = text[columns..].rsplit_once("  ")?;
    let name = name.trim_end();
    let begun = letters.is_empty() || letters.starts_with(is_letter);
    (begun && !name.is_empty()).then_some((name, letters))
}

/// Whether a character is a step's.
pub(super) fn is_letter(c: char) -> bool {
    ".FESUHPpu_".contains(c)
}

/// The worst status that letters of steps tell, up to the first that is none; `None` without any.
pub(super) fn worst(letters: &str) -> Option<Status> {
    let mut worst = None;
    for c in letters.chars() {
        let status = match c {
            '.' => Status::Passed,
            'F' => Status::Failed,
            'E' | 'H' | 'U' | 'P' => Status::Errored,
            'S' => Status::Skipped,
            '_' | 'p' | 'u' => continue,
            _ => break,
        };
        worst = worse(worst, status);
    }
    worst
}

/// The worse of two statuses: a failure over a skip over what passed.
pub(super) fn worse(known: Option<Status>, new: Status) -> Option<Status> {
    match known {
        Some(known) if known.is_failure() => Some(known),
        Some(known) if known != Status::Passed && !new.is_failure() => Some(known),
        _ => Some(new),
    }
}

/// The heading of a list at the end, and what its scenarios are.
pub(super) fn list(text: &str) -> Option<Status> {
    match text {
        "Failing scenarios:" => Some(Status::Failed),
        "Errored scenarios:" => Some(Status::Errored),
        _ => None,
    }
}

/// An entry of such a list: `  features/cart.feature:14  breaks`, place and name.
pub(super) fn listed(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix("  ")?;
    let end = inner.find(".feature:")? + ".feature:".len();
    let digits = inner[end..].bytes().take_while(u8::is_ascii_digit).count();
    let (place, name) = inner.split_at(end + digits);
    Some((place, name.strip_prefix("  ")?)).filter(|_| digits > 0)
}

/// Totals of scenarios: `6 scenarios passed, 3 failed, 2 skipped`, and, in newer versions,
/// `11 scenarios (passed: 6, failed: 3, skipped: 2)`.
pub(super) fn scenarios(text: &str) -> Option<Printed> {
    let parts = figures(text, "scenario")?;
    let mut printed = Printed::default();
    for (count, word) in parts {
        let slot = match status(word) {
            Some(Status::Passed) => &mut printed.passed,
            Some(Status::Failed) => &mut printed.failed,
            Some(Status::Errored) => &mut printed.errored,
            Some(Status::Skipped) => &mut printed.skipped,
            _ => continue,
        };
        *slot = Some(slot.unwrap_or(0).saturating_add(count));
    }
    printed.passed.is_some().then_some(printed)
}

/// Whether the line gives the totals of features or rules, which stand before the scenarios'.
pub(super) fn is_other_total(text: &str) -> bool {
    ["feature", "rule", "step"]
        .iter()
        .any(|what| figures(text, what).is_some())
}

/// The figures of a line of totals about one kind of thing.
fn figures<'a>(text: &'a str, of: &str) -> Option<Vec<(u64, &'a str)>> {
    let (count, rest) = text.trim_start().split_once(' ')?;
    let count = count.parse().ok()?;
    let rest = rest.strip_prefix(of)?;
    let rest = rest.strip_prefix('s').unwrap_or(rest).strip_prefix(' ')?;
    if let Some(inside) = rest.strip_prefix('(').and_then(|r| r.strip_suffix(')')) {
        let pair = |part: &'a str| {
            let (word, count) = part.split_once(": ")?;
            Some((count.parse().ok()?, word))
        };
        return inside.split(", ").map(pair).collect();
    }
    let (word, rest) = rest.split_once(", ")?;
    let pair = |part: &'a str| {
        let (count, word) = part.split_once(' ')?;
        Some((count.parse().ok()?, word))
    };
    let first = (word == "passed").then_some((count, word));
    std::iter::once(first)
        .chain(rest.split(", ").map(pair))
        .collect()
}
