//! What single lines of Ginkgo's output say, without any state.

use crate::event::{Printed, Status};

/// `Running Suite: Cart Suite - /src/cart`: the title, without the path that version 2 adds.
pub(super) fn suite(text: &str) -> Option<&str> {
    let title = text.strip_prefix("Running Suite: ")?;
    Some(match title.rsplit_once(" - ") {
        Some((title, path)) if is_path(path) => title,
        _ => title,
    })
}

/// `[1411] Cart Suite - 13/14 specs ••`, in parallel `[1411] Cart Suite - 4 nodes - 14 specs ••`: the
/// title and what follows.
pub(super) fn succinct(text: &str) -> Option<(&str, &str)> {
    let (seed, rest) = text.strip_prefix('[')?.split_once("] ")?;
    let (head, after) = rest.split_once(" specs ")?;
    let (title, count) = head.rsplit_once(" - ")?;
    let nodes = title.rsplit_once(" - ");
    let nodes = nodes.filter(|(_, nodes)| nodes.ends_with(" nodes"));
    let (run, all) = match nodes {
        Some(_) => (count, count),
        None => count.split_once('/')?,
    };
    let title = nodes.map_or(title, |(title, _)| title);
    (is_number(seed) && is_number(run) && is_number(all)).then_some((title, after))
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') || text.get(1..3) == Some(":\\")
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `--- FAIL: TestCart (6.33s)`
pub(super) fn is_go_failure(text: &str) -> bool {
    text.starts_with("--- FAIL: Test") && text.ends_with("s)")
}

/// The line between specs.
pub(super) fn is_delimiter(text: &str) -> bool {
    text.len() == 30 && text.bytes().all(|b| b == b'-')
}

/// `/src/cart_test.go:12`, which version 2 may name the node of: `[It] /src/cart_test.go:12`.
pub(super) fn place(text: &str) -> Option<&str> {
    let text = text.trim();
    let place = match text.strip_prefix('[').and_then(|t| t.split_once("] ")) {
        Some((_, place)) => place,
        None => text,
    };
    let (file, line) = place.rsplit_once(':')?;
    (is_number(line) && file.ends_with(".go")).then_some(place)
}

/// How a spec, or a node of the suite, ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) status: Status,
    pub(super) seconds: Option<f64>,
    /// Tries it took to pass.
    pub(super) tries: Option<u32>,
    /// Whether it is written as by version 1, which gives the reason without a word before it.
    pub(super) first: bool,
}

/// Reads the line that tells how a spec ended; the lone bullet of one that passed is not read here.
pub(super) fn mark(text: &str) -> Option<Mark> {
    let node = || text.starts_with('[').then(|| text.split_once("] "))?;
    let rest = ["• ", "•! ", "•... ", "S ", "P ", "! ", "↺ "]
        .iter()
        .find_map(|symbol| text.strip_prefix(symbol))
        .or_else(|| node().map(|(_, rest)| rest))
        .unwrap_or(text);
    let bare = rest.len() == text.len();
    if bare && !rest.starts_with(['F', 'P', 'T', '[']) {
        return None;
    }
    let (said, seconds) = timed(rest);
    let of = |status, first| Mark {
        status,
        seconds,
        tries: None,
        first,
    };
    let cause = said.split(" in S").next().unwrap_or(said);
    Some(match cause {
        "Failure" | "Panic" if seconds.is_some() => of(Status::Failed, true),
        "Timeout" if seconds.is_some() => of(Status::TimedOut, true),
        "[SKIPPING]" => of(Status::Skipped, true),
        _ if bare => return None,
        "" | "PASSED" if seconds.is_some() => of(Status::Passed, false),
        "[SLOW TEST]" | "[MEASUREMENT]" => of(Status::Passed, true),
        "[FAILED]" | "[PANICKED]" | "[INTERRUPTED]" | "[ABORTED]" => of(Status::Failed, false),
        "[TIMEDOUT]" => of(Status::TimedOut, false),
        "[SKIPPED]" | "[PENDING]" => of(Status::Skipped, false),
        _ if cause.starts_with("[SLOW TEST:") => of(Status::Passed, true),
        _ => {
            let tries = said.strip_prefix("[FLAKEY TEST - TOOK ")?;
            let tries = tries.strip_suffix(" ATTEMPTS TO PASS]")?.parse().ok();
            let passed = of(Status::Passed, false);
            Mark { tries, ..passed }
        }
    })
}

