//! Torture row S8: a data directory whose database files are missing, cut, blank, another's or not to be
//! written. The agent starts with what can be trusted and says what it put aside, or says what to do.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use sentinel_agent::{Options, Sharing};
use sentinel_config::Config;
use sentinel_parsers::wire::OpenStream;

use common::{Daemon, PER_TEST, Running, command, end, hello, tests};

const TESTS: u64 = 500;
const PATIENCE: Duration = Duration::from_secs(20);

fn file(dir: &Path, side: &str) -> PathBuf {
    dir.join(format!("sentinel.db{side}"))
}

/// A directory as a daemon left it that was killed: database, log and index of the log.
fn killed() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let agent = Daemon::start(dir.path(), &[]);
    let stream = agent.client.open(&hello("r1")).stream;
    for from in (0..TESTS).step_by(100) {
        let answer = agent
            .client
            .frames(&stream, &tests(from, from + 100).encode());
        assert_eq!(answer.position(), (200, (from + 100) * PER_TEST));
    }
    agent.kill();
    for side in ["", "-wal", "-shm"] {
        assert!(file(dir.path(), side).exists(), "{side}");
    }
    dir
}

/// What the agent made of a directory.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    /// The position it told.
    committed: u64,
    /// Whether it put a database aside and says so.
    aside: bool,
    /// Whether it says that the log is lost.
    log_lost: bool,
}

