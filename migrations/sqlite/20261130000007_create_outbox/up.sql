CREATE TABLE outbox (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp', 'voice', 'whatsapp_or_sms')),
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
    -- Without one the message was sent, or is dead and waits for an operator.
    next_try_at INTEGER,
    leased_until INTEGER,
    failure TEXT,
    -- When a dead message died.
    dead_since INTEGER,
    -- Who took it, and their name for it; neither for what was not sent.
    provider TEXT,
    reference TEXT,
    -- Who took it and did not deliver it: it is for the others.
    failed_provider TEXT,
    -- When it was taken first, and what was told of it; those of decoys may be to come.
    sent_at INTEGER,
    outcome TEXT CHECK (outcome IN ('delivered', 'failed', 'read')),
    outcome_at INTEGER,
    CHECK ((challenge_id IS NULL) = (epoch IS NULL) AND (epoch IS NULL) = (digits IS NULL)),
    CHECK (challenge_id IS NULL OR detail IS NULL),
    CHECK ((outcome IS NULL) = (outcome_at IS NULL)),
    CHECK (next_try_at IS NOT NULL OR dead_since IS NOT NULL OR sent_at IS NOT NULL),
    CHECK (dead_since IS NULL OR next_try_at IS NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_due ON outbox (next_try_at, id, leased_until) WHERE next_try_at IS NOT NULL;
-- What operators look through, newest first, and what retention goes through.
-- The first column is always NULL: it lets SQLite search.
CREATE INDEX outbox_dead ON outbox (next_try_at, created_at, id) WHERE next_try_at IS NULL AND dead_since IS NOT NULL;
CREATE INDEX outbox_settled ON outbox (next_try_at, expires_at, id) WHERE next_try_at IS NULL;
-- Codes that a provider took or that are dead: what is known of the latest ones is replayed. Decoys are in neither.
CREATE INDEX outbox_tried ON outbox (next_try_at, expires_at, id)
    WHERE next_try_at IS NULL AND challenge_id IS NOT NULL AND (provider IS NOT NULL OR dead_since IS NOT NULL);
CREATE INDEX outbox_challenge ON outbox (challenge_id, created_at, id) WHERE challenge_id IS NOT NULL;
