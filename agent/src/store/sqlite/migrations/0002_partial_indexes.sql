-- The conditions of partial indexes with OR instead of IN: for IN, SQLite built a table of the words
-- for every row written.

DROP INDEX runs_open;
CREATE INDEX runs_open ON runs (id)
    WHERE status = 'pending' OR status = 'running' OR status = 'finalizing';

DROP INDEX tests_failing;
CREATE INDEX tests_failing ON tests (run, stream, ordinal)
    WHERE latest = 1 AND (status = 'failed' OR status = 'errored' OR status = 'timed_out');
