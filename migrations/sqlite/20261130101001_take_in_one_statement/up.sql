-- The closed wires, which every node reads each second: the state of an open one begins with `-`.
-- Buckets are decided on by the domain here, under the write lock, and need no column for it.
CREATE INDEX conversion_breakers_closed ON conversion_breakers (kind, subject) WHERE substr(state, 1, 1) <> '-';
