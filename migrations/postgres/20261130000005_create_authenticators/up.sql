CREATE TABLE totp_authenticators (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- Sealed to its user; never a seed.
    seed bytea NOT NULL,
    epoch integer NOT NULL,
    created_at timestamptz NOT NULL,
    -- Without one it waits for its first code and does nothing.
    confirmed_at timestamptz,
    last_step bigint,
    -- The change that added it; the key of its notice undoes it. None where the notice has no key.
    change_id uuid,
    CHECK ((confirmed_at IS NULL) = (last_step IS NULL))
);

CREATE INDEX totp_authenticators_epoch ON totp_authenticators (epoch, user_id);
CREATE UNIQUE INDEX totp_authenticators_change ON totp_authenticators (change_id) WHERE change_id IS NOT NULL;
-- Setups that nobody has confirmed, for retention.
CREATE INDEX totp_authenticators_setup ON totp_authenticators (created_at) WHERE confirmed_at IS NULL;

-- An authenticator that is added, or replaces a lost factor, once its owner has had time to object.
CREATE TABLE pending_authenticators (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    -- The factor that it replaces; none where it is added.
    replaces text CHECK (replaces IN ('sms', 'totp')),
    -- Sealed to its user; never a seed.
    seed bytea NOT NULL,
    epoch integer NOT NULL,
    begun_at timestamptz NOT NULL,
    -- Without one it waits for its first code.
    due_at timestamptz,
    step bigint,
    CHECK ((due_at IS NULL) = (step IS NULL))
);

CREATE INDEX pending_authenticators_due ON pending_authenticators (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX pending_authenticators_epoch ON pending_authenticators (epoch, user_id);
CREATE INDEX pending_authenticators_setup ON pending_authenticators (begun_at) WHERE due_at IS NULL;

CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- A keyed digest; never a code.
    digest bytea NOT NULL CHECK (length(digest) = 32),
    -- An undo deletes those that were made after the change it undoes.
    made_at timestamptz,
    PRIMARY KEY (user_id, digest)
);
