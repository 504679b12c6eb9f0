//! The exit codes of `sentinel`, decided in one place.

use std::process::ExitCode;

/// How `sentinel` itself ended; see the table in the README.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, nothing to complain of.
    Ok,
    /// Findings at or above `--fail-on`.
    Findings,
    /// The user's mistake: a wrong flag, an unreadable file, a broken configuration.
    Usage,
    /// Evidence is missing.
    Incomplete,
    /// No test was seen.
    NoTests,
    /// The code of the command that was run.
    Command(u8),
}

impl Exit {
    /// The number the shell sees.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Incomplete => 3,
            Exit::NoTests => 4,
            Exit::Command(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// A mistake of the user's, or of the world's, told in one line.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What, where, what to do.
    pub(crate) line: String,
    /// How to end.
    pub(crate) exit: Exit,
}

impl Failure {
    /// A mistake that ends with the usage code.
    pub(crate) fn usage(line: impl Into<String>) -> Failure {
        Failure {
            line: line.into(),
            exit: Exit::Usage,
        }
    }
}
