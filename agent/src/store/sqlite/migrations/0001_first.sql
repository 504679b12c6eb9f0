-- Runs, streams and what they told. Migrations are never edited once released: add the next number.
-- Runs and streams have long names, so other tables refer to them by small integers.

CREATE TABLE runs (
    id          INTEGER PRIMARY KEY,
    run_id      TEXT NOT NULL UNIQUE,
    pipeline    TEXT,
    environment TEXT,
    branch      TEXT,
    commit_hash TEXT,
    attempt     INTEGER,
    labels      TEXT NOT NULL DEFAULT '{}', -- JSON object of strings
    provenance  TEXT NOT NULL DEFAULT '[]', -- JSON array of strings
    status      TEXT NOT NULL DEFAULT 'pending',
    reason      TEXT,
    started_ms  INTEGER NOT NULL DEFAULT 0,
    ended_ms    INTEGER,
    passed      INTEGER NOT NULL DEFAULT 0,
    failed      INTEGER NOT NULL DEFAULT 0,
    errored     INTEGER NOT NULL DEFAULT 0,
    skipped     INTEGER NOT NULL DEFAULT 0,
    xfail       INTEGER NOT NULL DEFAULT 0,
    xpass       INTEGER NOT NULL DEFAULT 0,
    todo        INTEGER NOT NULL DEFAULT 0,
    timed_out   INTEGER NOT NULL DEFAULT 0,
    unfinished  INTEGER NOT NULL DEFAULT 0,
    printed     TEXT,                       -- JSON array: tests passed failed errored skipped xfail xpass todo
    planned     INTEGER,
    flaky       INTEGER NOT NULL DEFAULT 0,
    exit_code   INTEGER,
    signal      INTEGER,
    dialects    TEXT NOT NULL DEFAULT '[]', -- JSON array of strings
    lost_bytes  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Keyset paging of the list of runs, newest first.
CREATE INDEX runs_by_start ON runs (started_ms, run_id);
-- What a restart takes up again.
CREATE INDEX runs_open ON runs (id) WHERE status IN ('pending', 'running', 'finalizing');

CREATE TABLE streams (
    id            INTEGER PRIMARY KEY,
    stream        TEXT NOT NULL UNIQUE,
    run           INTEGER NOT NULL,         -- runs.id
    cluster       TEXT NOT NULL DEFAULT '',
    pod_uid       TEXT NOT NULL DEFAULT '',
    container     TEXT NOT NULL DEFAULT '',
    restart       INTEGER NOT NULL DEFAULT 0,
    source        TEXT NOT NULL DEFAULT '',
    epoch         TEXT NOT NULL DEFAULT '',
    context       TEXT NOT NULL DEFAULT '{}', -- JSON: what the sender said of its run
    command       TEXT,
    committed     INTEGER NOT NULL DEFAULT 0,
    closed        INTEGER NOT NULL DEFAULT 0,
    events        INTEGER NOT NULL DEFAULT 0,
    opened_ms     INTEGER NOT NULL DEFAULT 0,
    last_frame_ms INTEGER NOT NULL DEFAULT 0,
    total_bytes   INTEGER,
    hash          TEXT,
    exit_code     INTEGER,
    signal        INTEGER
) STRICT;

CREATE INDEX streams_by_run ON streams (run);

-- Frames as taken, in order of arrival (id): replaying them rebuilds the core's state.
CREATE TABLE frames (
    id          INTEGER PRIMARY KEY,
    stream      INTEGER NOT NULL,           -- streams.id
    start_at    INTEGER NOT NULL,
    end_at      INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    data        BLOB NOT NULL
) STRICT;

-- The second guard against taking bytes twice; also finds a stream's frames for the replay.
CREATE UNIQUE INDEX frames_by_stream ON frames (stream, start_at, end_at);

CREATE TABLE suites (
    run         INTEGER NOT NULL,
    stream      INTEGER NOT NULL,
    suite       TEXT NOT NULL,
    passed      INTEGER NOT NULL,
    failed      INTEGER NOT NULL,
    errored     INTEGER NOT NULL,
    skipped     INTEGER NOT NULL,
    xfail       INTEGER NOT NULL,
    xpass       INTEGER NOT NULL,
    todo        INTEGER NOT NULL,
    timed_out   INTEGER NOT NULL,
    unfinished  INTEGER NOT NULL,
    planned     INTEGER,
    first_ms    INTEGER,
    ended_ms    INTEGER,
    duration_s  REAL,
    PRIMARY KEY (run, stream, suite)
) STRICT, WITHOUT ROWID;

CREATE TABLE tests (
    run            INTEGER NOT NULL,
    stream         INTEGER NOT NULL,
    ordinal        INTEGER NOT NULL,
    attempt        INTEGER NOT NULL,
    suite          TEXT NOT NULL,
    name           TEXT NOT NULL,
    dialect        TEXT NOT NULL,
    status         TEXT NOT NULL,
    duration_s     REAL,
    message        TEXT,
    location       TEXT,
    line           INTEGER NOT NULL,
    started_ms     INTEGER,
    ended_ms       INTEGER,
    latest         INTEGER NOT NULL,
    teardown_error INTEGER NOT NULL,
    PRIMARY KEY (run, stream, ordinal, attempt)
) STRICT, WITHOUT ROWID;

-- The question asked most: what failed in this run. Few rows, so it costs little.
CREATE INDEX tests_failing ON tests (run, stream, ordinal)
    WHERE latest = 1 AND status IN ('failed', 'errored', 'timed_out');

CREATE TABLE gaps (
    stream  INTEGER NOT NULL,
    from_at INTEGER NOT NULL,
    to_at   INTEGER NOT NULL,
    run     INTEGER NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (stream, from_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX gaps_by_run ON gaps (run);

CREATE TABLE anomalies (
    id       INTEGER PRIMARY KEY,
    run      INTEGER NOT NULL,
    rule     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    category TEXT NOT NULL,
    severity TEXT NOT NULL,
    title    TEXT NOT NULL,
    numbers  TEXT NOT NULL,                 -- JSON array
    evidence TEXT NOT NULL,                 -- JSON array
    hints    TEXT NOT NULL,                 -- JSON array of strings
    first_ms INTEGER NOT NULL,
    last_ms  INTEGER NOT NULL,
    resolved INTEGER NOT NULL,
    UNIQUE (run, rule, subject)
) STRICT;
