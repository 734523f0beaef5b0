-- Microseconds that an empty bucket takes to fill, as of the last take: a take is one upsert that
-- compares each row with its own. A row of the release before says nothing of it until it is taken from.
ALTER TABLE buckets ADD COLUMN fill bigint NOT NULL DEFAULT 0;

-- The closed wires, which every node reads each second: the state of an open one begins with `-`.
CREATE INDEX conversion_breakers_closed ON conversion_breakers (kind, subject) WHERE state NOT LIKE '-%';
