//! The grammar of single TAP lines (testanything.org, versions 12 to 14), as `TAP::Parser` reads it.

use std::borrow::Cow;

use crate::decimal::decimal;
use crate::places::{find_any, trim, trim_start};

/// The `# SKIP` and `# TODO` of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Directive {
    Skip,
    Todo,
    /// `# timeout after 2s` (bats).
    Timeout,
}

/// `ok 3 - adds # SKIP no adder`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TestLine<'a> {
    pub(crate) ok: bool,
    pub(crate) number: Option<u64>,
    /// The description as printed (escapes kept), without a leading `- ` and without directives.
    pub(crate) name: &'a str,
    /// Whether the ` - ` before the description was there, which prose lacks.
    pub(crate) dashed: bool,
    pub(crate) directive: Option<(Directive, &'a str)>,
    /// `# in 33 ms` (bats), `# time=1.5ms` (node-tap, vitest), in seconds.
    pub(crate) duration_s: Option<f64>,
}

/// `1..12`, `1..0 # SKIP no network`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlanLine {
    pub(crate) tests: u64,
}

/// `TAP version 14`.
pub(crate) fn is_version(text: &str) -> bool {
    text.strip_prefix("TAP version ")
        .is_some_and(|v| !v.is_empty() && v.bytes().all(|b| b.is_ascii_digit()))
}

pub(crate) fn plan(text: &str) -> Option<PlanLine> {
    let rest = text.strip_prefix("1..")?;
    let (digits, rest) = rest.split_at(digits(rest));
    let rest = rest.trim_start();
    // TAP 12 allowed `1..5 todo 2 4;`; nothing else may follow but a comment.
    if !(rest.is_empty() || rest.starts_with('#') || rest.starts_with("todo ")) {
        return None;
    }
    let tests = digits.parse().ok()?;
    Some(PlanLine { tests })
}

/// `Bail out!  reason`: the reason.
pub(crate) fn bail_out(text: &str) -> Option<&str> {
    text.strip_prefix("Bail out!").map(str::trim)
}

pub(crate) fn test_line(text: &str) -> Option<TestLine<'_>> {
    let (ok, rest) = match text.strip_prefix("not ok") {
        Some(rest) => (false, rest),
        None => (true, text.strip_prefix("ok")?),
    };
    if !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let rest = trim_start(rest);
    let (digits, after) = rest.split_at(digits(rest));
    let (number, description) = match digits.parse() {
        Ok(n) if after.is_empty() || after.starts_with([' ', '\t', '-', '#']) => (Some(n), after),
        _ => (None, rest),
    };
    let (description, notes) = split_notes(description);
    let description = match notes.duration_s {
        // Written by a machine with one blank; any other is the description's.
        Some(_) if notes.directive.is_none() => trim_start(description)
            .strip_suffix(' ')
            .unwrap_or(description),
        _ => trim(description),
    };
    let (name, dashed) = match description.strip_prefix('-') {
        Some("") => ("", true),
        // Only one blank belongs to the dash: producers indent with the rest.
        Some(name) if name.starts_with([' ', '\t']) => (&name[1..], true),
        _ => (description, false),
    };
    Some(TestLine {
        ok,
        number,
        name,
        dashed,
        directive: notes.directive,
        duration_s: notes.duration_s,
    })
}

#[derive(Default)]
struct Notes<'a> {
    directive: Option<(Directive, &'a str)>,
    duration_s: Option<f64>,
}

/// Cuts a description at the first unescaped `#` that begins a directive or a duration. A `#` that
/// begins neither belongs to the description.
fn split_notes(text: &str) -> (&str, Notes<'_>) {
    let mut notes = Notes::default();
    let mut end = None;
    let mut from = 0;
    while let Some(hash) = unescaped_hash(text, from) {
        let note = trim_start(&text[hash + 1..]);
        if let Some(directive) = directive(note) {
            notes.directive = Some(directive);
            end = end.or(Some(hash));
            break;
        }
        if note.starts_with("timeout after ") {
            notes.directive = Some((Directive::Timeout, note.trim_end()));
            end = end.or(Some(hash));
            break;
        }
        if let Some((seconds, len)) = duration(note) {
            notes.duration_s = Some(seconds);
            end = end.or(Some(hash));
            from = text.len() - note.len() + len;
        } else {
            from = hash + 1;
        }
    }
    (&text[..end.unwrap_or(text.len())], notes)
}

