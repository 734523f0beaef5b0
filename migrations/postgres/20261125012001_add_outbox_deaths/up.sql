-- When a message died; none where it waits, and where an older release gave it up.
ALTER TABLE outbox ADD COLUMN dead_since timestamptz;

-- What operators look through, newest first.
CREATE INDEX outbox_dead ON outbox (created_at, id) WHERE next_try_at IS NULL;
