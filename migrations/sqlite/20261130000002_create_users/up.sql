CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    first_name TEXT NOT NULL,
    -- None for people who have one name.
    last_name TEXT,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    phone TEXT,
    phone_verified_at INTEGER,
    -- When a login last used the number, to the day.
    phone_used_at INTEGER,
    locale TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
    -- A PHC text whose hash is sealed; never a password.
    verifier TEXT NOT NULL,
    -- A copy of `totp_authenticators.confirmed_at`, changed with it: the factors of an account are read from its row.
    totp_enabled_at INTEGER,
    -- Counts the times at which all sessions of the account were ended; older device tokens are worth nothing.
    device_generation INTEGER NOT NULL DEFAULT 0 CHECK (device_generation BETWEEN 0 AND 4294967295),
    -- When the owner was last told of a login from a new device, which happens once a day.
    new_device_notified_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (phone IS NOT NULL OR phone_verified_at IS NULL)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX users_email_key ON users (email_key);
-- Many may claim a number, one owns it.
CREATE UNIQUE INDEX users_verified_phone ON users (phone) WHERE phone_verified_at IS NOT NULL;
-- The owner first, then claimants by age.
CREATE INDEX users_phone ON users (phone, (phone_verified_at IS NULL), created_at, id);
-- The key that a hash is sealed under, six characters of its PHC text: what is to be sealed anew is found by it.
CREATE INDEX users_key ON users (substr(verifier, instr(verifier, 'keyid=') + 6, 6), id);
-- What stands in a verifier before its key tells what checking it takes: the kinds on file are read by it.
CREATE INDEX users_kind ON users (substr(verifier, 1, instr(verifier, 'keyid=') - 1));

-- Numbers with more claims than their verification can delete at once: claims up to then are deleted in batches.
CREATE TABLE void_claims (
    phone TEXT NOT NULL PRIMARY KEY,
    made_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A verified number that replaces another one once its owner has had time to object.
CREATE TABLE pending_numbers (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    phone TEXT NOT NULL,
    verified_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX pending_numbers_due ON pending_numbers (due_at, id);

-- Replaced addresses and numbers, for as long as the change can be undone. The token that undoes it is not stored.
CREATE TABLE identifier_changes (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('email', 'phone')),
    old TEXT,
    old_verified_at INTEGER,
    new TEXT NOT NULL,
    at INTEGER NOT NULL,
    CHECK (kind = 'phone' OR (old IS NOT NULL AND old_verified_at IS NULL)),
    CHECK (old IS NOT NULL OR old_verified_at IS NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX identifier_changes_user ON identifier_changes (user_id, at);
CREATE INDEX identifier_changes_at ON identifier_changes (at);
