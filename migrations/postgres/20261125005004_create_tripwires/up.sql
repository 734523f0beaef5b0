-- The last sends to numbers that nobody has proved, by prefix and by country.
CREATE TABLE tripwires (
    kind text NOT NULL CHECK (kind IN ('prefix', 'country')),
    -- The first seven digits, or an ISO 3166 code; neither names a person.
    subject text NOT NULL,
    -- `doorward_limit::Tripwire` as text.
    state text NOT NULL,
    -- When it was last sent to, which the sweep goes by.
    touched_at timestamptz NOT NULL,
    PRIMARY KEY (kind, subject)
);

CREATE INDEX tripwires_touched_at ON tripwires (touched_at);
