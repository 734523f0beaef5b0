CREATE TABLE key_epochs (
    id integer PRIMARY KEY,
    salt bytea NOT NULL CHECK (octet_length(salt) = 32),
    -- What the root secret makes of the salt: another root secret is noticed by it. None until a node notes it.
    root_check bytea CHECK (octet_length(root_check) = 32),
    not_before timestamptz NOT NULL,
    retired_at timestamptz
);
