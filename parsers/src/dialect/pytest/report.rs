//! Results with a name: the verbose lines, alone or behind a worker's id (pytest-xdist).

use super::node;
use crate::decimal::decimal;
use crate::event::Status;
use crate::places::holds_any;

/// What a status word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A test's result.
    Result(Status),
    /// A sub-test's result; `None` where the framework does not count it.
    Sub(Option<Status>),
    /// A try that failed and is followed by another.
    Rerun,
}

/// A verbose line taken apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Report<'a> {
    /// `gw0` with pytest-xdist, else empty.
    pub worker: &'a str,
    pub id: &'a str,
    pub outcome: Outcome,
    /// The sub-test, as in `[message] (i=1)`; empty for whole tests.
    pub sub: &'a str,
    /// Why it was skipped or expected to fail; the terminal's width may have cut it.
    pub reason: Option<&'a str>,
    pub duration_s: Option<f64>,
}

impl<'a> Report<'a> {
    /// A plain result.
    pub(super) fn of(id: &'a str, status: Status) -> Report<'a> {
        Report {
            id,
            outcome: Outcome::Result(status),
            ..BARE
        }
    }
}

/// What stands at the end of a progress line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Progress {
    /// Whether there was any.
    pub shown: bool,
    /// The test's duration (`console_output_style = times`).
    pub duration_s: Option<f64>,
}

/// The outcome a word stands for; words of plugins and of old versions included.
pub(super) fn outcome(word: &str) -> Option<Outcome> {
    use Outcome::{Rerun, Result, Sub};
    Some(match word {
        "PASSED" => Result(Status::Passed),
        "FAILED" => Result(Status::Failed),
        "ERROR" => Result(Status::Errored),
        "SKIPPED" => Result(Status::Skipped),
        "XFAIL" | "xfail" => Result(Status::Xfail),
        "XPASS" | "xpass" => Result(Status::Xpass),
        "RERUN" => Rerun,
        "SUBPASSED" | "SUBPASS" => Sub(None),
        "SUBFAILED" | "SUBFAIL" => Sub(Some(Status::Failed)),
        "SUBSKIPPED" | "SUBSKIP" => Sub(Some(Status::Skipped)),
        "SUBXFAIL" => Sub(Some(Status::Xfail)),
        _ => return None,
    })
}

/// Takes `[ 42%]`, `[ 12/345]` or a duration off the end of a line.
pub(super) fn strip_progress(text: &str) -> (&str, Progress) {
    let text = text.trim_end();
    let shown = |duration_s| Progress {
        shown: true,
        duration_s,
    };
    if let Some(open) = text.strip_suffix(']').and_then(|t| t.rfind('[')) {
        if is_progress(&text[open + 1..text.len() - 1]) {
            return (text[..open].trim_end(), shown(None));
        }
    } else if let Some((rest, last)) = text.rsplit_once(' ')
        && let Some(seconds) = duration(last)
    {
        return (rest.trim_end(), shown(Some(seconds)));
    }
    (text, Progress::default())
}

/// Whether the text between brackets is a percentage or a count.
fn is_progress(inner: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let inner = inner.trim_start();
    match (inner.strip_suffix('%'), inner.split_once('/')) {
        (Some(n), _) => digits(n),
        (None, Some((done, all))) => digits(done.trim()) && digits(all),
        _ => false,
    }
}

/// `12.3ms`, `1.234s`, `9.000us`.
fn duration(text: &str) -> Option<f64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let factor = match &text[digits.len()..] {
        "s" => 1.0,
        "ms" => 1e-3,
        "us" => 1e-6,
        _ => return None,
    };
    decimal(digits).map(|n| n * factor)
}

/// Takes a verbose result line apart.
pub(super) fn report(text: &str) -> Option<Report<'_>> {
    usual(text).or_else(|| any(text))
}

/// The lines that most are, `id STATUS [ 42%]`, without a search; nothing for others.
fn usual(text: &str) -> Option<Report<'_>> {
    let bytes = text.as_bytes().trim_ascii_end().strip_suffix(b"%]")?;
    let digits = bytes
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_digit())
        .count();
    let bytes = bytes[..bytes.len() - digits].trim_ascii_end();
    let body = bytes.strip_suffix(b"[")?.trim_ascii_end();
    let letters = body
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_uppercase())
        .count();
    // Both ends are those of ASCII letters: characters' boundaries.
    let (before, word) = text[..body.len()].split_at(body.len() - letters);
    let outcome = outcome(word)?;
    let id = before.strip_suffix(' ')?.trim_ascii_end();
    let plain = digits > 0
        && matches!(outcome, Outcome::Result(_))
        && !id.starts_with('[')
        && !holds_any(id.as_bytes(), *b"<")
        && node::is_id(id, true);
    plain.then_some(Report {
        id,
        outcome,
        ..BARE
    })
}

