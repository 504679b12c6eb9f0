-- Whose fault a failure is: few rows beside the tests, written again when the cluster tells more.

CREATE TABLE causes (
    run        INTEGER NOT NULL,
    stream     INTEGER NOT NULL,
    ordinal    INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    class      TEXT NOT NULL,               -- infra, app, test, unknown
    confidence REAL NOT NULL,
    hints      TEXT NOT NULL,               -- JSON array, best first
    PRIMARY KEY (run, stream, ordinal, attempt)
) STRICT, WITHOUT ROWID;
