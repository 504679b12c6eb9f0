//! What single lines of Vitest's output say, without any state.

use crate::dialect::script::{indent, is_script, position, timed_ms};
use crate::event::{Printed, Status};

/// ` RUN  v2.1.9 /path`, ` DEV  v2.1.9 /path`.
pub(super) fn banner(text: &str) -> bool {
    let version = |mode| {
        text.trim_ascii_start()
            .strip_prefix(mode)?
            .strip_prefix("  v")
    };
    let version = version("RUN").or(version("DEV"));
    version.is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()) && v.contains('.'))
}

/// A line of results: its mark and what stands behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row<'a> {
    pub(super) columns: usize,
    /// `None` for the mark that files and suites with a failure have.
    pub(super) status: Option<Status>,
    pub(super) text: &'a str,
}

pub(super) fn row(text: &str) -> Option<Row<'_>> {
    let columns = indent(text);
    let (mark, rest) = text[columns..].split_once(' ')?;
    let status = match mark {
        "✓" | "√" => Some(Status::Passed),
        "×" | "✗" => Some(Status::Failed),
        "↓" => Some(Status::Skipped),
        "□" => Some(Status::Todo),
        "❯" => None,
        _ => return None,
    };
    (columns > 0).then(|| Row {
        columns,
        status,
        // A title may end with blanks.
        text: rest.trim_start(),
    })
}

/// A file's line: `src/a.test.ts (7 tests | 1 failed | 2 skipped) 257ms`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FileLine<'a> {
    pub(super) path: &'a str,
    pub(super) tests: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
    pub(super) todo: u64,
}

pub(super) fn file(text: &str) -> Option<FileLine<'_>> {
    let text = match text.trim_end().rsplit_once(" MB heap used") {
        Some((head, "")) => head.rsplit_once(' ')?.0,
        _ => text,
    };
    let (head, figures) = timed_ms(text.trim_end())
        .0
        .trim_end()
        .strip_suffix(')')?
        .rsplit_once('(')?;
    let path = unproject(head.trim()).1;
    let mut line = FileLine {
        path,
        tests: 0,
        failed: 0,
        skipped: 0,
        todo: 0,
    };
    for (at, part) in figures.split(" | ").enumerate() {
        let (count, what) = part.split_once(' ').unwrap_or((part, "tests"));
        let count = count.parse().ok()?;
        match what {
            "test" | "tests" if at == 0 => line.tests = count,
            "failed" => line.failed = count,
            "skipped" => line.skipped = count,
            "todo" => line.todo = count,
            _ => return None,
        }
    }
    (is_script(path) && !path.contains(" > ")).then_some(line)
}

/// `src/a.test.ts > suite > test`: the file, and the titles.
pub(super) fn titled(text: &str) -> Option<(&str, &str)> {
    let (head, titles) = text.split_once(" > ")?;
    let path = unproject(head).1;
    is_script(path).then_some((path, titles))
}

/// Takes a project's name off a path: `|unit| src/a.test.ts`, ` unit  src/a.test.ts`.
fn unproject(text: &str) -> (&str, &str) {
    text.trim().rsplit_once(' ').unwrap_or(("", text.trim()))
}

/// Suite and name of titles.
pub(super) fn names(titles: &str) -> (&str, &str) {
    titles.rsplit_once(" > ").unwrap_or(("", titles))
}

/// A test's title and what the reporter adds to it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Bare<'a> {
    pub(super) title: &'a str,
    pub(super) duration_s: Option<f64>,
    /// Tries before the last.
    pub(super) retries: usize,
    /// Why it was skipped.
    pub(super) note: Option<&'a str>,
}

