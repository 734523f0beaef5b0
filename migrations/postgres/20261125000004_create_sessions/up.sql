CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    carrier text NOT NULL CHECK (carrier IN ('cookie', 'token')),
    generation bigint NOT NULL CHECK (generation BETWEEN 0 AND 4294967295),
    rotated_at timestamptz NOT NULL,
    methods text NOT NULL,
    auth_time timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    device text,
    network text,
    ended_at timestamptz
);

CREATE INDEX sessions_live_user ON sessions (user_id) WHERE ended_at IS NULL;
