//! The lines that speak of the whole session: banners, the announced number, the list at the end
//! and the final figures.

use super::node;
use super::report::{self, Outcome};
use crate::event::{Printed, Status};

/// The text of a banner (`==== text ====`).
pub(super) fn banner(text: &str) -> Option<&str> {
    if !text.starts_with('=') || !text.ends_with('=') {
        return None;
    }
    let inner = text.trim_matches('=');
    Some(inner.strip_prefix(' ')?.strip_suffix(' ')?.trim())
}

/// Whether a banner's text, or pytest-sugar's first line, opens a session.
pub(super) fn is_start(title: &str) -> bool {
    title == "test session starts" || title.starts_with("test session starts (")
}

/// pytest-sugar's first line.
pub(super) fn is_sugar_start(text: &str) -> bool {
    text.starts_with("Test session starts (platform: ")
}

/// Whether the session is over because there was nothing to run.
fn is_empty_end(counts: &str) -> bool {
    matches!(counts, "no tests ran" | "no tests collected")
        || counts.split(" (").next().is_some_and(|c| {
            c.ends_with(" collected") && c.starts_with(|d: char| d.is_ascii_digit())
        })
}

/// The final figures: `1 failed, 2 passed, 1 warning in 0.12s (0:00:00)`. A figure that is not
/// printed is zero: pytest leaves out what did not occur.
pub(super) fn figures(text: &str) -> Option<(Printed, f64)> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == 'n') {
        return None;
    }
    let (counts, time) = text.rsplit_once(" in ")?;
    let seconds = seconds(time)?;
    let mut printed = zeros();
    if is_empty_end(counts) {
        return Some((printed, seconds));
    }
    let mut known = false;
    for part in counts.split(", ") {
        let (number, word) = part.split_once(' ')?;
        let number: u64 = number.parse().ok()?;
        let plain = |b: u8| b.is_ascii_lowercase() || matches!(b, b' ' | b'-' | b'_');
        if !word.bytes().all(plain) || word.split(' ').count() > 3 {
            return None;
        }
        known |= set(&mut printed, word, number);
    }
    known.then_some((printed, seconds))
}

/// Figures that are all nought.
pub(super) fn zeros() -> Printed {
    Printed {
        tests: None,
        passed: Some(0),
        failed: Some(0),
        errored: Some(0),
        skipped: Some(0),
        xfail: Some(0),
        xpass: Some(0),
        todo: None,
    }
}

/// Sets a figure by its word; tells whether the word is one of pytest's own.
pub(super) fn set(printed: &mut Printed, word: &str, number: u64) -> bool {
    let slot = match word {
        "passed" => &mut printed.passed,
        "failed" => &mut printed.failed,
        "error" | "errors" => &mut printed.errored,
        "skipped" => &mut printed.skipped,
        "xfailed" => &mut printed.xfail,
        "xpassed" => &mut printed.xpass,
        "deselected" | "warning" | "warnings" | "rerun" => return true,
        _ => return false,
    };
    *slot = Some(number);
    true
}

/// `0.12s`, `79.63s (0:01:19)`, of old `0.12 seconds`.
fn seconds(time: &str) -> Option<f64> {
    let (time, rest) = match time.split_once(" (") {
        Some((time, clock)) => (time, clock.strip_suffix(')')?),
        None => (time, ""),
    };
    let clock = rest
        .bytes()
        .all(|b| b.is_ascii_digit() || b": days,".contains(&b));
    let number = time.strip_suffix(" seconds").or(time.strip_suffix('s'))?;
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.') && number.contains('.');
    (clock && plain).then(|| number.parse().ok())?
}

/// What is said about the tests to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Collected {
    pub tests: u64,
    /// Files skipped as a whole; the final figures count each as one skipped.
    pub skipped: u64,
    /// Whether workers run them.
    pub workers: bool,
}

/// `collected 9 items / 1 error / 2 deselected / 7 selected`, `2 workers [9 items]`,
/// `gw0 [9] / gw1 [9]`.
pub(super) fn collected(text: &str) -> Option<Collected> {
    let text = text.trim_end();
    if let Some(tests) = from_workers(text) {
        return Some(Collected {
            tests,
            skipped: 0,
            workers: true,
        });
    }
    let text = text
        .strip_prefix("collecting ... ")
        .unwrap_or(text)
        .strip_prefix("collected ")?;
    let mut parts = text.split(" / ");
    let (items, word) = parts.next()?.split_once(' ')?;
    if !matches!(word, "item" | "items") {
        return None;
    }
    let mut tests: u64 = items.parse().ok()?;
    let mut skipped = 0;
    for part in parts {
        let (number, word) = part.split_once(' ')?;
        let number: u64 = number.parse().ok()?;
        match word {
            // Old versions also take errors and skipped files off `selected`, wrongly.
            "deselected" => tests = tests.saturating_sub(number),
            "skipped" => skipped = number,
            _ => {}
        }
    }
    Some(Collected {
        tests,
        skipped,
        workers: false,
    })
}

