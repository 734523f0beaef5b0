CREATE TABLE resource_servers (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    -- SHA-256 of a secret of 256 random bits; never the secret.
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    created_at timestamptz NOT NULL,
    rotated_at timestamptz NOT NULL
);

CREATE UNIQUE INDEX resource_servers_name ON resource_servers (name);
