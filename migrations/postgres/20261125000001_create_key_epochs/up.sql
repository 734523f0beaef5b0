CREATE TABLE key_epochs (
    id integer PRIMARY KEY,
    salt bytea NOT NULL CHECK (octet_length(salt) = 32),
    not_before timestamptz NOT NULL,
    retired_at timestamptz
);