/// Takes any verbose result line apart.
fn any(text: &str) -> Option<Report<'_>> {
    let (body, progress) = strip_progress(text);
    let found = if body.starts_with("[gw") {
        from_worker(body)?
    } else {
        let found = at_end(body)
            .or_else(|| with_sub(body))
            .or_else(|| with_reason(body))?;
        Report {
            id: node::without_origin(found.id.trim_end()),
            ..found
        }
    };
    // Without a percentage the text before the word may be the test's own output.
    node::is_id(found.id, progress.shown || !found.worker.is_empty()).then_some(Report {
        duration_s: progress.duration_s,
        ..found
    })
}

/// A report of which nothing is known but that a try failed.
pub(super) const BARE: Report<'static> = Report {
    worker: "",
    id: "",
    outcome: Outcome::Rerun,
    sub: "",
    reason: None,
    duration_s: None,
};

/// `id STATUS`; for sub-tests of the plugin also `id [message] (i=1) STATUS`.
fn at_end(body: &str) -> Option<Report<'_>> {
    let (before, word) = body.rsplit_once(' ')?;
    let outcome = outcome(word)?;
    let mut id = before.trim_end();
    let mut sub = "";
    if matches!(outcome, Outcome::Sub(_))
        && let Some(end) = node::end_in(id)
    {
        (id, sub) = (&id[..end], id[end..].trim());
    }
    Some(Report {
        id,
        outcome,
        sub,
        ..BARE
    })
}

/// `id SUBFAILED[message] (i=1)`.
fn with_sub(body: &str) -> Option<Report<'_>> {
    let at = memchr::memchr_iter(b'B', body.as_bytes()).find_map(|b| {
        b.checked_sub(3)
            .filter(|at| body.as_bytes()[*at..b] == *b" SU")
    })?;
    let word = &body[at + 1..];
    let end = word.find(|c: char| !c.is_ascii_uppercase())?;
    let outcome = outcome(&word[..end])?;
    matches!(outcome, Outcome::Sub(_)).then_some(Report {
        id: &body[..at],
        outcome,
        sub: word[end..].trim(),
        ..BARE
    })
}

/// `id SKIPPED (reason)`; a long reason goes on in the next line, or is cut.
fn with_reason(body: &str) -> Option<Report<'_>> {
    const WORDS: [&str; 3] = [" SKIPPED ", " XFAIL ", " XPASS "];
    let (at, word, reason) = memchr::memchr_iter(b'(', body.as_bytes()).find_map(|open| {
        let (before, reason) = (&body[..open], &body[open + 1..]);
        let word = WORDS.iter().find(|word| before.ends_with(**word))?;
        Some((open - word.len(), word.trim(), reason))
    })?;
    Some(Report {
        id: &body[..at],
        outcome: outcome(word)?,
        reason: Some(reason.strip_suffix(')').unwrap_or(reason)),
        ..BARE
    })
}

/// `[gw0] [ 42%] STATUS id`.
fn from_worker(body: &str) -> Option<Report<'_>> {
    let (worker, rest) = body.strip_prefix('[')?.split_once(']')?;
    let mut rest = rest.trim_start();
    if let Some((inner, after)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
        if !is_progress(inner) {
            return None;
        }
        rest = after.trim_start();
    }
    let end = rest.find(|c: char| !c.is_ascii_alphabetic())?;
    let outcome = outcome(&rest[..end])?;
    let mut id = rest[end..].trim();
    let mut sub = "";
    if matches!(outcome, Outcome::Sub(_)) && !rest[end..].starts_with(' ') {
        let cut = sub_end(id)?;
        (sub, id) = (id[..cut].trim(), id[cut..].trim());
    }
    Some(Report {
        worker,
        id: node::at_end_of_line(id),
        outcome,
        sub,
        ..BARE
    })
}

/// Where the description of a sub-test ends that stands before an id: after its last `] ` or `) `.
pub(super) fn sub_end(text: &str) -> Option<usize> {
    let head = &text[..text.find("::")?];
    head.rfind([']', ')']).map(|i| i + 1)
}

