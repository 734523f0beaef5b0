-- An authenticator app that takes the place of a lost one once its owner has had time to object.
CREATE TABLE pending_authenticators (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    -- Sealed to its user; never a seed.
    seed BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    begun_at INTEGER NOT NULL,
    -- Without one it waits for its first code.
    due_at INTEGER,
    step INTEGER,
    CHECK ((due_at IS NULL) = (step IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX pending_authenticators_due ON pending_authenticators (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX pending_authenticators_epoch ON pending_authenticators (epoch, user_id);