/// Takes `[0.002 seconds]` off the end.
fn timed(text: &str) -> (&str, Option<f64>) {
    let inner = text.strip_suffix(" seconds]");
    let split = inner.and_then(|inner| inner.rsplit_once('['));
    match split.and_then(|(head, time)| Some((head, time.parse().ok()?))) {
        Some((head, seconds)) => (head.trim_end(), Some(seconds)),
        None => (text, None),
    }
}

/// Bullets of specs that passed at the start of the line, among other letters.
pub(super) fn bullets(text: &str) -> u64 {
    let letters = text
        .trim_start()
        .chars()
        .take_while(|c| "•SPF".contains(*c));
    letters.filter(|c| *c == '•').count() as u64
}

/// Kinds of nodes whose failure is marked in the name of the spec.
const NODES: [&str; 10] = [
    "[It]",
    "[BeforeEach]",
    "[JustBeforeEach]",
    "[AfterEach]",
    "[JustAfterEach]",
    "[BeforeAll]",
    "[AfterAll]",
    "[DeferCleanup (Each)]",
    "[DeferCleanup (All)]",
    "[Measurement]",
];

/// A text without the mark of the node that failed: `cart [It] adds`, `adds [It]`.
pub(super) fn unmarked(text: &str) -> String {
    for node in NODES {
        if let Some((before, after)) = text.split_once(node) {
            let parts = [before.trim_end(), after.trim_start()];
            let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
            return parts.join(" ").trim_end().to_owned();
        }
    }
    text.trim_end().to_owned()
}

/// Whether the name is that of a node of the suite, which is no spec: `[BeforeSuite]`.
pub(super) fn is_suite_node(name: &str) -> bool {
    let node = name.strip_prefix('[').and_then(|n| n.split_once(']'));
    node.is_some_and(|(node, _)| node.contains("Suite"))
}

/// A failure of the list at the end: its name.
pub(super) fn listed(text: &str) -> Option<(Status, &str)> {
    let (word, name) = text.trim_start().strip_prefix('[')?.split_once("] ")?;
    let status = match word {
        "Fail" | "FAIL" | "Panic!" | "PANICKED!" | "INTERRUPTED" | "ABORTED" => Status::Failed,
        "Timeout..." | "TIMEDOUT" => Status::TimedOut,
        _ => return None,
    };
    Some((status, name))
}

/// `Ran 37 of 37 Specs in 6.304 seconds`: the seconds.
pub(super) fn ran(text: &str) -> Option<f64> {
    let (counts, time) = text.strip_prefix("Ran ")?.split_once(" Specs in ")?;
    let (run, all) = counts.split_once(" of ")?;
    let seconds = time.strip_suffix(" seconds")?.parse().ok()?;
    (is_number(run) && is_number(all)).then_some(seconds)
}

/// `FAIL! -- 31 Passed | 6 Failed | 1 Flaked | 0 Pending | 2 Skipped`; without figures if no spec ran.
pub(super) fn verdict(text: &str) -> Option<Printed> {
    if !text.starts_with("FAIL!") && !text.starts_with("SUCCESS!") {
        return None;
    }
    let (_, figures) = text.split_once(" -- ")?;
    let mut printed = Printed::default();
    for part in figures.split(" | ") {
        let Some((count, word)) = part.trim().split_once(' ') else {
            continue;
        };
        let slot = match word {
            "Passed" => &mut printed.passed,
            "Failed" => &mut printed.failed,
            "Pending" | "Skipped" => &mut printed.skipped,
            _ => continue,
        };
        if let Ok(count) = count.parse::<u64>() {
            *slot = Some(slot.unwrap_or(0).saturating_add(count));
        }
    }
    Some(printed)
}
