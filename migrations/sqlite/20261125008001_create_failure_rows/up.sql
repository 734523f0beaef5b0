-- Failures in a row, as `doorward_limit::FailureState` counts them.
CREATE TABLE failure_rows (
    kind TEXT NOT NULL,
    -- A keyed digest: no address, number or account is ever in here.
    subject BLOB NOT NULL CHECK (length(subject) = 32),
    consecutive INTEGER NOT NULL CHECK (consecutive >= 0),
    -- Microseconds since 1970-01-01, as in `buckets`.
    blocked_until INTEGER,
    disabled_at INTEGER,
    -- When the last failure was added, which the sweep goes by.
    touched_at INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX failure_rows_touched_at ON failure_rows (touched_at);
