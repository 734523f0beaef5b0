CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    channel text NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp', 'voice', 'whatsapp_or_sms')),
    recipient text NOT NULL,
    locale text NOT NULL,
    template text NOT NULL,
    -- What a code is derived from; the code itself is not stored.
    challenge_id uuid,
    epoch integer,
    digits smallint CHECK (digits BETWEEN 6 AND 8),
    detail text,
    -- The change that the reader of a notice may undo.
    change_id uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    tries bigint NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 4294967295),
    -- Without one the message was sent, or is dead and waits for an operator.
    next_try_at timestamptz,
    leased_until timestamptz,
    failure text,
    -- When a dead message died.
    dead_since timestamptz,
    -- Who took it, and their name for it; neither for what was not sent.
    provider text,
    reference text,
    -- Who took it and did not deliver it: it is for the others.
    failed_provider text,
    -- When it was taken first, and what was told of it; those of decoys may be to come.
    sent_at timestamptz,
    outcome text CHECK (outcome IN ('delivered', 'failed', 'read')),
    outcome_at timestamptz,
    CHECK ((challenge_id IS NULL) = (epoch IS NULL) AND (epoch IS NULL) = (digits IS NULL)),
    CHECK (challenge_id IS NULL OR detail IS NULL),
    CHECK ((outcome IS NULL) = (outcome_at IS NULL)),
    CHECK (next_try_at IS NOT NULL OR dead_since IS NOT NULL OR sent_at IS NOT NULL),
    CHECK (dead_since IS NULL OR next_try_at IS NULL)
);

CREATE INDEX outbox_due ON outbox (next_try_at, id) WHERE next_try_at IS NOT NULL;
-- What operators look through, newest first.
CREATE INDEX outbox_dead ON outbox (created_at, id) WHERE dead_since IS NOT NULL;
-- What retention goes through.
CREATE INDEX outbox_settled ON outbox (expires_at, id) WHERE next_try_at IS NULL;
-- Codes that a provider took or that are dead: what is known of the latest ones is replayed. Decoys are in neither.
CREATE INDEX outbox_tried ON outbox (expires_at, id)
    WHERE next_try_at IS NULL AND challenge_id IS NOT NULL AND (provider IS NOT NULL OR dead_since IS NOT NULL);
CREATE INDEX outbox_challenge ON outbox (challenge_id, created_at, id) WHERE challenge_id IS NOT NULL;
