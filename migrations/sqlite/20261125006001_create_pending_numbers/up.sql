-- What a session is good for: all its user may do, or binding a number or authenticator.
ALTER TABLE sessions ADD COLUMN scope TEXT NOT NULL DEFAULT 'full' CHECK (scope IN ('full', 'binding'));

-- A verified number that takes the place of another one once its owner has had time to object.
CREATE TABLE pending_numbers (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    phone TEXT NOT NULL,
    verified_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX pending_numbers_due ON pending_numbers (due_at, id);
