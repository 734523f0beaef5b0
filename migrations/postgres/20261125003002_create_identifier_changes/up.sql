-- What was replaced by what, for as long as it can be undone. The token that does it is nowhere.
CREATE TABLE identifier_changes (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('email', 'phone')),
    old text,
    old_verified_at timestamptz,
    new text NOT NULL,
    at timestamptz NOT NULL,
    CHECK (kind = 'phone' OR (old IS NOT NULL AND old_verified_at IS NULL)),
    CHECK (old IS NOT NULL OR old_verified_at IS NULL)
);

CREATE INDEX identifier_changes_user ON identifier_changes (user_id, at);
CREATE INDEX identifier_changes_at ON identifier_changes (at);

-- The change that the reader of a notice may undo.
ALTER TABLE outbox ADD COLUMN change_id uuid;
