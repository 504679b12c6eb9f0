//! The lines of the console launcher, one by one.

use crate::event::{Printed, Status};

/// A line of `--details flat`.
pub(super) struct Flat<'a> {
    /// `Started`, `Finished`, `Skipped`, `Registered`, `Reported`.
    pub(super) word: &'a str,
    pub(super) display: &'a str,
    pub(super) id: &'a str,
}

/// `Started:     adds() ([engine:junit-jupiter]/[class:a.B]/[method:adds()])`.
pub(super) fn flat(text: &str) -> Option<Flat<'_>> {
    if !text.starts_with(['S', 'F', 'R']) {
        return None;
    }
    let (word, rest) = text.split_once(":   ")?;
    let words = ["Started", "Finished", "Skipped", "Registered", "Reported"];
    if !words.contains(&word) {
        return None;
    }
    let (display, id) = rest.split_once(" ([engine:")?;
    let from = rest.len() - id.len() - "[engine:".len();
    let id = rest[from..].strip_suffix(')')?;
    Some(Flat {
        word,
        display: display.trim_start(),
        id,
    })
}

/// The text of `             => Exception: ...` or `=> Reason: ...` below a line of `--details flat`.
pub(super) fn flat_detail<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(FLAT_INDENT)?.strip_prefix("=> ")?;
    rest.strip_prefix(word)?.strip_prefix(": ")
}

/// What stands before every further line of a detail of `--details flat`.
pub(super) const FLAT_INDENT: &str = "             ";

/// `JUnit Jupiter > BTest > adds() :: FAILED` of `--details testfeed`: captions and the last word.
pub(super) fn feed(text: &str) -> Option<(&str, &str)> {
    if !text.ends_with(['D', 'L']) {
        return None;
    }
    let (path, word) = text.rsplit_once(" :: ")?;
    let words = ["STARTED", "SUCCESSFUL", "FAILED", "ABORTED", "SKIPPED"];
    (words.contains(&word) && path.contains(" > ")).then_some((path, word))
}

/// A row of a tree.
pub(super) struct Row<'a> {
    pub(super) depth: usize,
    pub(super) text: &'a str,
}

/// Deepest level of a tree that is read.
const DEEPEST: usize = 64;

/// `│  ├─ caption` and `| +-- caption`.
pub(super) fn row(text: &str) -> Option<Row<'_>> {
    let themes = [("│  ", "   ", "├─ ", "└─ "), ("| ", "  ", "+-- ", "'-- ")];
    themes.iter().find_map(|(vertical, blank, entry, end)| {
        let mut rest = text;
        for depth in 0..DEEPEST {
            if let Some(text) = rest.strip_prefix(entry).or(rest.strip_prefix(end)) {
                return Some(Row { depth, text });
            }
            rest = rest.strip_prefix(vertical).or(rest.strip_prefix(blank))?;
        }
        None
    })
}

/// A row's caption, status and message: `caption ✘ message`, `caption [X] message`.
pub(super) fn result(text: &str) -> Option<(&str, Status, &str)> {
    let icons = [
        ("✔", Status::Passed),
        ("[OK]", Status::Passed),
        ("✘", Status::Failed),
        ("[X]", Status::Failed),
        ("■", Status::Skipped),
        ("[A]", Status::Skipped),
        ("↷", Status::Skipped),
        ("[S]", Status::Skipped),
    ];
    let stands = |at: usize, icon: &str| {
        let after = &text[at + icon.len()..];
        at > 1 && text[..at].ends_with(' ') && (after.is_empty() || after.starts_with(' '))
    };
    let first = |icon: &str| {
        let all = text.match_indices(icon).map(|(at, _)| at);
        all.into_iter().find(|at| stands(*at, icon))
    };
    let found = icons.iter().filter_map(|(icon, status)| {
        let at = first(icon)?;
        Some((at, icon.len(), *status))
    });
    let (at, len, status) = found.min_by_key(|found| found.0)?;
    Some((text[..at].trim_end(), status, text[at + len..].trim()))
}

/// Takes the time off that is shown of slow tests: `adds() 12345 ms`.
pub(super) fn slow(caption: &str) -> (&str, Option<f64>) {
    let split = caption
        .strip_suffix(" ms")
        .and_then(|head| head.rsplit_once(' '));
    let milliseconds = split.and_then(|(_, n)| n.parse::<u32>().ok());
    match (split, milliseconds) {
        (Some((head, _)), Some(n)) => (head, Some(f64::from(n) / 1000.0)),
        _ => (caption, None),
    }
}

/// A detail of `--details verbose`: its word and its text, behind the lines of the tree.
pub(super) fn detail(text: &str) -> Option<(&str, &str)> {
    let inner = inside(text);
    let (word, value) = inner.split_once(": ")?;
    let words = [
        "tags", "uniqueId", "parent", "source", "caught", "duration", "status", "reason", "reports",
    ];
    // Details stand in a column of their own.
    let set_off = text.starts_with(['│', '|', ' ']);
    (set_off && words.contains(&word)).then_some((word, value))
}

/// The text behind the lines of a tree.
pub(super) fn inside(text: &str) -> &str {
    text.trim_start_matches(['│', '|', ' ', '\t'])
}

/// Tests announced: `Test execution started. Number of static tests: 4` and its like.
pub(super) fn announced(text: &str) -> Option<u64> {
    let (head, number) = text.split_once("execution started. Number of static tests: ")?;
    matches!(head, "Test " | "Test plan ")
        .then(|| number.trim().parse().ok())
        .flatten()
}

/// Whether the list of failures begins: `Failures (2):`.
pub(super) fn list_begins(text: &str) -> bool {
    let number = text
        .strip_prefix("Failures (")
        .and_then(|rest| rest.strip_suffix("):"));
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// The figures at the end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    found: u64,
    skipped: u64,
    aborted: u64,
    successful: u64,
    failed: u64,
    broken_containers: u64,
}

impl Totals {
    /// Reads `[        15 tests skipped         ]`; tells whether it is one of these lines, and the last.
    pub(super) fn read(&mut self, text: &str) -> Option<bool> {
        let inner = text.strip_prefix('[')?.strip_suffix(']')?.trim();
        let (number, what) = inner.split_once(' ')?;
        let number: u64 = number.parse().ok()?;
        let figure = match what {
            "tests found" => &mut self.found,
            "tests skipped" => &mut self.skipped,
            "tests aborted" => &mut self.aborted,
            "tests successful" => &mut self.successful,
            "tests failed" => &mut self.failed,
            "containers failed" => &mut self.broken_containers,
            _ if what.starts_with("containers ") || what == "tests started" => return Some(false),
            _ => return None,
        };
        *figure = number;
        Some(what == "tests failed")
    }

    /// As a summary: aborted tests are skipped ones, and a class that broke counts as a failure as it
    /// is told as one. What such a class hides was found and never run.
    pub(super) fn printed(&self) -> Printed {
        Printed {
            tests: Some(self.found).filter(|_| self.broken_containers == 0),
            passed: Some(self.successful),
            failed: Some(self.failed.saturating_add(self.broken_containers)),
            skipped: Some(self.skipped.saturating_add(self.aborted)),
            ..Printed::default()
        }
    }
}
