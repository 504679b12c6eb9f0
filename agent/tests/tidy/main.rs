//! The house rules that a machine can check: headers, sizes, floors, bans.

#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

mod documents;
mod floors;
mod ratchet;
mod sizes;
mod source;

use source::sources;

/// Fails with the list of what is wrong, if anything is.
#[track_caller]
fn must_be_empty(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_holds() {
    let wrong: Vec<String> = sources()
        .iter()
        .filter(|source| {
            let first = source.text.lines().next().unwrap_or_default();
            first.strip_prefix("//! ").is_none_or(|doc| doc.len() <= 3)
        })
        .map(|source| format!("{}: the first line is no `//!` sentence", source.path))
        .collect();
    must_be_empty(&wrong);
}

#[test]
fn exceptions_from_lints_are_expected_with_a_reason() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (n, line) in source.code.lines().enumerate() {
            if line.contains("#[allow(") || line.contains("#![allow(") {
                wrong.push(format!(
                    "{}:{}: use expect with a reason",
                    source.path,
                    n + 1
                ));
            }
        }
    }
    must_be_empty(&wrong);
}
