//! The data directory: its lock, its database, and what happens to a damaged one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{Running, command, hello, tests};
use sentinel_agent::Sharing;
use sentinel_agent::api::read;
use sentinel_agent::store::{DirLock, Reader, StoreError, open};

/// The newest schema version.
const VERSION: i64 = 6;
const BUSY: Duration = Duration::from_secs(1);

fn database(dir: &Path) -> PathBuf {
    dir.join("sentinel.db")
}

fn value<T: rusqlite::types::FromSql>(dir: &Path, pragma: &str) -> T {
    let conn = rusqlite::Connection::open(database(dir)).unwrap();
    conn.pragma_query_value(None, pragma, |row| row.get(0))
        .unwrap()
}

#[test]
fn the_linked_sqlite_has_no_wal_reset_bug() {
    assert!(
        rusqlite::version_number() >= 3_051_003,
        "{}",
        rusqlite::version()
    );
}

#[test]
fn a_new_database_is_set_up_for_durable_acknowledgement() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path(), BUSY).unwrap());
    assert_eq!(value::<String>(dir.path(), "journal_mode"), "wal");
    assert_eq!(value::<i64>(dir.path(), "auto_vacuum"), 2, "incremental");
    assert_eq!(value::<i64>(dir.path(), "application_id"), 0x736e_746c);
    assert_eq!(value::<i64>(dir.path(), "user_version"), VERSION);
}

#[test]
fn opening_again_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let schema = || {
        drop(open(dir.path(), BUSY).unwrap());
        let conn = rusqlite::Connection::open(database(dir.path())).unwrap();
        let mut found = conn
            .prepare("SELECT sql FROM sqlite_schema ORDER BY name")
            .unwrap();
        let rows = found
            .query_map([], |row| row.get::<_, Option<String>>(0))
            .unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>()
    };
    assert_eq!(schema(), schema());
}

#[test]
fn two_processes_may_make_the_database_at_once() {
    for _ in 0..10 {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| drop(open(dir.path(), Duration::from_secs(20)).unwrap()));
            }
        });
        assert_eq!(value::<i64>(dir.path(), "user_version"), VERSION);
    }
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path(), BUSY).unwrap());
    let conn = rusqlite::Connection::open(database(dir.path())).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    drop(conn);
    let error = open(dir.path(), BUSY).unwrap_err();
    assert!(
        matches!(error, StoreError::Newer { found: 99, .. }),
        "{error}"
    );
    assert!(matches!(
        Reader::open(dir.path()),
        Err(StoreError::Newer { .. })
    ));
    assert_eq!(fs::read_dir(dir.path()).unwrap().filter(damaged).count(), 0);
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let conn = rusqlite::Connection::open(database(dir.path())).unwrap();
    conn.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(conn);
    let error = open(dir.path(), BUSY).unwrap_err();
    assert!(
        matches!(error, StoreError::Foreign { id: 0, .. }),
        "{error}"
    );
}

fn damaged(entry: &std::io::Result<fs::DirEntry>) -> bool {
    let name = entry.as_ref().unwrap().file_name();
    let name = name.to_string_lossy().into_owned();
    name.starts_with("sentinel.db.damaged-") && !name.ends_with("-wal") && !name.ends_with("-shm")
}

/// A data directory with a run in it, and its database's size.
fn filled() -> (tempfile::TempDir, u64) {
    let dir = tempfile::tempdir().unwrap();
    let agent = Running::start(dir.path());
    let stream = agent.client.open(&hello("r1")).stream;
    agent.client.frames(&stream, &tests(0, 500).encode());
    agent.stop();
    let size = fs::metadata(database(dir.path())).unwrap().len();
    (dir, size)
}

#[test]
fn a_damaged_database_is_put_aside_and_a_new_one_begun() {
    let header: fn(&Path, u64) = |path, _| {
        let mut bytes = fs::read(path).unwrap();
        bytes[..100].fill(0xff);
        fs::write(path, bytes).unwrap();
    };
    let page: fn(&Path, u64) = |path, size| {
        let mut bytes = fs::read(path).unwrap();
        let half = usize::try_from(size / 2).unwrap() / 4096 * 4096;
        bytes[half..half + 4096].fill(0xa5);
        fs::write(path, bytes).unwrap();
    };
    let cut: fn(&Path, u64) = |path, size| {
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_len(size / 2).unwrap();
    };
    let garbage: fn(&Path, u64) = |path, _| fs::write(path, vec![b'x'; 10_000]).unwrap();
    for (what, damage) in [
        ("header", header),
        ("page", page),
        ("cut", cut),
        ("garbage", garbage),
    ] {
        let (dir, size) = filled();
        damage(&database(dir.path()), size);
        let bytes = fs::read(database(dir.path())).unwrap();

        let agent = Running::start(dir.path());
        let ready = agent.client.get("/ready");
        assert_eq!(ready.status, 200, "{what}: {ready:?}");
        assert!(
            ready.body.contains("put aside as sentinel.db.damaged-"),
            "{what}: {ready:?}"
        );
        let metrics = agent.client.get("/metrics").body;
        assert!(
            metrics.contains("sentinel_store_quarantined 1\n"),
            "{what}: {metrics}"
        );
        let position = agent.client.open(&hello("r1"));
        assert_eq!(position.committed, 0, "{what}: senders send again");
        agent.stop();

        let aside = fs::read_dir(dir.path())
            .unwrap()
            .find(damaged)
            .unwrap()
            .unwrap();
        let kept = fs::read(aside.path()).unwrap() == bytes;
        assert!(kept, "{what}: nothing of it is lost");
    }
}

