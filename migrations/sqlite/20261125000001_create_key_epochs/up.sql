CREATE TABLE key_epochs (
    id INTEGER PRIMARY KEY,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    not_before INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;