/// The status word at the end of a line of which the rest is a test's own output (`-s`), and
/// whether nothing but the word (and progress) stands there.
pub(super) fn glued(text: &str) -> Option<(Status, bool)> {
    const WORDS: [(&str, Status); 6] = [
        ("PASSED", Status::Passed),
        ("FAILED", Status::Failed),
        ("ERROR", Status::Errored),
        ("SKIPPED", Status::Skipped),
        ("XFAIL", Status::Xfail),
        ("XPASS", Status::Xpass),
    ];
    let (body, progress) = strip_progress(text);
    if let Some(reasoned) = with_reason_alone(body) {
        return Some((reasoned, true));
    }
    let (before, status) = WORDS
        .iter()
        .find_map(|(word, status)| Some((body.strip_suffix(word)?, *status)))?;
    let joined = before.ends_with(|c: char| c.is_ascii_uppercase());
    (!joined).then_some((status, before.is_empty() || progress.shown))
}

fn with_reason_alone(body: &str) -> Option<Status> {
    let (word, rest) = body.split_once(' ')?;
    match outcome(word)? {
        Outcome::Result(status @ (Status::Skipped | Status::Xfail | Status::Xpass))
            if rest.starts_with('(') =>
        {
            Some(status)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(&str, &str, Outcome, &str)> {
        report(text).map(|r| (r.worker, r.id, r.outcome, r.sub))
    }

    #[test]
    fn a_verbose_line_gives_id_and_status() {
        let passed = Outcome::Result(Status::Passed);
        assert_eq!(
            parts("d/a.py::T::t[a b] PASSED     [ 31%]"),
            Some(("", "d/a.py::T::t[a b]", passed, ""))
        );
        assert_eq!(
            parts("d/a.py::t PASSED [ 12/345]"),
            Some(("", "d/a.py::t", passed, ""))
        );
        assert_eq!(
            parts("[gw3] [ 31%] PASSED d/a.py::t[a b] "),
            Some(("gw3", "d/a.py::t[a b]", passed, ""))
        );
        assert_eq!(
            parts("[gw3] PASSED d/a.py::t"),
            Some(("gw3", "d/a.py::t", passed, ""))
        );
        assert_eq!(
            parts("d/a.py::t <- d/base.py PASSED [ 3%]"),
            Some(("", "d/a.py::t", passed, ""))
        );
        let timed = report("d/a.py::t PASSED        12.5ms").unwrap();
        assert!((timed.duration_s.unwrap() - 0.0125).abs() < 1e-9);
    }

    #[test]
    fn a_reason_may_be_cut_and_hold_anything() {
        let r = report("d/a.py::t[x] SKIPPED (needs PASSED...) [ 3%]").unwrap();
        assert_eq!((r.id, r.reason), ("d/a.py::t[x]", Some("needs PASSED...")));
        let r = report("d/a.py::t XFAIL (first words").unwrap();
        assert_eq!(r.outcome, Outcome::Result(Status::Xfail));
    }

    #[test]
    fn a_sub_test_keeps_its_description() {
        let failed = Outcome::Sub(Some(Status::Failed));
        let want = Some(("", "d/a.py::t", failed, "[m] (i=1)"));
        assert_eq!(parts("d/a.py::t SUBFAILED[m] (i=1) [ 3%]"), want);
        assert_eq!(parts("d/a.py::t [m] (i=1) SUBFAIL [ 3%]"), want);
        assert_eq!(
            parts("[gw0] [  3%] SUBFAILED(i=1) d/a.py::t"),
            Some(("gw0", "d/a.py::t", failed, "(i=1)"))
        );
    }

    #[test]
    fn ordinary_text_is_no_result() {
        for text in [
            "user FAILED",
            "std::vec PASSED",
            "see d/a.py::t PASSED",
            "d/a.py::t says hello PASSED",
            "d/a.py::t",
            "",
        ] {
            assert_eq!(report(text), None, "{text}");
        }
    }

    #[test]
    fn a_word_glued_to_output_is_a_hint_only() {
        assert_eq!(glued("PASSED"), Some((Status::Passed, true)));
        assert_eq!(glued("helloPASSED"), Some((Status::Passed, false)));
        assert_eq!(glued("helloFAILED  [ 3%]"), Some((Status::Failed, true)));
        assert_eq!(glued("BYPASSED"), None);
        assert_eq!(glued("SKIPPED (why)"), Some((Status::Skipped, true)));
    }
}
