//! `--debug` of PHPUnit 10 and later: one line per event, and no other output.

use crate::event::Status;

/// The first words of the first event.
pub(super) const STARTED: &str = "PHPUnit Started (PHPUnit ";

/// An event that is about one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Began,
    Ended(Status),
    /// It is over, whatever was told of it.
    Finished,
}

/// Event and test of `Test Passed (Shop\CartTest::testAdds)`.
pub(super) fn event(text: &str) -> Option<(Event, String)> {
    let (what, id) = text
        .strip_prefix("Test ")?
        .strip_suffix(')')?
        .split_once(" (")?;
    let event = match what {
        "Preparation Started" => Event::Began,
        "Passed" => Event::Ended(Status::Passed),
        "Failed" => Event::Ended(Status::Failed),
        "Errored" => Event::Ended(Status::Errored),
        "Skipped" | "Marked Incomplete" => Event::Ended(Status::Skipped),
        "Finished" => Event::Finished,
        _ => return None,
    };
    Some((event, id.contains("::").then(|| named(id))?))
}

/// `Shop\CartTest::testAdds#0` as the other outputs write it.
fn named(id: &str) -> String {
    match id.split_once('#') {
        Some((test, set)) if set.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{test} with data set #{set}")
        }
        Some((test, set)) => format!("{test} with data set \"{set}\""),
        None => id.to_owned(),
    }
}
