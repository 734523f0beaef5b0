CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id),
    carrier TEXT NOT NULL CHECK (carrier IN ('cookie', 'token')),
    -- What a session is good for: all its user may do, or binding a number or authenticator.
    scope TEXT NOT NULL CHECK (scope IN ('full', 'binding')),
    generation INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 4294967295),
    rotated_at INTEGER NOT NULL,
    methods TEXT NOT NULL,
    auth_time INTEGER NOT NULL,
    -- When two factors last ceased to count together; what was verified until then counts as one.
    fell_back_at INTEGER,
    device TEXT,
    network TEXT,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_live_user ON sessions (user_id) WHERE ended_at IS NULL;
-- Those that have ended, too: the flows of all sessions of an account are closed together.
CREATE INDEX sessions_user ON sessions (user_id);
-- By when it was opened, which never changes: a use of a session must not touch an index.
CREATE INDEX sessions_live_created ON sessions (created_at) WHERE ended_at IS NULL;
-- Retention goes by when a session ended, or was last used if it has not.
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX sessions_used ON sessions (last_seen_at) WHERE ended_at IS NULL;
-- Retention of devices and networks goes by when a session was opened.
CREATE INDEX sessions_client ON sessions (created_at) WHERE device IS NOT NULL OR network IS NOT NULL;
