//! What single lines of doctest's console say, without any state.

/// How an assertion ended, or what else was logged in its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Failed,
    /// Passed, a warning, a message.
    Fine,
}

/// What doctest says of a test case behind its assertions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It failed, and that was allowed or expected.
    Forgiven,
    /// It failed for another reason than an assertion.
    Failed,
}

/// Totals of a program's test cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

/// Whether the line is of doctest itself: `[doctest] doctest version is "2.4.9"`.
pub(super) fn own(text: &str) -> bool {
    let said = text.strip_prefix("[doctest] ");
    let known = [
        "doctest version is ",
        "run with ",
        "assertions: ",
        "Status: ",
    ];
    said.is_some_and(|said| known.iter().any(|k| said.starts_with(k)))
}

/// `[doctest] test cases: 17 | 6 passed | 11 failed | 1 skipped`. Those are skipped that a filter left out.
pub(super) fn totals(text: &str) -> Option<Totals> {
    let rest = text.strip_prefix("[doctest] test cases: ")?;
    let mut cells = rest.split(" | ");
    let tests: u64 = cells.next()?.trim().parse().ok()?;
    let passed = cell(cells.next()?, "passed")?;
    let failed = cell(cells.next()?, "failed")?;
    (passed.checked_add(failed) == Some(tests)).then_some(Totals { passed, failed })
}

fn cell(text: &str, word: &str) -> Option<u64> {
    let (number, what) = text.trim_start().split_once(' ')?;
    let what = what.trim_end_matches(['|', ' ']);
    (what == word).then(|| number.parse().ok())?
}

/// The place in the line under a rule: `path/file.cpp:12:`, `file.cpp(12):`.
pub(super) fn place(text: &str) -> Option<&str> {
    let at = text.strip_suffix(':')?;
    crate::dialect::catch2::place(at).then_some(at)
}

/// The name in `TEST CASE:  name`, or in `  Scenario: name` as the macros for behaviour write it.
pub(super) fn case(text: &str) -> Option<&str> {
    let name = match text.strip_prefix("TEST CASE:  ") {
        Some(name) => name,
        None => text
            .strip_prefix("  ")
            .filter(|t| t.starts_with("Scenario: "))?,
    };
    Some(name.trim()).filter(|n| !n.is_empty())
}

/// Place, outcome and text of `path/file.cpp:12: ERROR: CHECK( a == 1 ) is NOT correct!`.
pub(super) fn assertion(text: &str) -> Option<(&str, Outcome, &str)> {
    let kinds = [
        (": ERROR: ", Outcome::Failed),
        (": FATAL ERROR: ", Outcome::Failed),
        (": WARNING: ", Outcome::Fine),
        (": MESSAGE: ", Outcome::Fine),
        (": SUCCESS: ", Outcome::Fine),
    ];
    // To look is much cheaper than to prepare for a split.
    let mut there = kinds.iter().filter(|(word, _)| text.contains(word));
    there.find_map(|(word, outcome)| {
        let (at, said) = text.split_once(word)?;
        crate::dialect::catch2::place(at).then_some((at, *outcome, said))
    })
}

/// What is said of the test case as a whole.
pub(super) fn verdict(text: &str) -> Option<Verdict> {
    let forgiven = text.contains("so marking it as not failed");
    let failed = text.starts_with("Should have failed but didn't!")
        || text.starts_with("Test case exceeded time limit of ")
        || (text.starts_with("Didn't fail exactly ") && text.contains(" times"));
    match (forgiven, failed) {
        (true, _) => Some(Verdict::Forgiven),
        (false, true) => Some(Verdict::Failed),
        (false, false) => None,
    }
}
