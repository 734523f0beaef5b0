CREATE TABLE users (
    id uuid PRIMARY KEY,
    first_name text NOT NULL,
    last_name text NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL,
    phone text,
    phone_verified_at timestamptz,
    locale text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'disabled')),
    -- A PHC text whose hash is sealed; never a password.
    verifier text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (phone IS NOT NULL OR phone_verified_at IS NULL)
);

CREATE UNIQUE INDEX users_email_key ON users (email_key);
-- Many may claim a number, one owns it.
CREATE UNIQUE INDEX users_verified_phone ON users (phone) WHERE phone_verified_at IS NOT NULL;
-- The owner first, then claimants by age: a number that thousands claim costs no more than one.
CREATE INDEX users_phone ON users (phone, phone_verified_at, created_at, id);
