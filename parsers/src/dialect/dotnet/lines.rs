//! The lines that `dotnet test` writes, taken apart.

use crate::dialect::script::seconds;
use crate::event::{Printed, Status};

/// What adapters of xUnit.net begin their lines with.
pub(super) const XUNIT: &str = "[xUnit.net ";
/// What a failed test is to the build.
pub(super) const ERROR: &str = "error TESTERROR";

/// Words of the banners of Microsoft.Testing.Platform: xUnit.net's, and the others'
/// (`MSTest v3.8.3 (UTC 3/12/2025) [linux-x64 - .NET 9.0.2]`).
pub(super) const RUNNER: &str = "Microsoft.Testing.Platform Runner v";
pub(super) const RUNTIME: &str = " - .NET ";

/// Whether the line is the banner of a runner on Microsoft.Testing.Platform.
pub(super) fn is_platform(text: &str) -> bool {
    text.contains(RUNNER)
        || (text.contains(RUNTIME) && text.contains(" (UTC ") && text.ends_with(']'))
}

/// What the summary of Microsoft.Testing.Platform says first.
pub(super) fn is_verdict(text: &str) -> bool {
    let verdicts = [
        "Passed!",
        "Failed!",
        "Zero tests ran",
        "Minimum expected tests",
        "Aborted",
    ];
    verdicts.iter().any(|verdict| text.starts_with(verdict))
}

/// A result on its line.
#[derive(Debug, PartialEq)]
pub(super) struct Shown<'a> {
    pub(super) status: Status,
    pub(super) name: &'a str,
    pub(super) duration_s: Option<f64>,
}

/// A result as VSTest writes it: `  Passed Shop.CartTests.Adds [12 ms]`; before version 16.3 with a mark
/// (`  X Adds [9ms]`), before 16 at the line's beginning (`Failed   Shop.CartTests.Adds`).
pub(super) fn result(text: &str) -> Option<Shown<'_>> {
    let (word, rest) = match text.strip_prefix("  ") {
        Some(text) => text.split_once(' ')?,
        None => text.split_once("  ")?,
    };
    let (status, mark) = match word {
        "Passed" => (Status::Passed, false),
        "Failed" => (Status::Failed, false),
        "Skipped" => (Status::Skipped, false),
        "V" | "√" => (Status::Passed, true),
        "X" => (Status::Failed, true),
        "!" => (Status::Skipped, true),
        _ => return None,
    };
    let rest = rest.trim();
    if let Some((name, duration)) = timed(rest) {
        return Some(Shown {
            status,
            name,
            duration_s: Some(duration),
        });
    }
    // Without a time only what is surely a name: prose has blanks.
    let head = rest.split('(').next().unwrap_or(rest);
    let named = !head.is_empty() && !head.contains([' ', ':', '!']) && !mark;
    named.then_some(Shown {
        status,
        name: rest,
        duration_s: None,
    })
}

/// Name and time of `Shop.CartTests.Adds [12 ms]`.
pub(super) fn timed(text: &str) -> Option<(&str, f64)> {
    let (name, time) = text.strip_suffix(']')?.rsplit_once(" [")?;
    Some((name, time_of(time)?))
}

/// The rest of a line on which a second assembly began to write its result: status and name are written
/// one after the other (`  Passed   Passed Shop.CartTests.Adds [12 ms]`).
pub(super) fn doubled(text: &str) -> Option<(Status, &str)> {
    for (word, status) in [
        ("  Passed   ", Status::Passed),
        ("  Failed   ", Status::Failed),
        ("  Skipped   ", Status::Skipped),
    ] {
        let rest = text.strip_prefix(word);
        if rest.is_some_and(|r| {
            ["Passed ", "Failed ", "Skipped "]
                .iter()
                .any(|w| r.starts_with(w))
        }) {
            return Some((status, &text[word.len() - 2..]));
        }
    }
    None
}

/// A result as Microsoft.Testing.Platform writes it: `failed Shop.CartTests.Adds (33ms)`
pub(super) fn platform_result(text: &str) -> Option<Shown<'_>> {
    let (word, rest) = text.split_once(' ')?;
    let status = match word {
        "passed" => Status::Passed,
        "failed" => Status::Failed,
        "skipped" => Status::Skipped,
        _ => return None,
    };
    let rest = rest.strip_prefix("(canceled) ").unwrap_or(rest);
    let (name, time) = rest.strip_suffix(')')?.rsplit_once(" (")?;
    Some(Shown {
        status,
        name,
        duration_s: Some(time_of(time)?),
    })
}

/// Bytes that a time and its bracket take at most.
const TIME: usize = 64;

/// Name, time and the beginning of the message of a failed test in the terminal logger:
/// `Shop.CartTests.Adds (2ms): Error Message: Assert.True() Failure`
pub(super) fn error_head(text: &str) -> Option<(&str, f64, &str)> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find("): ") {
        let (head, rest) = (&text[..from + at], &text[from + at + 3..]);
        // Not further back than a time is long: there may be as many places to look from.
        let near = head.floor_char_boundary(head.len().saturating_sub(TIME));
        if let Some((name, time)) = head[near..].rsplit_once(" (")
            && let Some(time) = time_of(time)
        {
            return Some((
                &head[..near + name.len()],
                time,
                rest.strip_prefix("Error Message:").unwrap_or(rest).trim(),
            ));
        }
        from += at + 3;
    }
    None
}

