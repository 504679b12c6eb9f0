-- Streams of attempts that a later one replaced: the name of the stream that did.

ALTER TABLE streams ADD COLUMN replaced_by TEXT;