/// Starts the agent; whatever it found, the sender delivers the rest and the run is whole.
fn found(dir: &Path, what: &str) -> Found {
    let agent = Running::start(dir);
    let ready = agent.client.get("/ready");
    assert_eq!(ready.status, 200, "{what}: {ready:?}");
    let aside = ready.body.contains("put aside as sentinel.db.damaged-");
    let metrics = agent.client.get("/metrics").body;
    let counted = metrics.contains("sentinel_store_quarantined 1\n");
    assert_eq!(counted, aside, "{what}: the alarm is in both");
    let position = agent.client.open(&hello("r1"));
    let next = position.committed / PER_TEST;
    let mut body = tests(next, TESTS).encode();
    body.extend(end(TESTS, 1).encode());
    let answer = agent.client.frames(&position.stream, &body);
    assert_eq!(answer.position(), (200, TESTS * PER_TEST), "{what}");
    agent.stop();
    let conn = rusqlite::Connection::open(file(dir, "")).unwrap();
    let check: String = conn
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok", "{what}");
    let rows: i64 = conn
        .query_row(
            "SELECT count(*) FROM tests t JOIN runs r ON r.id = t.run WHERE r.run_id = 'r1'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(rows, TESTS as i64, "{what}: every test once");
    Found {
        committed: position.committed,
        aside,
        log_lost: ready.body.contains("the log of the database is lost"),
    }
}

const WHOLE: Found = Found {
    committed: TESTS * PER_TEST,
    aside: false,
    log_lost: false,
};

fn fill(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn whatever_happened_to_the_files_the_agent_starts_and_the_run_becomes_whole() {
    type Damage = fn(&Path);
    let whole: &[(&str, Damage)] = &[
        ("untouched", |_| {}),
        ("index of the log missing", |dir| {
            fs::remove_file(file(dir, "-shm")).unwrap();
        }),
        ("index of the log blank", |dir| {
            fill(&file(dir, "-shm"), |b| b.fill(0));
        }),
        ("index of the log garbage", |dir| {
            fill(&file(dir, "-shm"), |b| b.fill(0xa5));
        }),
        ("index of the log cut", |dir| {
            fill(&file(dir, "-shm"), |b| b.truncate(100));
        }),
    ];
    for (what, damage) in whole {
        let dir = killed();
        damage(dir.path());
        assert_eq!(found(dir.path(), what), WHOLE, "{what}");
    }
    // What the log held is lost with it: the sender is told an earlier position and sends again, and
    // unless it looks as after a power cut, that is told.
    let alarming: &[(&str, Damage)] = &[
        ("log missing", |dir| {
            fs::remove_file(file(dir, "-wal")).unwrap();
        }),
        ("log blank", |dir| fill(&file(dir, "-wal"), |b| b.fill(0))),
        ("log garbage", |dir| {
            fill(&file(dir, "-wal"), |b| b.fill(0xa5));
        }),
        ("database missing", |dir| {
            fs::remove_file(file(dir, "")).unwrap();
        }),
        ("database empty", |dir| {
            fs::write(file(dir, ""), b"").unwrap();
        }),
    ];
    for (what, damage) in alarming {
        let dir = killed();
        damage(dir.path());
        let found = found(dir.path(), what);
        assert_eq!(found.committed, 0, "{what}");
        assert!(found.aside || found.log_lost, "{what}: {found:?}");
    }
    let prefix: &[(&str, Damage)] = &[
        ("log empty", |dir| {
            fs::write(file(dir, "-wal"), b"").unwrap();
        }),
        ("log cut", |dir| {
            fill(&file(dir, "-wal"), |b| b.truncate(b.len() / 2));
        }),
        ("a page of the log altered", |dir| {
            fill(&file(dir, "-wal"), |b| {
                let middle = b.len() / 2;
                b[middle] ^= 1;
            });
        }),
        ("database blank", |dir| fill(&file(dir, ""), |b| b.fill(0))),
        ("database cut", |dir| {
            fill(&file(dir, ""), |b| b.truncate(b.len() / 2));
        }),
        ("log of another database", |dir| {
            let other = killed_short();
            fs::copy(file(other.path(), "-wal"), file(dir, "-wal")).unwrap();
        }),
        ("log and index of another database", |dir| {
            let other = killed_short();
            for side in ["-wal", "-shm"] {
                fs::copy(file(other.path(), side), file(dir, side)).unwrap();
            }
        }),
        (
            "log of another database beside one that was closed",
            |dir| {
                Running::start(dir).stop();
                assert!(!file(dir, "-wal").exists(), "folded in");
                let other = killed_short();
                for side in ["-wal", "-shm"] {
                    fs::copy(file(other.path(), side), file(dir, side)).unwrap();
                }
            },
        ),
        ("database of another log", |dir| {
            let other = stopped_short();
            fs::copy(file(other.path(), ""), file(dir, "")).unwrap();
        }),
    ];
    for (what, damage) in prefix {
        let dir = killed();
        damage(dir.path());
        let found = found(dir.path(), what);
        assert!(found.committed <= WHOLE.committed, "{what}: {found:?}");
    }
}

#[test]
fn a_clean_end_leaves_nothing_to_be_missed() {
    let dir = stopped_short();
    let agent = Running::start(dir.path());
    let ready = agent.client.get("/ready").body;
    assert!(!ready.contains("degraded"), "{ready}");
    agent.stop();
    // A run of somebody's own after a daemon was killed closes what that left.
    let dir = killed();
    let mut own = Options::new(dir.path().to_owned());
    own.sharing = Sharing::Shared;
    Running::opened(own, &Config::default()).stop();
    let agent = Running::start(dir.path());
    let ready = agent.client.get("/ready").body;
    assert!(!ready.contains("degraded"), "{ready}");
    agent.stop();
}

/// The superuser may write everywhere, so if this is the superuser the agent is started as nobody.
#[test]
fn a_database_that_must_not_be_written_stops_the_start_with_the_remedy() {
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    };
    for (what, of_directory, of_file) in [("both", 0o555, 0o444), ("the file", 0o777, 0o444)] {
        let dir = stopped_short();
        let mut agent = command(dir.path());
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            agent.uid(65_534).gid(65_534);
        }
        mode(&dir.path().join("sentinel.lock"), 0o666);
        mode(&file(dir.path(), ""), of_file);
        mode(dir.path(), of_directory);
        let started = agent.stderr(Stdio::piped()).spawn();
        let Ok(mut child) = started else {
            mode(dir.path(), 0o755);
            eprintln!("SKIPPED: nobody may not start the agent from where it was built");
            return;
        };
        let begun = Instant::now();
        while child.try_wait().unwrap().is_none() && begun.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        // One that started after all says so in its exit code.
        let _ = child.kill();
        let done = child.wait_with_output().unwrap();
        mode(dir.path(), 0o755);
        let line = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(2), "{what}: {line}");
        let remedy = "change its owner or mode, or name another with --data";
        assert!(line.contains(remedy), "{what}: {line}");
        assert_eq!(line.lines().count(), 1, "{what}: {line}");
    }
}

/// A stream of another run.
fn other() -> OpenStream {
    let mut open = hello("other");
    open.identity.container = "other".to_owned();
    open
}

/// Another database, smaller, killed.
fn killed_short() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let agent = Daemon::start(dir.path(), &[]);
    let stream = agent.client.open(&other()).stream;
    agent.client.frames(&stream, &tests(0, 30).encode());
    agent.kill();
    dir
}

/// Another database in one file.
fn stopped_short() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::start(dir.path());
    let stream = agent.client.open(&other()).stream;
    agent.client.frames(&stream, &tests(0, 30).encode());
    agent.stop();
    dir
}
