CREATE TABLE outbox (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    recipient_kind TEXT NOT NULL CHECK (recipient_kind IN ('email', 'phone')),
    recipient TEXT NOT NULL,
    locale TEXT NOT NULL,
    template TEXT NOT NULL,
    -- What a code is derived from; the code itself is not stored.
    challenge_id BLOB CHECK (length(challenge_id) = 16),
    epoch INTEGER,
    digits INTEGER CHECK (digits BETWEEN 6 AND 8),
    detail TEXT,
    -- The change that the reader of a notice may undo.
    change_id BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    -- Without one the message is dead and waits for an operator.
    next_try_at INTEGER,
    leased_until INTEGER,
    failure TEXT,
    -- When a dead message died.
    dead_since INTEGER,
    CHECK ((challenge_id IS NULL) = (epoch IS NULL) AND (epoch IS NULL) = (digits IS NULL)),
    CHECK (challenge_id IS NULL OR detail IS NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_due ON outbox (next_try_at, id, leased_until) WHERE next_try_at IS NOT NULL;
-- What operators look through, newest first. The first column is always NULL: it lets SQLite search.
CREATE INDEX outbox_dead ON outbox (next_try_at, created_at, id) WHERE next_try_at IS NULL;
