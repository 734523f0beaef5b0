-- The oldest migration that a release must know to work on this schema.
-- A migration that takes away or changes what releases before it use sets it to its own version.
CREATE TABLE schema_floor (
    is_only INTEGER NOT NULL PRIMARY KEY DEFAULT 1 CHECK (is_only = 1),
    version TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO schema_floor (version) VALUES ('20261130000010');
