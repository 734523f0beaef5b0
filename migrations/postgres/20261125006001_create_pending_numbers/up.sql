-- What a session is good for: all its user may do, or binding a number or authenticator.
ALTER TABLE sessions ADD COLUMN scope text NOT NULL DEFAULT 'full' CHECK (scope IN ('full', 'binding'));

-- A verified number that takes the place of another one once its owner has had time to object.
CREATE TABLE pending_numbers (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    phone text NOT NULL,
    verified_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL
);

CREATE INDEX pending_numbers_due ON pending_numbers (due_at, id);
