-- What the sweep goes by: when a session was ended, or was used last if nobody has ended it.
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX sessions_used ON sessions (last_seen_at) WHERE ended_at IS NULL;
