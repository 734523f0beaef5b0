-- The last sends to numbers that nobody has verified, by prefix and by country.
CREATE TABLE conversion_breakers (
    kind TEXT NOT NULL CHECK (kind IN ('prefix', 'country')),
    -- The first seven digits, or an ISO 3166 code; neither names a person.
    subject TEXT NOT NULL,
    -- `doorward_limit::ConversionBreaker` as text.
    state TEXT NOT NULL,
    -- When it was last sent to, which the sweep goes by.
    touched_at INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX conversion_breakers_touched_at ON conversion_breakers (touched_at);
