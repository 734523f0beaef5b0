CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id),
    carrier TEXT NOT NULL CHECK (carrier IN ('cookie', 'token')),
    generation INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 4294967295),
    rotated_at INTEGER NOT NULL,
    methods TEXT NOT NULL,
    auth_time INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    device TEXT,
    network TEXT,
    ended_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_live_user ON sessions (user_id) WHERE ended_at IS NULL;