#[test]
fn an_empty_file_is_taken_for_a_new_database() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(database(dir.path()), b"").unwrap();
    assert_eq!(open(dir.path(), BUSY).unwrap().quarantine, None);
}

#[test]
fn a_directory_has_one_daemon_or_many_runs() {
    let dir = tempfile::tempdir().unwrap();
    let one = DirLock::take(dir.path(), Sharing::Shared).unwrap();
    let two = DirLock::take(dir.path(), Sharing::Shared).unwrap();
    assert!(DirLock::take(dir.path(), Sharing::Exclusive).is_err());
    drop((one, two));
    let daemon = DirLock::take(dir.path(), Sharing::Exclusive).unwrap();
    let error = DirLock::take(dir.path(), Sharing::Shared).unwrap_err();
    let me = std::process::id().to_string();
    assert!(
        matches!(&error, StoreError::InUse { holder, .. } if *holder == me),
        "{error}"
    );
    drop(daemon);
    DirLock::take(dir.path(), Sharing::Exclusive).unwrap();
}

#[test]
fn what_stops_a_start_is_one_line_and_exit_code_2() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    let used = dir.path().join("used");
    fs::create_dir(&used).unwrap();
    let _lock = DirLock::take(&used, Sharing::Exclusive).unwrap();
    let newer = dir.path().join("newer");
    fs::create_dir(&newer).unwrap();
    drop(open(&newer, BUSY).unwrap());
    let conn = rusqlite::Connection::open(database(&newer)).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let data = dir.path().join("data");

    for (dir, flags, says) in [
        (dir.path().join("a/b"), vec![], "does not exist"),
        (file, vec![], "not writable"),
        (used, vec![], "in use by process"),
        (newer, vec![], "has schema version 99, this version knows 6"),
        (
            data.clone(),
            vec!["--listen", "0.0.0.0:0"],
            "refusing to listen",
        ),
        (data.clone(), vec!["--listen", &taken], "cannot listen on"),
        (
            data,
            vec!["--config", "/nonexistent.toml"],
            "/nonexistent.toml",
        ),
    ] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sentinel-agent"));
        command
            .env_clear()
            .arg("--data")
            .arg(&dir)
            .args(["--listen", "127.0.0.1:0"]);
        if flags.first() == Some(&"--listen") {
            command = std::process::Command::new(env!("CARGO_BIN_EXE_sentinel-agent"));
            command.env_clear().arg("--data").arg(&dir);
        }
        let output = command.args(flags).output().unwrap();
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(line.contains(says), "{says}: {line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
    let wrong = command(Path::new("x")).arg("--bad").output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_data_directory_is_read_without_an_agent() {
    let (dir, _) = filled();
    let reader = Reader::open(dir.path()).unwrap();
    let runs = read::runs(&reader, &read::Paging::default()).unwrap();
    assert_eq!(runs.items.len(), 1);
    let run = read::run(&reader, "r1").unwrap().unwrap();
    assert_eq!(
        (run.totals.tests, run.streams[0].committed),
        (500, 500 * common::PER_TEST)
    );
    let none = read::anomalies(&reader, "r2", &read::Paging::default()).unwrap();
    assert!(none.is_none());
}

#[test]
fn a_database_of_an_older_version_is_brought_up_to_date() {
    let (dir, _) = filled();
    let conn = rusqlite::Connection::open(database(dir.path())).unwrap();
    // As version 1 left it: the same tables, and an index with another condition.
    conn.execute_batch(
        "DROP INDEX tests_failing; DROP INDEX runs_open;
         CREATE INDEX tests_failing ON tests (run, stream, ordinal) WHERE status IN ('failed');
         CREATE INDEX runs_open ON runs (id) WHERE status IN ('running');
         DROP TABLE audit;
         DROP TABLE forwarded;
         DROP TABLE causes;
         ALTER TABLE streams DROP COLUMN node;
         ALTER TABLE streams DROP COLUMN replaced_by;
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(conn);
    assert!(matches!(
        Reader::open(dir.path()),
        Err(StoreError::Older { found: 1, .. })
    ));
    drop(open(dir.path(), BUSY).unwrap());
    assert_eq!(value::<i64>(dir.path(), "user_version"), VERSION);
    let reader = Reader::open(dir.path()).unwrap();
    let failed = read::TestsQuery {
        statuses: vec![sentinel_parsers::Status::Failed],
        ..read::TestsQuery::default()
    };
    let page = read::tests(&reader, "r1", &failed).unwrap().unwrap();
    assert_eq!(page.items.len(), (0..500).filter(|n| n % 7 == 6).count());
}
