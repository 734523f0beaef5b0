CREATE TABLE users (
    id uuid PRIMARY KEY,
    first_name text NOT NULL,
    -- None for people who have one name.
    last_name text,
    email text NOT NULL,
    email_key text NOT NULL,
    phone text,
    phone_verified_at timestamptz,
    -- When a login last used the number, to the day.
    phone_used_at timestamptz,
    locale text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'disabled')),
    -- A PHC text whose hash is sealed; never a password.
    verifier text NOT NULL,
    -- A copy of `totp_authenticators.confirmed_at`, changed with it: the factors of an account are read from its row.
    totp_enabled_at timestamptz,
    -- Counts the times at which all sessions of the account were ended; older device tokens are worth nothing.
    device_generation bigint NOT NULL DEFAULT 0 CHECK (device_generation BETWEEN 0 AND 4294967295),
    -- When the owner was last told of a login from a new device, which happens once a day.
    new_device_notified_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (phone IS NOT NULL OR phone_verified_at IS NULL)
);

CREATE UNIQUE INDEX users_email_key ON users (email_key);
-- Many may claim a number, one owns it.
CREATE UNIQUE INDEX users_verified_phone ON users (phone) WHERE phone_verified_at IS NOT NULL;
-- The owner first, then claimants by age: a number that thousands claim costs no more than one.
CREATE INDEX users_phone ON users (phone, phone_verified_at, created_at, id);
-- The key that a hash is sealed under, six characters of its PHC text: what is to be sealed anew is found by it.
CREATE INDEX users_key ON users (substring(verifier FROM 'keyid=(.{6})'), id);
-- What stands in a verifier before its key tells what checking it takes: the kinds on file are read by it.
CREATE INDEX users_kind ON users ((substring(verifier FROM '^(.*?)keyid=') COLLATE "C"));

-- Numbers with more claims than their verification can delete at once: claims up to then are deleted in batches.
CREATE TABLE void_claims (
    phone text PRIMARY KEY,
    made_until timestamptz NOT NULL
);

-- A verified number that replaces another one once its owner has had time to object.
CREATE TABLE pending_numbers (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    phone text NOT NULL,
    verified_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL
);

CREATE INDEX pending_numbers_due ON pending_numbers (due_at, id);

-- Replaced addresses and numbers, for as long as the change can be undone. The token that undoes it is not stored.
CREATE TABLE identifier_changes (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('email', 'phone')),
    old text,
    old_verified_at timestamptz,
    new text NOT NULL,
    at timestamptz NOT NULL,
    CHECK (kind = 'phone' OR (old IS NOT NULL AND old_verified_at IS NULL)),
    CHECK (old IS NOT NULL OR old_verified_at IS NULL)
);

CREATE INDEX identifier_changes_user ON identifier_changes (user_id, at);
CREATE INDEX identifier_changes_at ON identifier_changes (at);
