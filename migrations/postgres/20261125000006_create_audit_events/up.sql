-- No references: an event outlives what it tells of.
CREATE TABLE audit_events (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    user_id uuid,
    session_id uuid,
    challenge_id uuid
);
