-- No references: an event outlives what it is about.
CREATE TABLE audit_events (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    user_id BLOB CHECK (length(user_id) = 16),
    session_id BLOB CHECK (length(session_id) = 16),
    challenge_id BLOB CHECK (length(challenge_id) = 16)
) STRICT, WITHOUT ROWID;

-- Retention goes by it.
CREATE INDEX audit_events_at ON audit_events (at);
