//! What a failure says of itself: classes of errors in its own text and in the output before it, as a set of words.

use sentinel_parsers::error_class;

/// What was said, of which several may be true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words(u16);

/// What it comes down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// A process was killed or told to end.
    Killed,
    /// Memory ran out.
    Memory,
    /// A disk is full.
    Disk,
    /// Something could not be reached: refused, reset, no such name.
    Unreachable,
    /// A server answered that it is unwell: a status of 5xx, an error of a database.
    Unwell,
    /// Something took too long.
    Late,
    /// A process crashed by its own fault.
    Crashed,
    /// The test compared, and it was not as expected.
    Assertion,
    /// An exception or a panic.
    Exception,
    /// Nothing that is known.
    Nothing,
}

impl Said {
    /// Whether it is something that comes from outside the test.
    pub(crate) fn is_of_surroundings(self) -> bool {
        matches!(
            self,
            Said::Killed | Said::Memory | Said::Unreachable | Said::Unwell
        )
    }
}

/// In order of precedence: what says most of the surroundings first.
const ALL: [Said; 9] = [
    Said::Killed,
    Said::Memory,
    Said::Disk,
    Said::Unreachable,
    Said::Unwell,
    Said::Late,
    Said::Crashed,
    Said::Assertion,
    Said::Exception,
];

/// How runners and shells say that a process was ended from outside.
const KILLED: [&str; 14] = [
    "signal: killed",
    "signal: terminated",
    "SIGKILL",
    "SIGTERM",
    "signal 9",
    "Killed",
    "exit code 137",
    "exit status 137",
    "with code 137",
    "crashed while running",
    "worker process has exited unexpectedly",
    "Target closed",
    "has been closed",
    "Page crashed",
];

/// Connections that broke off, which are no class of their own.
const BROKEN: [&str; 17] = [
    "onnection reset",
    "ConnectionError",
    "ConnectionResetError",
    "ConnectionRefusedError",
    "BrokenPipeError",
    "gaierror",
    "ECONNRESET",
    "roken pipe",
    "EPIPE",
    "socket hang up",
    "o route to host",
    "EHOSTUNREACH",
    "etwork is unreachable",
    "Connection aborted",
    "RemoteDisconnected",
    "ERR_CONNECTION_",
    "connection closed unexpectedly",
];

/// How frameworks and people say that a comparison failed.
const COMPARED: [&str; 22] = [
    "assert",
    "Assert",
    "ASSERT",
    "ComparisonFailure",
    "xpected",
    "expect(",
    "EXPECT_",
    "REQUIRE",
    "CHECK",
    "but was",
    "but got",
    "should ",
    "want ",
    "got",
    " != ",
    " == ",
    "not equal",
    "mismatch",
    "did not raise",
    "DID NOT RAISE",
    "Failed: ",
    "differs",
];

impl Words {
    /// What a class of errors says; classes are those of the parsers.
    pub(crate) fn of_class(class: &str) -> Words {
        let said = match class {
            "connection_refused" | "dns" | "tls" => Said::Unreachable,
            "http_5xx" | "db_error" => Said::Unwell,
            "timeout" => Said::Late,
            "disk_full" => Said::Disk,
            "oom" => Said::Memory,
            "segfault" | "sanitizer_error" => Said::Crashed,
            _ => Said::Exception,
        };
        Words::default().and(said)
    }

    /// What the first line of a failure says.
    pub(crate) fn of_text(text: &str) -> Words {
        let mut words = error_class(text).map_or(Words::default(), Words::of_class);
        let holds = |list: &[&str]| list.iter().any(|word| text.contains(word));
        for (said, list) in [
            (Said::Killed, &KILLED[..]),
            (Said::Unreachable, &BROKEN[..]),
            (Said::Assertion, &COMPARED[..]),
        ] {
            if holds(list) {
                words = words.and(said);
            }
        }
        match names_exception(text) {
            true => words.and(Said::Exception),
            false => words,
        }
    }

    /// And this too.
    pub(crate) fn and(self, said: Said) -> Words {
        let at = ALL.iter().position(|one| *one == said);
        Words(self.0 | at.map_or(0, |at| 1 << at))
    }

    /// Both.
    pub(crate) fn with(self, other: Words) -> Words {
        Words(self.0 | other.0)
    }

    /// What it comes down to.
    pub(crate) fn said(self) -> Said {
        let mut all = ALL.iter().enumerate();
        let first = all.find(|(at, _)| self.0 >> at & 1 == 1);
        first.map_or(Said::Nothing, |(_, said)| *said)
    }
}

/// Whether a word is the name of an exception: `TypeError`, `java.lang.NullPointerException`.
fn names_exception(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| word.starts_with(|c: char| c.is_uppercase()))
        .any(|word| word.ends_with("Error") || word.ends_with("Exception") || word == "Panic")
        || text.contains("panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_say_what_they_are() {
        for (text, said) in [
            ("assert 3 == 4", Said::Assertion),
            ("AssertionError: [1] not found in [2]", Said::Assertion),
            ("expected: <1> but was: <2>", Said::Assertion),
            ("Failed asserting that false is true.", Said::Assertion),
            (
                "dial tcp 10.0.0.7:5432: connect: connection refused",
                Said::Unreachable,
            ),
            (
                "expected no error, got read: connection reset by peer",
                Said::Unreachable,
            ),
            (
                "lookup db on 10.96.0.10:53: no such host",
                Said::Unreachable,
            ),
            ("HTTP 503 Service Unavailable", Said::Unwell),
            ("exec: signal: killed", Said::Killed),
            (
                "worker 'gw0' crashed while running 'test_a.py::test_b'",
                Said::Killed,
            ),
            ("context deadline exceeded", Said::Late),
            ("write /tmp/x: no space left on device", Said::Disk),
            (
                "TypeError: Cannot read properties of undefined",
                Said::Exception,
            ),
            ("java.lang.NullPointerException", Said::Exception),
            ("it broke", Said::Nothing),
        ] {
            assert_eq!(Words::of_text(text).said(), said, "{text}");
        }
    }
}
