-- Failures in a row, as `doorward_limit::FailureState` counts them.
CREATE TABLE failure_rows (
    kind text NOT NULL,
    -- A keyed digest: no address, number or account is ever in here.
    subject bytea NOT NULL CHECK (octet_length(subject) = 32),
    consecutive bigint NOT NULL CHECK (consecutive >= 0),
    -- Microseconds since 1970-01-01, as in `buckets`.
    blocked_until bigint,
    disabled_at bigint,
    -- When the last failure was added, which the sweep goes by.
    touched_at bigint NOT NULL,
    PRIMARY KEY (kind, subject)
);

CREATE INDEX failure_rows_touched_at ON failure_rows (touched_at);
