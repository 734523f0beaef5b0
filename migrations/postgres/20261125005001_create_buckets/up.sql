-- How much is left of every bucket: one instant a rate, as `doorward_limit::gcra` says.
CREATE TABLE buckets (
    kind text NOT NULL,
    -- A keyed digest: no address, number or IP address is ever in here.
    subject bytea NOT NULL CHECK (octet_length(subject) = 32),
    window_seconds bigint NOT NULL CHECK (window_seconds > 0),
    -- Microseconds since 1970-01-01 at which the bucket is full again; arithmetic on them is exact.
    state bigint NOT NULL,
    PRIMARY KEY (kind, subject, window_seconds)
);

-- What the sweep goes by.
CREATE INDEX buckets_state ON buckets (state);