fn from_workers(text: &str) -> Option<u64> {
    let inner = text.strip_suffix(']')?;
    let (head, number) = inner.rsplit_once('[')?;
    let head = head.strip_suffix(' ')?;
    if let Some(workers) = head
        .strip_suffix(" workers")
        .or(head.strip_suffix(" worker"))
    {
        workers.parse::<u32>().ok()?;
        let number = number
            .strip_suffix(" items")
            .or(number.strip_suffix(" item"))?;
        return number.parse().ok();
    }
    let of_worker = |part: &str| {
        part.strip_prefix("gw")
            .is_some_and(|p| p.starts_with(|c: char| c.is_ascii_digit()))
    };
    head.split(" / ")
        .all(of_worker)
        .then(|| number.parse().ok())?
}

/// A line of the list at the end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Listed<'a> {
    pub status: Status,
    pub id: &'a str,
    pub sub: &'a str,
    pub message: Option<&'a str>,
}

/// `FAILED id - message`; of a file that could not be collected `ERROR file`. Skips are listed by
/// place, not by name, and are none.
pub(super) fn listed(text: &str) -> Option<Listed<'_>> {
    let end = text.find(|c: char| !c.is_ascii_uppercase())?;
    let word = &text[..end];
    let mut sub = "";
    let mut rest = text[end..].trim_start();
    let status = match report::outcome(word) {
        Some(Outcome::Result(status)) => status,
        Some(Outcome::Sub(Some(status))) => {
            let cut = report::sub_end(rest).unwrap_or(0);
            (sub, rest) = (rest[..cut].trim(), rest[cut..].trim_start());
            status
        }
        None if word == "FAIL" => Status::Failed,
        _ => return None,
    };
    let (id, message) = match id_end(rest) {
        Some(end) => (&rest[..end], rest[end..].strip_prefix(" - ")),
        None => (rest, None),
    };
    let file_alone = status.is_failure() && !id.contains("::") && node::is_file(id, false);
    (file_alone || node::is_id(id, true)).then_some(Listed {
        status,
        id,
        sub,
        message: message.map(str::trim).filter(|m| !m.is_empty()),
    })
}

/// Where the id ends before ` - message`.
fn id_end(text: &str) -> Option<usize> {
    let dash = text.find(" - ")?;
    match text[..dash].find('[') {
        Some(_) => text
            .find("] - ")
            .map(|i| i + 1)
            .or((!text.ends_with(']')).then_some(dash)),
        None => Some(dash),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_figures_are_read_in_every_spelling() {
        let (printed, seconds) =
            figures("3 failed, 692 passed, 1 error, 2 warnings in 79.63s (0:01:19)").unwrap();
        assert_eq!(
            (
                printed.failed,
                printed.passed,
                printed.errored,
                printed.xfail
            ),
            (Some(3), Some(692), Some(1), Some(0))
        );
        assert!((seconds - 79.63).abs() < 1e-9);
        assert!(figures("1 passed, 11318 subtests passed in 0.05 seconds").is_some());
        assert!(figures("no tests ran in 0.01s").is_some());
        for text in [
            "12 passed the quota check, 1 failed validation and was skipped in 0.42s of work",
            "3 passed (2.5s)",
            "5 apples in 0.12s",
            "12 passed in time",
        ] {
            assert_eq!(figures(text), None, "{text}");
        }
    }

    #[test]
    fn the_announced_number_leaves_deselected_tests_out() {
        let tests = |text: &str| collected(text).map(|c| (c.tests, c.skipped, c.workers));
        assert_eq!(tests("collected 1 item"), Some((1, 0, false)));
        assert_eq!(
            tests(
                "collecting ... collected 30 items / 1 error / 20 deselected / 2 skipped / 7 selected"
            ),
            Some((10, 2, false))
        );
        assert_eq!(tests("2 workers [9 items]"), Some((9, 0, true)));
        assert_eq!(tests("gw0 [9] / gw1 [9]"), Some((9, 0, true)));
        assert_eq!(tests("gw0 I / gw1 I"), None);
        assert_eq!(tests("collected data"), None);
    }

    #[test]
    fn a_listed_id_ends_before_its_message() {
        let parts = |text: &'static str| listed(text).map(|l| (l.id, l.sub, l.message));
        assert_eq!(
            parts("FAILED d/a.py::t[a - b] - KeyError: ' - '"),
            Some(("d/a.py::t[a - b]", "", Some("KeyError: ' - '")))
        );
        assert_eq!(parts("ERROR d/a.py"), Some(("d/a.py", "", None)));
        assert_eq!(
            parts("ERROR d/a.py - ImportError: x[1]"),
            Some(("d/a.py", "", Some("ImportError: x[1]")))
        );
        assert_eq!(
            parts("PASSED d/a.py::t[a b]"),
            Some(("d/a.py::t[a b]", "", None))
        );
        assert_eq!(
            parts("SUBFAILED[m] (i=1) d/a.py::t - no"),
            Some(("d/a.py::t", "[m] (i=1)", Some("no")))
        );
        assert_eq!(parts("SKIPPED [2] d/a.py:3: reason"), None);
        assert_eq!(parts("FAILED to connect"), None);
    }
}