fn unescaped_hash(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at += find_any(bytes.get(at..)?, *b"#\\")?;
        if bytes[at] == b'#' {
            return Some(at);
        }
        at += 2;
    }
}

/// `SKIP reason`, `todo: reason`: a whole word, in any case.
fn directive(note: &str) -> Option<(Directive, &str)> {
    let word = note.get(..4)?;
    let directive = if word.eq_ignore_ascii_case("skip") {
        Directive::Skip
    } else if word.eq_ignore_ascii_case("todo") {
        Directive::Todo
    } else {
        return None;
    };
    let reason = &note[4..];
    if reason.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let reason = reason.trim_start_matches([':', ' ', '\t']).trim();
    Some((directive, if reason == "-" { "" } else { reason }))
}

/// `in 33 ms`, `in 2 sec`, `time=1.5ms`: seconds, and the note's length. Only before the end of the
/// line, another note, or the `{` that opens a nested block.
fn duration(note: &str) -> Option<(f64, usize)> {
    let number = note
        .strip_prefix("in ")
        .or_else(|| note.strip_prefix("time="))?;
    let len = number
        .bytes()
        .take_while(|b| b.is_ascii_digit() || *b == b'.');
    let (value, unit) = number.split_at(len.count());
    let (unit, per_second) = [("ms", 1000.0), ("sec", 1.0), ("s", 1.0)]
        .into_iter()
        .find_map(|(word, n)| Some((unit.trim_start().strip_prefix(word)?, n)))?;
    let rest = unit.trim_start();
    if !(rest.is_empty() || rest.starts_with('#') || rest == "{") {
        return None;
    }
    let value = decimal(value)?;
    Some((value / per_second, note.len() - unit.len()))
}

/// Takes the backslashes off `\#` and `\\`.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(&next @ ('#' | '\\')) if c == '\\' => {
                plain.push(next);
                chars.next();
            }
            _ => plain.push(c),
        }
    }
    plain.into()
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> &str {
        test_line(text).map_or("(none)", |t| t.name)
    }

    #[test]
    fn description_loses_dash_and_directive_but_keeps_escapes() {
        assert_eq!(name("ok 1 - adds"), "adds");
        assert_eq!(name("ok 1 adds"), "adds");
        assert_eq!(name("ok 1 -   adds"), "  adds");
        assert_eq!(name("ok 1 -"), "");
        assert_eq!(name("ok"), "");
        assert_eq!(
            name(r"ok 2 - issue \#12 fixed # TODO later"),
            r"issue \#12 fixed"
        );
        assert_eq!(name("ok 2 - issue #12 fixed"), "issue #12 fixed");
        assert_eq!(
            name("ok 2 # skipped on this system"),
            "# skipped on this system"
        );
    }

    #[test]
    fn directives_are_whole_words_in_any_case() {
        let directive = |text| test_line(text).and_then(|t| t.directive);
        assert_eq!(
            directive("ok 1 # skip no net"),
            Some((Directive::Skip, "no net"))
        );
        assert_eq!(directive("ok 1 a#SKIP"), Some((Directive::Skip, "")));
        assert_eq!(
            directive("not ok 1 a # Todo: rest"),
            Some((Directive::Todo, "rest"))
        );
        assert_eq!(directive("ok 1 a # skippy"), None);
        assert_eq!(directive(r"ok 1 a \# skip"), None);
        assert_eq!(directive("ok 1 a # SKIP -"), Some((Directive::Skip, "")));
    }

    #[test]
    fn durations_are_taken_off_before_other_notes() {
        let line = test_line("ok 3 name # in 33 ms # skip why").unwrap();
        assert_eq!((line.name, line.duration_s), ("name", Some(0.033)));
        assert_eq!(line.directive, Some((Directive::Skip, "why")));
        let line = test_line("not ok 4 - a > b # time=1.50ms").unwrap();
        assert_eq!((line.name, line.duration_s), ("a > b", Some(0.0015)));
        assert_eq!(name("ok 5 ends # in 3 steps"), "ends # in 3 steps");
    }

    #[test]
    fn words_that_only_begin_like_results_are_none() {
        for text in ["okay 1", "ok, 3 of 3", "not okay", "nothing", "1..5 pages"] {
            assert!(test_line(text).is_none() && plan(text).is_none(), "{text}");
        }
        assert_eq!(plan("1..0 # SKIP no net"), Some(PlanLine { tests: 0 }));
        assert!(is_version("TAP version 13") && !is_version("TAP version 13 is old"));
    }
}
