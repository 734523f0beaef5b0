-- The last sends to numbers that nobody has verified, by prefix and by country.
CREATE TABLE conversion_breakers (
    kind text NOT NULL CHECK (kind IN ('prefix', 'country')),
    -- The first seven digits, or an ISO 3166 code; neither names a person.
    subject text NOT NULL,
    -- `doorward_limit::ConversionBreaker` as text.
    state text NOT NULL,
    -- When it was last sent to, which the sweep goes by.
    touched_at timestamptz NOT NULL,
    PRIMARY KEY (kind, subject)
);

CREATE INDEX conversion_breakers_touched_at ON conversion_breakers (touched_at);
