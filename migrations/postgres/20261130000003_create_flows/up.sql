-- No reference to users: the account of a registration does not exist yet.
CREATE TABLE challenges (
    id uuid PRIMARY KEY,
    purpose text NOT NULL CHECK (
        purpose IN ('register', 'login', 'change_email', 'change_phone', 'reset_password', 'step_up', 'bind')
    ),
    step text NOT NULL CHECK (step IN ('email_code', 'phone_code', 'totp', 'password', 'first_login')),
    target_kind text NOT NULL CHECK (target_kind IN ('email', 'phone')),
    target text NOT NULL,
    target_key text NOT NULL,
    -- The channels by which a code to a number may go; the person may choose one.
    phone_channels text NOT NULL CHECK (phone_channels IN ('sms', 'whatsapp', 'voice', 'whatsapp_or_sms')),
    subject text NOT NULL CHECK (subject IN ('account', 'unclaimed', 'withheld', 'decoy')),
    -- The channels verified by the steps before this one, with blanks between.
    verified text NOT NULL,
    user_id uuid,
    locale text NOT NULL,
    session_id uuid,
    epoch integer NOT NULL,
    digits smallint NOT NULL CHECK (digits BETWEEN 6 AND 8),
    tries smallint NOT NULL CHECK (tries BETWEEN 0 AND max_tries),
    max_tries smallint NOT NULL CHECK (max_tries BETWEEN 0 AND 255),
    sends smallint NOT NULL CHECK (sends BETWEEN 0 AND 255),
    -- The keyed digest of the device that started the flow, when it has logged in to the account before.
    known_device bytea CHECK (octet_length(known_device) = 32),
    -- The step that followed this one once it was met: the same submit, when it comes twice, is given it again.
    successor uuid,
    sent_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    closed_at timestamptz,
    -- Retention goes by it: closed or expired, whichever came first.
    ends_at timestamptz NOT NULL GENERATED ALWAYS AS (least(expires_at, closed_at)) STORED,
    CHECK ((subject IN ('account', 'withheld')) = (user_id IS NOT NULL))
);

CREATE INDEX challenges_target ON challenges (target_key, purpose, created_at);
CREATE INDEX challenges_open_user ON challenges (user_id) WHERE closed_at IS NULL;
CREATE INDEX challenges_open_session ON challenges (session_id) WHERE session_id IS NOT NULL AND closed_at IS NULL;
CREATE INDEX challenges_end ON challenges (ends_at);
-- Registrations are kept for a time of their own.
CREATE INDEX challenges_end_register ON challenges (ends_at) WHERE purpose = 'register';

CREATE TABLE registration_drafts (
    challenge_id uuid PRIMARY KEY REFERENCES challenges (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    first_name text NOT NULL,
    last_name text,
    email text NOT NULL,
    email_key text NOT NULL,
    phone text NOT NULL,
    locale text NOT NULL,
    -- A PHC text whose hash is sealed; never a password.
    verifier text NOT NULL
);

CREATE INDEX registration_drafts_email_key ON registration_drafts (email_key);
-- As `users_key`.
CREATE INDEX registration_drafts_key ON registration_drafts (substring(verifier FROM 'keyid=(.{6})'));
