-- No reference to users: the account of a registration does not exist yet.
CREATE TABLE challenges (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    purpose TEXT NOT NULL CHECK (
        purpose IN ('register', 'login', 'change_email', 'change_phone', 'reset_password', 'step_up', 'bind')
    ),
    step TEXT NOT NULL CHECK (step IN ('email_code', 'phone_code', 'totp', 'password', 'first_login')),
    target_kind TEXT NOT NULL CHECK (target_kind IN ('email', 'phone')),
    target TEXT NOT NULL,
    target_key TEXT NOT NULL,
    -- The channels by which a code to a number may go; the person may choose one.
    phone_channels TEXT NOT NULL CHECK (phone_channels IN ('sms', 'whatsapp', 'voice', 'whatsapp_or_sms')),
    subject TEXT NOT NULL CHECK (subject IN ('account', 'unclaimed', 'withheld', 'decoy')),
    -- The channels verified by the steps before this one, with blanks between.
    verified TEXT NOT NULL,
    user_id BLOB CHECK (length(user_id) = 16),
    locale TEXT NOT NULL,
    session_id BLOB CHECK (length(session_id) = 16),
    epoch INTEGER NOT NULL,
    digits INTEGER NOT NULL CHECK (digits BETWEEN 6 AND 8),
    tries INTEGER NOT NULL CHECK (tries BETWEEN 0 AND max_tries),
    max_tries INTEGER NOT NULL CHECK (max_tries BETWEEN 0 AND 255),
    sends INTEGER NOT NULL CHECK (sends BETWEEN 0 AND 255),
    -- The keyed digest of the device that started the flow, when it has logged in to the account before.
    known_device BLOB CHECK (length(known_device) = 32),
    -- The step that followed this one once it was met: the same submit, when it comes twice, is given it again.
    successor BLOB CHECK (length(successor) = 16),
    sent_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    closed_at INTEGER,
    -- Retention goes by it: closed or expired, whichever came first.
    ends_at INTEGER NOT NULL GENERATED ALWAYS AS (min(expires_at, coalesce(closed_at, expires_at))) VIRTUAL,
    CHECK ((subject IN ('account', 'withheld')) = (user_id IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX challenges_target ON challenges (target_key, purpose, created_at);
CREATE INDEX challenges_open_user ON challenges (user_id) WHERE closed_at IS NULL;
CREATE INDEX challenges_open_session ON challenges (session_id) WHERE session_id IS NOT NULL AND closed_at IS NULL;
CREATE INDEX challenges_end ON challenges (ends_at);
-- Registrations are kept for a time of their own.
CREATE INDEX challenges_end_register ON challenges (ends_at) WHERE purpose = 'register';

CREATE TABLE registration_drafts (
    challenge_id BLOB NOT NULL PRIMARY KEY REFERENCES challenges (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL CHECK (length(user_id) = 16),
    first_name TEXT NOT NULL,
    last_name TEXT,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    phone TEXT NOT NULL,
    locale TEXT NOT NULL,
    -- A PHC text whose hash is sealed; never a password.
    verifier TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX registration_drafts_email_key ON registration_drafts (email_key);
-- As `users_key`.
CREATE INDEX registration_drafts_key ON registration_drafts (substr(verifier, instr(verifier, 'keyid=') + 6, 6));
