//! The lines PHPUnit writes, taken apart.

use crate::event::{Counts, Printed, Status};

/// Words of every banner: `PHPUnit 9.6.7 by Sebastian Bergmann and contributors.`
pub(super) const BY: &str = " by Sebastian Bergmann";

/// The first number of the version in the banner.
pub(super) fn banner(text: &str) -> Option<u32> {
    let (head, _) = text.split_once(BY)?;
    let (_, version) = head.rsplit_once("PHPUnit ")?;
    version.split('.').next()?.parse().ok()
}

/// The letters of a progress line, and how many results there are up to its end, of how many:
/// `..F.   61 / 1690 (  3%)`.
pub(super) fn progress(text: &str, major: u32) -> Option<(Counts, Option<(u64, u64)>)> {
    let (letters, rest) = text.split_at(text.find(' ').unwrap_or(text.len()));
    let mut counts = Counts::ZERO;
    for letter in letters.bytes() {
        counts.add(status_of(letter, major)?, 1);
    }
    let rest = rest.trim_start();
    if rest.is_empty() {
        // Letters alone may be what a test printed.
        return letters.contains('.').then_some((counts, None));
    }
    let (so_far, rest) = rest.split_once(" / ")?;
    let (all, percent) = rest.split_once(" (")?;
    percent.ends_with("%)").then_some(())?;
    Some((counts, Some((so_far.parse().ok()?, all.parse().ok()?))))
}

/// Up to PHPUnit 9 a warning is a result of its own; later it is something a test triggered.
fn status_of(letter: u8, major: u32) -> Option<Status> {
    Some(match letter {
        b'.' | b'R' | b'D' | b'N' => Status::Passed,
        b'F' => Status::Failed,
        b'E' => Status::Errored,
        b'W' => warned(major),
        b'S' | b'I' => Status::Skipped,
        _ => return None,
    })
}

/// The status of a test with a warning.
pub(super) fn warned(major: u32) -> Status {
    if major < 10 {
        Status::Errored
    } else {
        Status::Passed
    }
}

/// What a list holds: `There were 2 errors:`. Passed tests are listed as well (risky ones), and what
/// is no test at all.
pub(super) fn list(text: &str, major: u32) -> Option<Option<Status>> {
    let rest = text
        .strip_prefix("There was ")
        .or(text.strip_prefix("There were "))?;
    let (number, what) = rest.strip_suffix(':')?.split_once(' ')?;
    number.parse::<u64>().ok()?;
    Some(match what {
        "error" | "errors" => Some(Status::Errored),
        "failure" | "failures" => Some(Status::Failed),
        "warning" | "warnings" if major < 10 => Some(Status::Errored),
        "skipped test" | "skipped tests" | "incomplete test" | "incomplete tests" => {
            Some(Status::Skipped)
        }
        _ => None,
    })
}

/// Number and words of the first line of an entry: `1) Shop\CartTest::testAdds`.
pub(super) fn head(text: &str) -> Option<(u64, &str)> {
    let (number, what) = text.split_once(") ")?;
    number
        .starts_with(|c: char| c.is_ascii_digit())
        .then_some(())?;
    Some((number.parse().ok()?, what))
}

/// Class and method of a test, the method with the name of its data but not with the data.
pub(super) fn test(text: &str) -> Option<(&str, &str)> {
    let (class, name) = text.split_once("::")?;
    let is_class = |c: char| c.is_alphanumeric() || matches!(c, '_' | '\\');
    (!class.is_empty() && class.chars().all(is_class)).then_some(())?;
    const DATA: &str = " with data set ";
    let Some(at) = name.find(DATA) else {
        return Some((class, name));
    };
    let set = &name[at + DATA.len()..];
    let end = match set.strip_prefix('"') {
        Some(named) => named.find("\" (").map_or(set.len(), |end| end + 2),
        None => set.find(' ').unwrap_or(set.len()),
    };
    Some((class, &name[..at + DATA.len() + end]))
}

/// The test of `Test 'Shop\CartTest::testAdds' started`, and whether it ended.
pub(super) fn debug(text: &str) -> Option<(&str, bool)> {
    let rest = text.strip_prefix("Test '")?;
    let ended = rest.strip_suffix("' ended").map(|test| (test, true));
    ended.or(rest.strip_suffix("' started").map(|test| (test, false)))
}

/// Whether the line is `/path/File.php:12` or the like of Windows, and nothing else.
pub(super) fn is_place(text: &str) -> bool {
    let Some((file, line)) = text.rsplit_once(':') else {
        return false;
    };
    let rooted = file.starts_with('/') || file.get(1..3) == Some(":\\");
    rooted && !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit())
}

/// `OK (3 tests, 3 assertions)`, `Tests: 23, Assertions: 23, Failures: 23.`, `No tests executed!`
pub(super) fn totals(text: &str, major: u32) -> Option<Printed> {
    if text == "No tests executed!" {
        return Some(Printed {
            tests: Some(0),
            ..Printed::default()
        });
    }
    if let Some(rest) = text.strip_prefix("OK (") {
        let (tests, rest) = rest.split_once(" test")?;
        let tests = tests.parse().ok()?;
        rest.ends_with(')').then_some(())?;
        return Some(Printed {
            tests: Some(tests),
            passed: Some(tests),
            ..Printed::default()
        });
    }
    let mut parts = text.strip_suffix('.')?.split(", ");
    let tests: u64 = parts.next()?.strip_prefix("Tests: ")?.parse().ok()?;
    let (mut failed, mut errored, mut skipped) = (0_u64, 0_u64, 0_u64);
    for part in parts {
        let (word, number) = part.split_once(": ")?;
        let number: u64 = number.parse().ok()?;
        match word {
            "Failures" => failed = number,
            "Errors" => errored = errored.saturating_add(number),
            "Warnings" if major < 10 => errored = errored.saturating_add(number),
            "Skipped" | "Incomplete" => skipped = skipped.saturating_add(number),
            _ => {}
        }
    }
    let others = failed.saturating_add(errored).saturating_add(skipped);
    Some(Printed {
        tests: Some(tests),
        passed: Some(tests.saturating_sub(others)),
        failed: Some(failed),
        errored: Some(errored),
        skipped: Some(skipped),
        ..Printed::default()
    })
}

/// Whether the line stands right above the totals.
pub(super) fn is_verdict(text: &str) -> bool {
    matches!(text, "FAILURES!" | "ERRORS!" | "WARNINGS!") || text.starts_with("OK, but ")
}

/// Whether a message begins with the name of what was thrown; a failed assertion's does not.
pub(super) fn is_thrown(message: &str) -> bool {
    message.split_once(':').is_some_and(|(class, _)| {
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '\\');
        let named = class.ends_with("Error") || class.ends_with("Exception");
        class.chars().all(word) && (named || class.contains('\\'))
    })
}
