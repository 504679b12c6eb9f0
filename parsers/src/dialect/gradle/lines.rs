//! The lines of Gradle's test logging, one by one.

use crate::dialect::java::{Thrown, captioned, is_class, simple};
use crate::dialect::script::{cap, position};
use crate::event::{Printed, Status};

/// A test's event.
pub(super) struct Logged {
    pub(super) suite: String,
    pub(super) name: String,
    /// None: it began.
    pub(super) status: Option<Status>,
    /// Whether nobody else prints such a line.
    pub(super) certain: bool,
}

/// Whether the line could open the dialect.
pub(super) fn is_known(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b'>') => task(text).is_some(),
        Some(b'B') if is_end(text) => true,
        Some(b'0'..=b'9') => totals(text).is_some(),
        _ => event(text).is_some(),
    }
}

/// The task whose output follows: `> Task :app:test`, `> Task :app:test FAILED`.
pub(super) fn task(text: &str) -> Option<&str> {
    let task = text.strip_prefix("> Task ")?;
    task.starts_with(':')
        .then(|| cap(task.split(' ').next().unwrap_or(task)))
}

/// Whether a build is over.
pub(super) fn is_end(text: &str) -> bool {
    text.starts_with("BUILD SUCCESSFUL") || text.starts_with("BUILD FAILED")
}

/// Path and status of `a.SumTest > adds FAILED`; no status if it began.
fn event(text: &str) -> Option<(&str, Option<Status>)> {
    let (path, word) = text.trim_end().rsplit_once(' ')?;
    let status = match word {
        "PASSED" => Some(Status::Passed),
        "FAILED" => Some(Status::Failed),
        "SKIPPED" => Some(Status::Skipped),
        "STARTED" => None,
        _ => return None,
    };
    let outside = path.starts_with([' ', '\t', '>', '<', '[']);
    let numbered = path.starts_with(|c: char| c.is_ascii_digit());
    (path.contains(" > ") && !outside && !numbered).then_some((path, status))
}

/// Reads a test's event. Events of classes, executors and whole runs are none.
pub(super) fn logged(text: &str) -> Option<Logged> {
    let (path, status) = event(text)?;
    let segments = segments(path);
    let frame = |segment: &&&str| is_frame(segment);
    let frames = segments.iter().take_while(frame).count();
    let (last, classes) = segments[frames..].split_last()?;
    if let Some((class, method)) = qualified(last) {
        let same = |first: &&str| simple(first) == simple(class);
        let suite = classes.first().copied().filter(same).unwrap_or(class);
        return Some(Logged {
            suite: cap(suite).to_owned(),
            name: cap(method).to_owned(),
            status,
            certain: true,
        });
    }
    let first = *classes.first()?;
    let (suite, name) = captioned(classes, last);
    Some(Logged {
        suite: cap(&suite).to_owned(),
        name: cap(&name).to_owned(),
        status,
        certain: frames > 0 || is_test_class(first, last),
    })
}

/// The steps of a path. Parameters in brackets may hold the separator.
fn segments(path: &str) -> Vec<&str> {
    let (mut steps, mut from, mut depth) = (Vec::new(), 0, 0_i32);
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b'[' | b'(' => depth += 1,
            b']' | b')' => depth -= 1,
            b' ' if depth <= 0 && at >= from && path[at..].starts_with(" > ") => {
                steps.push(&path[from..at]);
                from = at + " > ".len();
            }
            _ => {}
        }
    }
    steps.push(&path[from..]);
    steps
}

/// What Gradle itself puts above the tests.
fn is_frame(segment: &str) -> bool {
    let heads = ["Gradle Test Run :", "Gradle Test Executor "];
    heads.iter().any(|head| segment.starts_with(head))
        || matches!(segment, "Gradle suite" | "Gradle test")
}

/// Class and method of `a.b.SumTest.adds[1](2, x)`, as TestNG's tests are shown. Parameters change from run to run,
/// their number does not.
fn qualified(text: &str) -> Option<(&str, &str)> {
    let head = text.split(['(', '[']).next().unwrap_or(text);
    let (class, method) = head.rsplit_once('.')?;
    let upper = simple(class).starts_with(|c: char| c.is_uppercase());
    if !is_class(class) || !upper || method.is_empty() {
        return None;
    }
    let rest = &text[class.len() + 1..];
    let number = rest[method.len()..].strip_prefix('[');
    let digits = number.map_or(0, |n| n.bytes().take_while(u8::is_ascii_digit).count());
    let numbered = digits > 0 && number.is_some_and(|n| n[digits..].starts_with(']'));
    let end = method.len() + if numbered { digits + 2 } else { 0 };
    Some((class, &rest[..end]))
}

/// Whether a step is the name of a class of tests, by its package, its ending, or its method's form.
fn is_test_class(first: &str, last: &str) -> bool {
    let name = simple(first);
    let ends = ["Test", "Tests", "IT", "Spec", "TestCase"];
    is_class(first)
        && name.starts_with(|c: char| c.is_uppercase())
        && (first.contains('.')
            || ends.iter().any(|end| name.ends_with(end))
            || last.ends_with("()"))
}

/// `11 tests completed, 6 failed, 2 skipped`; printed by tasks with failures only.
pub(super) fn totals(text: &str) -> Option<Printed> {
    let mut figures = text.trim_end().split(", ");
    let (tests, what) = figures.next()?.split_once(' ')?;
    let tests: u64 = tests.parse().ok()?;
    let completed = matches!(what, "test completed" | "tests completed");
    let (failed, what) = figures.next()?.split_once(' ')?;
    let failed: u64 = failed.parse().ok()?;
    let skipped: u64 = match figures.next() {
        Some(figure) => figure.strip_suffix(" skipped")?.parse().ok()?,
        None => 0,
    };
    let fits = completed && what == "failed" && figures.next().is_none();
    fits.then_some(Printed {
        tests: Some(tests),
        passed: Some(tests.saturating_sub(failed.saturating_add(skipped))),
        failed: Some(failed),
        skipped: Some(skipped),
        ..Printed::default()
    })
}

/// The first line below a failure: `a.SomeException at SumTest.java:7`, or a stack trace's first.
pub(super) fn thrown(text: &str) -> Thrown {
    let text = text.trim();
    if let Some((class, place)) = text.split_once(" at ")
        && is_class(class)
        && let Some(place) = position(place)
    {
        let mut thrown = Thrown::new(class);
        thrown.locate(place);
        return thrown;
    }
    Thrown::new(text)
}
