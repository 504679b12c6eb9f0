-- Streams that come by way of a node, and on a node how far the hub has each.

ALTER TABLE streams ADD COLUMN node TEXT;   -- NULL: from its sender

CREATE TABLE forwarded (
    stream   INTEGER PRIMARY KEY,           -- streams.id
    position INTEGER NOT NULL,              -- a hint: the hub is asked
    closed   INTEGER NOT NULL               -- whether the hub has the whole stream
) STRICT;
