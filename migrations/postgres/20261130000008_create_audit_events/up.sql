-- No references: an event outlives what it is about.
CREATE TABLE audit_events (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    user_id uuid,
    session_id uuid,
    challenge_id uuid
);

-- Retention goes by it.
CREATE INDEX audit_events_at ON audit_events (at);
