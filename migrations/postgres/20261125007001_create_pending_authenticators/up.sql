-- An authenticator app that takes the place of a lost one once its owner has had time to object.
CREATE TABLE pending_authenticators (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    -- Sealed to its user; never a seed.
    seed bytea NOT NULL,
    epoch integer NOT NULL,
    begun_at timestamptz NOT NULL,
    -- Without one it waits for its first code.
    due_at timestamptz,
    step bigint,
    CHECK ((due_at IS NULL) = (step IS NULL))
);

CREATE INDEX pending_authenticators_due ON pending_authenticators (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX pending_authenticators_epoch ON pending_authenticators (epoch, user_id);