/// Takes duration, retries, repetitions and note off: `adds 3ms (retry x2)`, `waits 0ms [no net]`.
pub(super) fn bare(text: &str) -> Bare<'_> {
    let mut bare = Bare {
        title: text.strip_suffix(" [skipped]").unwrap_or(text),
        ..Bare::default()
    };
    // A note stands behind a duration, which tells it from a title's own brackets.
    let note = bare
        .title
        .strip_suffix(']')
        .and_then(|t| t.rsplit_once(" ["));
    if let Some((head, note)) = note
        && let (title, Some(duration)) = timed_ms(head)
    {
        (bare.title, bare.duration_s, bare.note) = (title, Some(duration), Some(note));
    }
    loop {
        if bare.duration_s.is_none() {
            (bare.title, bare.duration_s) = timed_ms(bare.title);
        }
        let note = bare
            .title
            .strip_suffix(')')
            .and_then(|t| t.rsplit_once(" ("));
        let (head, count) = match note {
            Some((head, note)) if note.starts_with("retry x") => (head, &note[7..]),
            Some((head, note)) if note.starts_with("repeat x") => (head, "0"),
            _ => return bare,
        };
        let Ok(count) = count.parse::<usize>() else {
            return bare;
        };
        bare.retries = bare.retries.max(count);
        bare.title = head;
    }
}

/// `title (4)`: a suite of the tree, with the number of its tests.
pub(super) fn suite(text: &str) -> Option<&str> {
    let (title, count) = timed_ms(text).0.strip_suffix(')')?.rsplit_once(" (")?;
    count.parse::<u64>().ok().map(|_| title)
}

/// `⎯⎯⎯ Failed Tests 3 ⎯⎯⎯`: the heading between the rules.
pub(super) fn rule(text: &str) -> Option<&str> {
    text.starts_with('⎯').then(|| text.trim_matches('⎯').trim())
}

/// ` FAIL  src/a.test.ts > suite > test`, ` FAIL  src/a.test.ts [ src/a.test.ts ]`.
pub(super) fn failure(text: &str) -> Option<&str> {
    let rest = text.trim_start().strip_prefix("FAIL ")?;
    Some(rest.trim_start()).filter(|r| !r.is_empty())
}

/// The file of a failure that is the file's own.
pub(super) fn own_file(text: &str) -> Option<&str> {
    let (path, _) = text.trim_end().strip_suffix(" ]")?.rsplit_once(" [ ")?;
    let path = unproject(path).1;
    is_script(path).then_some(path)
}

/// ` ❯ fn src/a.ts:16:14`: a frame.
pub(super) fn frame(text: &str) -> Option<&str> {
    let place = text.trim().strip_prefix("❯ ")?.rsplit(' ').next()?;
    position(place).filter(|p| !p.contains("node_modules/") && !p.starts_with("node:"))
}

/// `      Tests  1 failed | 11 passed (12)`.
pub(super) fn totals(text: &str) -> Option<Printed> {
    let rest = text.trim_start().strip_prefix("Tests  ")?.trim();
    if rest == "no tests" {
        return Some(Printed {
            tests: Some(0),
            ..Printed::default()
        });
    }
    let (parts, total) = rest.strip_suffix(')')?.rsplit_once(" (")?;
    let mut printed = Printed {
        tests: Some(total.parse().ok()?),
        ..Printed::default()
    };
    for part in parts.split(" | ") {
        let (count, what) = part.split_once(' ')?;
        let slot = match what {
            "failed" => &mut printed.failed,
            "passed" | "expected fail" => &mut printed.passed,
            "skipped" => &mut printed.skipped,
            "todo" => &mut printed.todo,
            _ => return None,
        };
        let count: u64 = count.parse().ok()?;
        *slot = Some(slot.unwrap_or(0).saturating_add(count));
    }
    Some(printed)
}

/// The lines around the totals.
pub(super) fn is_foot(text: &str) -> bool {
    let text = text.trim_start();
    [
        "Test Files  ",
        "Start at  ",
        "Duration  ",
        "Snapshots  ",
        "Type Errors  ",
    ]
    .iter()
    .any(|p| text.starts_with(p))
}

/// `stdout | src/a.test.ts > suite > test`.
pub(super) fn is_console(text: &str) -> bool {
    text.starts_with("stdout | ") || text.starts_with("stderr | ")
}
