-- Who did what. Rows are added and never changed; the database itself refuses anything else.

CREATE TABLE audit (
    id     INTEGER PRIMARY KEY,
    at_ms  INTEGER NOT NULL,
    actor  TEXT,                            -- NULL: did not prove who it is
    verb   TEXT NOT NULL,
    object TEXT NOT NULL,
    peer   TEXT                             -- IP address
) STRICT;

-- A sender opens its stream again after every pause; that it did so at all is told once.
CREATE UNIQUE INDEX audit_opened ON audit (object, actor) WHERE verb = 'opened_stream';

CREATE TRIGGER audit_keeps BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
