CREATE TABLE key_epochs (
    id INTEGER PRIMARY KEY,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    -- What the root secret makes of the salt: another root secret is noticed by it. None until a node notes it.
    root_check BLOB CHECK (length(root_check) = 32),
    not_before INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;
