//! What single lines of nextest say, without any state.

use crate::event::Status;

/// What a row tells of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Began,
    Ended(Status),
    /// Something on the way: slow, being terminated.
    Going,
}

/// A row: `        PASS [   0.016s] ( 1/63) crate::binary path::of::test`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row<'a> {
    pub(super) said: Said,
    /// The try, from 1, if the row is about one of several.
    pub(super) attempt: Option<u32>,
    pub(super) seconds: Option<f64>,
    /// The binary's id.
    pub(super) suite: &'a str,
    pub(super) name: &'a str,
}

/// Reads a row.
pub(super) fn row(text: &str) -> Option<Row<'_>> {
    let (label, rest) = text.split_once(" [")?;
    let (said, attempt) = label_of(label.trim_start())?;
    let (time, rest) = rest.split_once("] ")?;
    let seconds = seconds(time)?;
    // The row's place among all, in newer versions.
    let rest = match rest.strip_prefix('(') {
        Some(place) => place.split_once(") ")?.1,
        None => rest,
    };
    let (suite, name) = rest.split_once(' ')?;
    let (suite, name) = (suite.trim(), name.trim());
    (!suite.is_empty() && !name.is_empty()).then_some(Row {
        said,
        attempt,
        seconds,
        suite,
        name,
    })
}

/// The time in brackets: blank, `   0.016s` or, while it is running, `>  2.000s`.
fn seconds(text: &str) -> Option<Option<f64>> {
    let (running, text) = match text.strip_prefix('>') {
        Some(rest) => (true, rest.trim()),
        None => (false, text.trim()),
    };
    if text.is_empty() {
        return Some(None);
    }
    let number = text.strip_suffix('s')?;
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let value = plain.then(|| number.parse().ok())??;
    Some((!running).then_some(value))
}

/// What `PASS`, `TRY 2 FAIL`, `FLAKY 2/3`, `SIGABRT` and the others mean.
fn label_of(label: &str) -> Option<(Said, Option<u32>)> {
    if let Some(rest) = label.strip_prefix("TRY ") {
        let (number, word) = rest.split_once(' ')?;
        return Some((word_of(word)?, Some(number.parse().ok()?)));
    }
    for (word, said) in [
        ("FLAKY ", Said::Ended(Status::Passed)),
        ("FLKY-FL ", Said::Ended(Status::Failed)),
        ("RETRY ", Said::Began),
        ("DELAY ", Said::Going),
    ] {
        if let Some(rest) = label.strip_prefix(word) {
            let number = rest.split('/').next()?;
            return Some((said, Some(number.parse().ok()?)));
        }
    }
    Some((word_of(label)?, None))
}

fn word_of(word: &str) -> Option<Said> {
    let status = match word {
        "START" => return Some(Said::Began),
        "SLOW" | "TERMINATING" | "TERMINATE" | "KILLING" => return Some(Said::Going),
        "PASS" | "LEAK" | "TMPASS" | "TIMEOUT-PASS" => Status::Passed,
        "FAIL" | "ABORT" | "LEAK-FAIL" | "LKFAIL" | "FL+LK" | "FAIL + LEAK" | "ABORT + LEAK" => {
            Status::Failed
        }
        "TIMEOUT" | "TMT" => Status::TimedOut,
        // The binary could not be executed.
        "XFAIL" => Status::Errored,
        "SKIP" => Status::Skipped,
        _ if is_signal(word) => Status::Failed,
        _ => return None,
    };
    Some(Said::Ended(status))
}

/// `SIGSEGV`, `SIG 42`, `SIGABRT + LEAK`.
fn is_signal(word: &str) -> bool {
    let word = word.strip_suffix(" + LEAK").unwrap_or(word);
    word.strip_prefix("SIG").is_some_and(|rest| {
        let rest = rest.trim_start();
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}

/// The figures of `     Summary [   0.918s] 63 tests run: 61 passed (1 slow), 2 failed, 0 skipped`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Figures {
    pub(super) seconds: Option<f64>,
    pub(super) run: u64,
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) timed_out: u64,
    pub(super) errored: u64,
    pub(super) skipped: u64,
}

/// Reads the summary.
pub(super) fn summary(text: &str) -> Option<Figures> {
    let rest = text.trim_ascii_start().strip_prefix("Summary [")?;
    let (time, rest) = rest.split_once("] ")?;
    let (run, rest) = rest.split_once(" run: ")?;
    // `12/63 tests` when the run was cancelled.
    let run = run.split([' ', '/']).next()?.parse().ok()?;
    let mut figures = Figures {
        seconds: seconds(time)?,
        run,
        ..Figures::default()
    };
    // Remarks in parentheses say nothing more of the results.
    let mut plain = String::new();
    let mut depth = 0_u32;
    for c in rest.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    for part in plain.split(", ") {
        let (number, what) = part.trim().split_once(' ')?;
        let number = number.parse().ok()?;
        match what.trim() {
            "passed" => figures.passed = number,
            "failed" => figures.failed = number,
            "timed out" => figures.timed_out = number,
            "exec failed" => figures.errored = number,
            "skipped" => figures.skipped = number,
            _ => {}
        }
    }
    Some(figures)
}

/// `    Starting 63 tests across 1 binary`: the number.
pub(super) fn starting(text: &str) -> Option<u64> {
    let rest = text.trim_ascii_start().strip_prefix("Starting ")?;
    let mut words = rest.split(' ');
    let number = words.next()?.parse().ok()?;
    let known = matches!(words.next(), Some("test" | "tests"))
        && words.next() == Some("across")
        && words.next()?.parse::<u64>().is_ok();
    known.then_some(number)
}

/// `────────────`, around the rows.
pub(super) fn is_rule(text: &str) -> bool {
    let text = text.trim();
    text.chars().count() >= 8 && text.chars().all(|c| c == '─' || c == '-')
}

/// `(test failed with exit code 3)`, `(test aborted with signal 6: SIGABRT)`, below the output.
pub(super) fn exit_note(text: &str) -> Option<&str> {
    let note = text.trim().strip_prefix('(')?.strip_suffix(')')?;
    let exit = [
        "test failed with ",
        "test aborted with ",
        "test exited with ",
    ];
    exit.iter().any(|e| note.starts_with(e)).then_some(note)
}

/// `   Canceling due to test failure: 2 tests still running`.
pub(super) fn is_cancel(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("Canceling due to ") || text.starts_with("Cancelling due to ")
}
