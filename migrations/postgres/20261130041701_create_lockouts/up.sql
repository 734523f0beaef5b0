-- Failures in a row at authenticators, as `doorward_limit::Lockout` counts them.
-- `failure_rows`, which went by names and not by accounts, stays for nodes of the release before.
CREATE TABLE lockouts (
    -- Keyed digests: no account, address, device or session is ever in here.
    authenticator bytea NOT NULL CHECK (octet_length(authenticator) = 32),
    caller bytea NOT NULL CHECK (octet_length(caller) = 32),
    consecutive bigint NOT NULL CHECK (consecutive >= 0),
    -- Microseconds since 1970-01-01, as in `buckets`.
    blocked_until bigint,
    disabled_at bigint,
    -- When the last failure was counted, which the purge goes by.
    counted_at bigint NOT NULL,
    PRIMARY KEY (authenticator, caller)
);

CREATE INDEX lockouts_counted_at ON lockouts (counted_at);
