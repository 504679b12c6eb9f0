//! Errors of databases and brokers: server logs, and what clients print of them.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::table::LineClass;

/// PostgreSQL parts the severity from the text with two spaces; the crash of one of its processes is
/// a plain log line.
const POSTGRES: [&str; 4] = [
    "ERROR:  ",
    "FATAL:  ",
    "PANIC:  ",
    "LOG:  server process (PID ",
];

const WORDS: &[&str] = &[
    "deadlock detected",
    "Deadlock found when trying to get lock",
    "violates unique constraint",
    "violates foreign key constraint",
    "violates not-null constraint",
    "violates check constraint",
    "could not serialize access",
    "SQLSTATE[",
    "SQLSTATE ",
    "too many clients already",
    "remaining connection slots are reserved",
    "the database system is starting up",
    "in a read-only transaction",
    "server closed the connection unexpectedly",
    "password authentication failed for user",
    "Lock wait timeout exceeded",
    "Too many connections",
    "MySQL server has gone away",
    "Lost connection to MySQL server",
    "Can't connect to MySQL server",
    "Can't connect to local MySQL server",
    "--read-only option so it cannot",
    "Duplicate entry '",
    "database is locked",
    "database table is locked",
    "database schema is locked",
    "attempt to write a readonly database",
    "database disk image is malformed",
    "unable to open database file",
    "UNIQUE constraint failed",
    "FOREIGN KEY constraint failed",
    "NOT NULL constraint failed",
    "CHECK constraint failed",
    "SQLITE_BUSY",
    "SQLITE_CORRUPT",
    "SQLITE_READONLY",
    "SQLITE_CONSTRAINT",
    "SQLITE_IOERR",
    "SQLITE_CANTOPEN",
    "READONLY You can't write against a read only",
    "MISCONF Redis",
    "MISCONF Errors writing to the AOF",
    "NOAUTH Authentication required",
    "WRONGTYPE Operation against",
    "LOADING Redis is loading",
    "CLUSTERDOWN ",
    "OOM command not allowed",
    "max number of clients reached",
    "MongoServerError",
    "MongoNetworkError",
    "MongoServerSelectionError",
    "E11000 duplicate key",
    "NotWritablePrimary",
    "LEADER_NOT_AVAILABLE",
    "NOT_LEADER_FOR_PARTITION",
    "NOT_LEADER_OR_FOLLOWER",
    "NotLeaderOrFollowerException",
    "UNKNOWN_TOPIC_OR_PARTITION",
    "COORDINATOR_NOT_AVAILABLE",
    "Broker may not be available",
    "NoBrokersAvailable",
];

const KEYWORDS: &[&str] = &{
    let mut all = [""; WORDS.len() + 5 + ORACLE.len()];
    let mut at = 0;
    while at < WORDS.len() {
        all[at] = WORDS[at];
        at += 1;
    }
    all[at] = POSTGRES[0];
    all[at + 1] = POSTGRES[1];
    all[at + 2] = POSTGRES[2];
    all[at + 3] = POSTGRES[3];
    all[at + 4] = MYSQL;
    at += 5;
    let mut code = 0;
    while code < ORACLE.len() {
        all[at + code] = ORACLE[code];
        code += 1;
    }
    all
};

/// The first digits of Oracle's errors: locks, sessions, memory, space, log-in, connections, the
/// network, PL/SQL, standby.
const ORACLE: [&str; 34] = [
    "ORA-000", "ORA-001", "ORA-002", "ORA-003", "ORA-004", "ORA-006", "ORA-009", "ORA-010",
    "ORA-011", "ORA-012", "ORA-013", "ORA-014", "ORA-015", "ORA-016", "ORA-017", "ORA-018",
    "ORA-020", "ORA-022", "ORA-024", "ORA-027", "ORA-031", "ORA-039", "ORA-040", "ORA-044",
    "ORA-060", "ORA-065", "ORA-081", "ORA-120", "ORA-121", "ORA-125", "ORA-160", "ORA-255",
    "ORA-280", "ORA-300",
];

/// MySQL's programs: `ERROR 1045 (28000): Access denied ...`.
const MYSQL: &str = "ERROR 1";

pub(super) const CLASS: LineClass = LineClass {
    class: "db_error",
    keywords: KEYWORDS,
    is: |text| {
        let postgres = POSTGRES
            .iter()
            .any(|w| text.find(w).is_some_and(|at| is_severity(&text[..at])));
        postgres || is_oracle(text) || is_mysql(text) || has_word(text)
    },
};

/// At the beginning of the line, after the `[pid]` of a server's log line, or after `psql:file:1: `.
fn is_severity(before: &str) -> bool {
    let before = before.trim_end();
    before.is_empty() || before.ends_with([']', ':'])
}

/// Whether one of [`WORDS`] stands in the text: all are looked for at once, for lines of one severity come by the thousand.
fn has_word(text: &str) -> bool {
    static ALL: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(WORDS).ok());
    match &*ALL {
        Some(all) => all.is_match(text),
        None => WORDS.iter().any(|word| text.contains(word)),
    }
}

/// `ORA-00001: ...`
fn is_oracle(text: &str) -> bool {
    text.split("ORA-").skip(1).any(|rest| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        digits == 5 && rest[digits..].starts_with(':')
    })
}

fn is_mysql(text: &str) -> bool {
    let Some((_, code)) = text.split_once(MYSQL) else {
        return false;
    };
    let (code, state) = code.as_bytes().split_at(code.len().min(3));
    let state = state.strip_prefix(b" (").unwrap_or_default();
    code.len() == 3
        && code.iter().all(u8::is_ascii_digit)
        && state.len() > 5
        && state[..5].iter().all(u8::is_ascii_alphanumeric)
        && state[5] == b')'
}