/// Seconds of `12 ms`, `1 m 34 s`, `< 1 ms`.
fn time_of(text: &str) -> Option<f64> {
    match text.strip_prefix('<') {
        Some(below) => seconds(below).map(|_| 0.0),
        None => seconds(text),
    }
}

/// `file:line` of `    CartTests.cs(28): error TESTERROR:`, and what follows on the line.
pub(super) fn error(text: &str) -> Option<(Option<String>, &str)> {
    // To look is much cheaper than to prepare for a split.
    let (place, rest) = text.contains(ERROR).then(|| text.split_once(ERROR))??;
    let place = place
        .trim()
        .strip_suffix(':')
        .and_then(|p| p.strip_suffix(')'));
    let place = place.and_then(|p| p.rsplit_once('('));
    let place = place.and_then(|(file, at)| {
        let line = at.split(',').next().filter(|n| is_number(n))?;
        Some(format!("{file}:{line}"))
    });
    Some((place, rest.trim_start_matches([' ', ':'])))
}

/// `file:line` of a frame: `at Shop.CartTests.Adds() in /app/CartTests.cs:line 12`
pub(super) fn frame(text: &str) -> Option<String> {
    let (_, place) = text.trim().strip_prefix("at ")?.rsplit_once(" in ")?;
    let (file, line) = place.rsplit_once(':')?;
    let line = line.strip_prefix("line ").unwrap_or(line);
    is_number(line).then(|| format!("{file}:{line}"))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// What stands behind the time on a line of xUnit.net's adapter.
pub(super) fn xunit(text: &str) -> Option<&str> {
    let (time, rest) = text.trim_start().strip_prefix(XUNIT)?.split_once(']')?;
    let clock = !time.is_empty()
        && time
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.'));
    clock.then_some(rest)
}

/// `    Shop.CartTests.Adds [FAIL]`
pub(super) fn xunit_result(rest: &str) -> Option<(&str, Status)> {
    let rest = rest.strip_prefix("     ").filter(|r| !r.starts_with(' '))?;
    let failed = rest
        .strip_suffix(" [FAIL]")
        .map(|name| (name, Status::Failed));
    failed.or(rest
        .strip_suffix(" [SKIP]")
        .map(|name| (name, Status::Skipped)))
}

/// Class and method of a test's name; what has no class (MSTest's and NUnit's display names) has no suite.
pub(super) fn split(name: &str) -> (&str, &str) {
    let head = name.find([' ', '(']).map_or(name, |end| &name[..end]);
    let Some(dot) = head.rfind('.') else {
        return ("", name);
    };
    let letter = |c: char| c.is_alphabetic() || c == '_';
    let word = |w: &str| w.starts_with(letter);
    if head[..dot].split('.').all(word) && word(&name[dot + 1..]) {
        (&name[..dot], &name[dot + 1..])
    } else {
        ("", name)
    }
}

/// The totals of one line, with the words of VSTest (`Failed!  - Failed:     1, Passed:     2, Skipped: 0,
/// Total: 3, Duration: 5 ms - a.dll (net8.0)`; before version 16 `Total tests: 2. Passed: 0. Failed: 2.
/// Skipped: 0.`) or of the terminal logger (`Test summary: total: 5, failed: 2, succeeded: 3, skipped: 0,
/// duration: 0.8s`).
pub(super) fn totals(text: &str, within_run: bool) -> Option<Printed> {
    let (figures, separator) = match text.strip_prefix("Total tests: ") {
        Some(_) if !within_run => return None,
        Some(_) => (text.strip_suffix('.')?, ". "),
        None => match text.contains(" - ").then(|| text.split_once(" - ")) {
            Some(Some((verdict, rest))) => {
                let verdict = verdict.trim_end();
                let known = matches!(verdict, "Failed!" | "Passed!" | "Skipped!" | "None");
                (known && rest.starts_with("Failed: ")).then_some(())?;
                (rest, ", ")
            }
            _ => {
                let rest = text.strip_prefix("Test summary: ")?;
                (Some(rest).filter(|r| r.starts_with("total: "))?, ", ")
            }
        },
    };
    let mut all = Printed::default().to_array();
    // Behind the figures comes how long it took.
    for (place, number) in figures.split(separator).map_while(figure) {
        all[place] = Some(number);
    }
    let printed = Printed::from_array(all);
    (printed.tests.is_some() && printed.failed.is_some()).then_some(printed)
}

/// A figure and its place among all: `Passed:     2`.
pub(super) fn figure(text: &str) -> Option<(usize, u64)> {
    let (word, number) = text.trim().split_once(':')?;
    // Behind it may stand how many were tried again.
    let number = number.split_whitespace().next()?.parse().ok()?;
    let place = match word {
        "Total tests" | "Total" | "total" => 0,
        "Passed" | "succeeded" => 1,
        "Failed" | "failed" => 2,
        "Skipped" | "skipped" => 4,
        _ => return None,
    };
    Some((place, number))
}
