//! What single lines of Newman's output say, without any state.

/// `newman`, alone on its line.
pub(super) fn is_banner(text: &str) -> bool {
    text == "newman"
}

/// An item of the collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// `❏ Folder A / B`.
    Folder(&'a str),
    /// `↳ Get`: a request in the folder.
    Request(&'a str),
    /// `→ Get`: a request outside of any.
    Root(&'a str),
}

/// Reads an item, also as `--disable-unicode` spells it.
pub(super) fn item(text: &str) -> Option<Item<'_>> {
    let (mark, name) = text.split_once(' ')?;
    let name = name.trim();
    match mark {
        _ if name.is_empty() => None,
        "❏" | "Folder" => Some(Item::Folder(name)),
        "↳" | "Sub-folder" => Some(Item::Request(name)),
        "→" | "Root" => Some(Item::Root(name)),
        _ => None,
    }
}

/// `  ✓  status is 200`, `  √  status is 200`, `  Pass  status is 200`.
pub(super) fn passed(text: &str) -> Option<&str> {
    ["  ✓  ", "  √  ", "  Pass  "]
        .iter()
        .find_map(|mark| text.strip_prefix(mark))
}

/// `  -  [skipped] status is 200`.
pub(super) fn skipped(text: &str) -> Option<&str> {
    text.strip_prefix("  -  [skipped] ")
}

/// `  4. status is 200`, with more blanks before a short number.
pub(super) fn failed(text: &str) -> Option<(u64, &str)> {
    let (number, name) = text.strip_prefix(' ')?.trim_start().split_once(". ")?;
    Some((number.parse().ok()?, name.trim_start()))
}

/// `  GET http://a/b [errored]`.
pub(super) fn is_unanswered(text: &str) -> bool {
    text.starts_with("  ") && text.trim_end().ends_with(" [errored]")
}

/// `│ assertions │ 7 │ 3 │`: all and failed.
pub(super) fn assertions(text: &str) -> Option<(u64, u64)> {
    let mut cells = text
        .split(['│', '|'])
        .map(str::trim)
        .filter(|c| !c.is_empty());
    if cells.next()? != "assertions" {
        return None;
    }
    let mut number = || cells.next()?.parse().ok();
    Some((number()?, number()?))
}

/// ` 1.  AssertionError  status is 200` of the list at the end: the number and the title.
pub(super) fn entry(text: &str) -> Option<(u64, &str)> {
    let (number, rest) = text.trim_start().split_once(".  ")?;
    let (class, title) = rest.trim_start().split_once("  ")?;
    (class.ends_with("Error")).then(|| Some((number.parse().ok()?, title.trim())))?
}
