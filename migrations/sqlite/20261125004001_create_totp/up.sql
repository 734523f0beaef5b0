-- Shown as a factor of the account; always true to the table of authenticators.
ALTER TABLE users ADD COLUMN totp_enabled_at INTEGER;

CREATE TABLE totp_authenticators (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- Sealed to its user; never a seed.
    seed BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- Without one it waits for its first code and does nothing.
    confirmed_at INTEGER,
    last_step INTEGER,
    wrong INTEGER NOT NULL DEFAULT 0 CHECK (wrong BETWEEN 0 AND 255),
    wrong_since INTEGER,
    CHECK ((confirmed_at IS NULL) = (last_step IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX totp_authenticators_epoch ON totp_authenticators (epoch, user_id);

CREATE TABLE recovery_codes (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- A keyed digest; never a code.
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (user_id, digest)
) STRICT, WITHOUT ROWID;
