-- Shown as a factor of the account; always true to the table of authenticators.
ALTER TABLE users ADD COLUMN totp_enabled_at timestamptz;

CREATE TABLE totp_authenticators (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- Sealed to its user; never a seed.
    seed bytea NOT NULL,
    epoch integer NOT NULL,
    created_at timestamptz NOT NULL,
    -- Without one it waits for its first code and does nothing.
    confirmed_at timestamptz,
    last_step bigint,
    wrong smallint NOT NULL DEFAULT 0 CHECK (wrong BETWEEN 0 AND 255),
    wrong_since timestamptz,
    CHECK ((confirmed_at IS NULL) = (last_step IS NULL))
);

CREATE INDEX totp_authenticators_epoch ON totp_authenticators (epoch, user_id);

CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- A keyed digest; never a code.
    digest bytea NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (user_id, digest)
);
