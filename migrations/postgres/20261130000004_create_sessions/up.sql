CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    carrier text NOT NULL CHECK (carrier IN ('cookie', 'token')),
    -- What a session is good for: all its user may do, or binding a number or authenticator.
    scope text NOT NULL CHECK (scope IN ('full', 'binding')),
    generation bigint NOT NULL CHECK (generation BETWEEN 0 AND 4294967295),
    rotated_at timestamptz NOT NULL,
    methods text NOT NULL,
    auth_time timestamptz NOT NULL,
    -- When two factors last ceased to count together; what was verified until then counts as one.
    fell_back_at timestamptz,
    device text,
    network text,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    ended_at timestamptz
);

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

-- The live sessions of an account, counted up to its cap; those that may only bind do not count. It is a function because
-- each statement of a function has a snapshot of its own: a statement that waited for the lock of the account does not see
-- sessions committed meanwhile. Without a cap nothing is counted.
CREATE FUNCTION count_live_sessions(account uuid, most integer, used_after timestamptz, opened_after timestamptz)
RETURNS integer LANGUAGE plpgsql VOLATILE STRICT AS $$
BEGIN
    RETURN (
        SELECT count(*) FROM (
            SELECT FROM sessions
            WHERE user_id = account AND ended_at IS NULL AND scope = 'full' AND last_seen_at > used_after AND created_at > opened_after
            LIMIT most
        ) AS live
    );
END
$$;
