-- How much is left in every bucket: one instant a rate, as `doorward_limit::gcra` says; and the failures in a row at
-- authenticators, as `doorward_limit::Lockout` counts them.
CREATE TABLE buckets (
    kind text NOT NULL,
    -- Keyed digests: no account, address, number, IP address, device or session is ever in here.
    subject bytea NOT NULL CHECK (octet_length(subject) = 32),
    window_seconds bigint NOT NULL CHECK (window_seconds > 0),
    -- Microseconds since 1970-01-01 at which the bucket is full again, or the failures are forgotten; arithmetic on them
    -- is exact.
    state bigint NOT NULL,
    -- Microseconds that an empty bucket needs to fill up: one upsert takes from many, each compared with its own.
    fill bigint NOT NULL,
    -- Failures in a row; zero for rates.
    consecutive bigint NOT NULL CHECK (consecutive >= 0),
    -- Until when no try is compared.
    blocked_until bigint,
    PRIMARY KEY (kind, subject, window_seconds)
);

-- Retention goes by it.
CREATE INDEX buckets_state ON buckets (state);

-- Checks of codes and passwords on all nodes, as `doorward_limit::AttackDetector` adds them up.
CREATE TABLE check_counts (
    kind text NOT NULL,
    -- When the tenth of a window begins, in microseconds since 1970-01-01.
    slot bigint NOT NULL,
    failed bigint NOT NULL CHECK (failed >= 0),
    total bigint NOT NULL CHECK (total >= failed),
    PRIMARY KEY (kind, slot)
);

-- The last sends to unverified numbers, by prefix and by country.
CREATE TABLE conversion_breakers (
    kind text NOT NULL CHECK (kind IN ('prefix', 'country')),
    -- The first seven digits, or an ISO 3166 code; neither names a person.
    subject text NOT NULL,
    -- `doorward_limit::ConversionBreaker` as text.
    state text NOT NULL,
    -- When it was last sent to, which retention goes by.
    touched_at timestamptz NOT NULL,
    PRIMARY KEY (kind, subject)
);

CREATE INDEX conversion_breakers_touched_at ON conversion_breakers (touched_at);
-- Every node reads each second which destinations get no SMS: the state of one that does begins with `-`.
CREATE INDEX conversion_breakers_closed ON conversion_breakers (kind, subject) WHERE state NOT LIKE '-%';

-- While there is a row, an operator has stopped all SMS, on every node.
CREATE TABLE sms_pause (
    is_paused boolean PRIMARY KEY CHECK (is_paused),
    since timestamptz NOT NULL
);
