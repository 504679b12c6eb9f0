//! Who is to blame by what a failure says alone, when the cluster tells nothing that explains it.

use sentinel_parsers::Status;

use super::words::Said;
use super::{Culprit, Suspect};

/// Who, how surely, and why; of a test without a result nobody says anything.
pub(super) fn by_words(suspect: &Suspect) -> (Culprit, f64, Option<&'static str>) {
    if !suspect.has_result() {
        return (Culprit::Unknown, 0.0, None);
    }
    let (class, confidence, what) = match suspect.said() {
        Said::Assertion => (Culprit::Test, 0.7, "its own comparison failed"),
        Said::Unwell => (
            Culprit::App,
            0.6,
            "a server or a database answered with an error",
        ),
        Said::Exception => (Culprit::App, 0.6, "an exception or a panic"),
        Said::Crashed => (Culprit::App, 0.7, "a process crashed"),
        Said::Unreachable => (
            Culprit::App,
            0.4,
            "something could not be reached, and the cluster tells nothing of it",
        ),
        Said::Memory => (
            Culprit::App,
            0.4,
            "memory ran out, and the cluster tells of no kill",
        ),
        Said::Disk => (
            Culprit::Unknown,
            0.0,
            "a disk is full, and the cluster tells nothing of it",
        ),
        Said::Late => (Culprit::Unknown, 0.0, "it took too long"),
        Said::Killed => (
            Culprit::Unknown,
            0.0,
            "a process was ended, and the cluster tells nothing of it",
        ),
        Said::Nothing if suspect.status == Status::Failed => {
            (Culprit::Test, 0.5, "it failed in its own words")
        }
        // Frameworks that tell errors from failures call what was thrown an error.
        Said::Nothing if suspect.status == Status::Errored => {
            (Culprit::App, 0.5, "it ended in an error")
        }
        Said::Nothing => return (Culprit::Unknown, 0.0, None),
    };
    (class, confidence, Some(what))
}
