-- An authenticator app that takes the place of a lost one once its owner has had time to object.
CREATE TABLE held_authenticators (
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

CREATE INDEX held_authenticators_due ON held_authenticators (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX held_authenticators_epoch ON held_authenticators (epoch, user_id);
