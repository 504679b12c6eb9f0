//! Errors of databases: server logs, and what clients print of them.

use super::LineClass;

pub(super) const WORDS: [&str; 12] = [
    "deadlock detected",
    "Deadlock found when trying to get lock",
    "violates unique constraint",
    "violates foreign key constraint",
    "SQLSTATE[",
    "SQLSTATE ",
    "database is locked",
    "SQLITE_BUSY",
    "SQLITE_CORRUPT",
    "too many clients already",
    "Lock wait timeout exceeded",
    "UNIQUE constraint failed",
];

/// PostgreSQL parts the severity from the text with two spaces; the crash of one of its processes is
/// a plain log line.
pub(super) const POSTGRES: [&str; 4] = [
    "ERROR:  ",
    "FATAL:  ",
    "PANIC:  ",
    "LOG:  server process (PID ",
];

pub(super) const CLASS: LineClass = LineClass {
    class: "db_error",
    keywords: &[
        "eadlock",
        "violates ",
        "SQLSTATE",
        "SQLITE_",
        "database is locked",
        "too many clients",
        "Lock wait",
        "constraint failed",
        "ERROR:  ",
        "FATAL:  ",
        "PANIC:  ",
        "(PID ",
        "ORA-",
    ],
    is: |text| {
        let postgres = POSTGRES
            .iter()
            .any(|w| text.find(w).is_some_and(|at| is_severity(&text[..at])));
        postgres || is_oracle(text) || WORDS.iter().any(|w| text.contains(w))
    },
};

/// At the beginning of the line, after the `[pid]` of a server's log line, or after `psql:file:1: `.
fn is_severity(before: &str) -> bool {
    let before = before.trim_end();
    before.is_empty() || before.ends_with([']', ':'])
}

/// `ORA-00001: ...`
fn is_oracle(text: &str) -> bool {
    text.split("ORA-").skip(1).any(|rest| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        digits == 5 && rest[digits..].starts_with(':')
    })
}
