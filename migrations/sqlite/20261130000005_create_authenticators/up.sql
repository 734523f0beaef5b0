CREATE TABLE totp_authenticators (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- Sealed to its user; never a seed.
    seed BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- Without one it waits for its first code and does nothing.
    confirmed_at INTEGER,
    last_step INTEGER,
    -- The change that added it; the key of its notice undoes it. None where the notice has no key.
    change_id BLOB CHECK (length(change_id) = 16),
    CHECK ((confirmed_at IS NULL) = (last_step IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX totp_authenticators_epoch ON totp_authenticators (epoch, user_id);
CREATE UNIQUE INDEX totp_authenticators_change ON totp_authenticators (change_id) WHERE change_id IS NOT NULL;
-- Setups that nobody has confirmed, for retention.
CREATE INDEX totp_authenticators_setup ON totp_authenticators (created_at) WHERE confirmed_at IS NULL;

-- An authenticator that is added, or replaces a lost factor, once its owner has had time to object.
CREATE TABLE pending_authenticators (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    -- The factor that it replaces; none where it is added.
    replaces TEXT CHECK (replaces IN ('sms', 'totp')),
    -- Sealed to its user; never a seed.
    seed BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    begun_at INTEGER NOT NULL,
    -- Without one it waits for its first code.
    due_at INTEGER,
    step INTEGER,
    CHECK ((due_at IS NULL) = (step IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX pending_authenticators_due ON pending_authenticators (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX pending_authenticators_epoch ON pending_authenticators (epoch, user_id);
CREATE INDEX pending_authenticators_setup ON pending_authenticators (begun_at) WHERE due_at IS NULL;

CREATE TABLE recovery_codes (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- A keyed digest; never a code.
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    -- An undo deletes those that were made after the change it undoes.
    made_at INTEGER,
    PRIMARY KEY (user_id, digest)
) STRICT, WITHOUT ROWID;
