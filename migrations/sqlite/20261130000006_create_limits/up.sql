-- How much is left in every bucket: one instant a rate, as `doorward_limit::gcra` says; and the failures in a row at
-- authenticators, as `doorward_limit::Lockout` counts them. The domain decides under the write lock, so there is no column
-- for how long a bucket needs to fill up.
CREATE TABLE buckets (
    kind TEXT NOT NULL,
    -- Keyed digests: no account, address, number, IP address, device or session is ever in here.
    subject BLOB NOT NULL CHECK (length(subject) = 32),
    window_seconds INTEGER NOT NULL CHECK (window_seconds > 0),
    -- Microseconds since 1970-01-01 at which the bucket is full again, or the failures are forgotten.
    state INTEGER NOT NULL,
    -- Failures in a row; zero for rates.
    consecutive INTEGER NOT NULL CHECK (consecutive >= 0),
    -- Until when no try is compared.
    blocked_until INTEGER,
    PRIMARY KEY (kind, subject, window_seconds)
) STRICT, WITHOUT ROWID;

-- Retention goes by it.
CREATE INDEX buckets_state ON buckets (state);

-- Checks of codes and passwords on all nodes, as `doorward_limit::AttackDetector` adds them up.
CREATE TABLE check_counts (
    kind TEXT NOT NULL,
    -- When the tenth of a window begins, in microseconds since 1970-01-01.
    slot INTEGER NOT NULL,
    failed INTEGER NOT NULL CHECK (failed >= 0),
    total INTEGER NOT NULL CHECK (total >= failed),
    PRIMARY KEY (kind, slot)
) STRICT, WITHOUT ROWID;

-- The last sends to unverified numbers, by prefix and by country.
CREATE TABLE conversion_breakers (
    kind TEXT NOT NULL CHECK (kind IN ('prefix', 'country')),
    -- The first seven digits, or an ISO 3166 code; neither names a person.
    subject TEXT NOT NULL,
    -- `doorward_limit::ConversionBreaker` as text.
    state TEXT NOT NULL,
    -- When it was last sent to, which retention goes by.
    touched_at INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX conversion_breakers_touched_at ON conversion_breakers (touched_at);
-- Every node reads each second which destinations get no SMS: the state of one that does begins with `-`.
CREATE INDEX conversion_breakers_closed ON conversion_breakers (kind, subject) WHERE substr(state, 1, 1) <> '-';

-- While there is a row, an operator has stopped all SMS, on every node.
CREATE TABLE sms_pause (
    is_paused INTEGER NOT NULL PRIMARY KEY CHECK (is_paused = 1),
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
