//! The lines that `TAP::Harness` writes round the TAP of test files.

/// What a heading or a closing line says of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Outcome {
    /// Nothing yet: `file .. `, `file .. 3/12`.
    Running,
    /// All results are fine; with the seconds if `--timer` is on.
    Passed(Option<f64>),
    /// The whole file was skipped.
    Skipped,
    /// Exit status not zero; a further line follows.
    Dubious,
    /// `Failed 3/12 subtests`, `No subtests run`.
    Failed,
    /// `All 12 subtests passed`, of a file that is dubious.
    AllPassed,
}

/// `t/a.t .. ok`: the file and what follows the dots.
pub(super) fn heading(text: &str) -> Option<(&str, Outcome)> {
    let text = without_clock(text);
    let at = text.find(" ..")?;
    let (name, dots) = (&text[..at], &text[at + 1..]);
    let rest = dots.trim_start_matches('.');
    if name.is_empty()
        || name.starts_with([' ', '\t', '#'])
        || !(rest.is_empty() || rest.starts_with(' '))
    {
        return None;
    }
    let outcome = match rest.trim() {
        "" => Outcome::Running,
        rest => closing(rest).or_else(|| progress(rest))?,
    };
    Some((name, outcome))
}

/// `[12:34:56] ` of `--timer`.
fn without_clock(text: &str) -> &str {
    match text.strip_prefix('[').and_then(|t| t.split_once("] ")) {
        Some((clock, rest)) if clock.len() == 8 && clock.bytes().all(is_clock) => rest,
        _ => text,
    }
}

fn is_clock(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b':'
}

fn progress(text: &str) -> Option<Outcome> {
    let (done, of) = text.split_once('/')?;
    let number = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    (number(done) && (of == "?" || number(of))).then_some(Outcome::Running)
}

/// The line that closes a file: `ok`, `ok  12 ms ( ...`, `skipped: no net`, ...
pub(super) fn closing(text: &str) -> Option<Outcome> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("ok") {
        return match rest {
            "" => Some(Outcome::Passed(None)),
            _ => elapsed(rest).map(|s| Outcome::Passed(Some(s))),
        };
    }
    if text == "skipped" || text.starts_with("skipped: ") {
        return Some(Outcome::Skipped);
    }
    if text.starts_with("Dubious, test returned ") {
        return Some(Outcome::Dubious);
    }
    if text == "No subtests run" {
        return Some(Outcome::Failed);
    }
    if let Some(rest) = text.strip_prefix("Failed ") {
        let (failed, all) = rest.split_once('/')?;
        let all = all.split_once(" subtests")?.0;
        failed.parse::<u64>().ok()?;
        all.parse::<u64>().ok()?;
        return Some(Outcome::Failed);
    }
    let rest = text.strip_prefix("All ")?;
    let count = rest.split_once(" subtests passed")?.0;
    count.parse::<u64>().ok().map(|_| Outcome::AllPassed)
}

/// `     18 ms ( 0.00 usr ...)` or `  0.123 s`, in seconds.
fn elapsed(rest: &str) -> Option<f64> {
    if !rest.starts_with(' ') {
        return None;
    }
    let mut words = rest.split_ascii_whitespace();
    let (number, unit) = (words.next()?, words.next()?);
    let number: f64 = number.parse().ok()?;
    match unit {
        "ms" => Some(number / 1000.0),
        "s" => Some(number),
        _ => None,
    }
}

/// `t/a.t  (Wstat: 256 (exited 1) Tests: 12 Failed: 3)`: file, tests, failed.
pub(super) fn report(text: &str) -> Option<(&str, u64, u64)> {
    let (name, rest) = text.split_once("(Wstat: ")?;
    let (_, rest) = rest.split_once("Tests: ")?;
    let (tests, rest) = rest.split_once(" Failed: ")?;
    let failed = rest.trim_end().strip_suffix(')')?;
    Some((name.trim_end(), tests.parse().ok()?, failed.parse().ok()?))
}

/// `Files=2, Tests=12,  3 wallclock secs (...`: tests and seconds.
pub(super) fn totals(text: &str) -> Option<(u64, Option<f64>)> {
    let (files, rest) = text.strip_prefix("Files=")?.split_once(", Tests=")?;
    files.parse::<u64>().ok()?;
    let (tests, rest) = rest.split_once(',')?;
    let seconds = rest
        .split_once(" wallclock")
        .and_then(|(s, _)| s.trim().parse().ok());
    Some((tests.parse().ok()?, seconds))
}

/// What `#   Failed test 'x'` or `# Failed test 3 - x at t/a.t line 4` says of the name.
pub(super) fn failed_name(headline: &str) -> Option<&str> {
    let rest = headline.trim().strip_prefix("Failed test")?.trim_start();
    if let Some(quoted) = rest.strip_prefix('\'') {
        return quoted.strip_suffix('\'');
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    Some(rest[digits..].trim_start().strip_prefix("- ").unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_a_file_dots_and_an_outcome() {
        assert_eq!(heading("t/a.t .. "), Some(("t/a.t", Outcome::Running)));
        assert_eq!(
            heading("t/a.t ...... 3/?"),
            Some(("t/a.t", Outcome::Running))
        );
        let timed = "[12:34:56] t/a.t .. ok       18 ms ( 0.00 usr  0.01 sys)";
        assert_eq!(
            heading(timed),
            Some(("t/a.t", Outcome::Passed(Some(0.018))))
        );
        assert_eq!(
            heading("t/a.t .. skipped: no"),
            Some(("t/a.t", Outcome::Skipped))
        );
        let dubious = "t/a.t .. Dubious, test returned 1 (wstat 256, 0x100)";
        assert_eq!(heading(dubious), Some(("t/a.t", Outcome::Dubious)));
        for text in ["starting .. done", "a ..b", "# x .. ok", "file....ok"] {
            assert_eq!(heading(text), None, "{text}");
        }
    }

    #[test]
    fn report_and_totals_give_their_figures() {
        let text = "op/a.t    (Wstat: 512 (exited 2) Tests: 66 Failed: 1)";
        assert_eq!(report(text), Some(("op/a.t", 66, 1)));
        let text = "Files=13, Tests=310,  3 wallclock secs ( 0.08 usr)";
        assert_eq!(totals(text), Some((310, Some(3.0))));
        assert_eq!(failed_name("  Failed test 'a b'"), Some("a b"));
        assert_eq!(failed_name("Failed test 12 - a b"), Some("a b"));
    }
}
