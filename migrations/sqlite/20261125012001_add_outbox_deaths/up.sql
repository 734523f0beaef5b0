-- When a message died; none where it waits, and where an older release gave it up.
ALTER TABLE outbox ADD COLUMN dead_since INTEGER;

-- What operators look through, newest first. The first column is always NULL: it lets SQLite search.
CREATE INDEX outbox_dead ON outbox (next_try_at, created_at, id) WHERE next_try_at IS NULL;
