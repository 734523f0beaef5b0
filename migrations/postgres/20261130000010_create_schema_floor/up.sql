-- The oldest migration that a release must know to work on this schema.
-- A migration that takes away or changes what releases before it use sets it to its own version.
CREATE TABLE schema_floor (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    version text NOT NULL
);

INSERT INTO schema_floor (version) VALUES ('20261130000010');
