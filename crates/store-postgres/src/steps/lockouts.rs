use std::time::Duration;

use doorward_kernel::Timestamp;
use doorward_limit::{Lockout, LockoutKey, LockoutTry};

use crate::sql::Sql;

/// Counts a try in every lockout, in their order, if those that are there are all open.
///
/// Gives each with the try, or as it was where it is not open. One that was made at this very
/// moment may have neither: then the try was not counted there.
///
/// The transaction is not flushed on its own, as no take from a limit is: a server that loses
/// power forgets the tries of its last moments.
pub(crate) fn count(tries: &[LockoutTry], now: Timestamp) -> Sql<'_> {
    // The waits of whichever lockout has some.
    let waits = tries.iter().map(|tried| &tried.policy.waits).find(|waits| !waits.is_empty());
    let micros = |wait: &Duration| i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
    Sql::new(
        "WITH tried AS ( \
             SELECT * FROM unnest($authenticators, $callers, $backoff_after, $disable_after) WITH ORDINALITY \
                 AS tried (authenticator, caller, backoff_after, disable_after, place)), \
         shut AS ( \
             SELECT place, blocked_until, disabled_at FROM lockouts JOIN tried USING (authenticator, caller) \
             WHERE disabled_at IS NOT NULL OR blocked_until > $now), \
         counted AS ( \
             INSERT INTO lockouts AS kept (authenticator, caller, consecutive, blocked_until, disabled_at, counted_at) \
             SELECT authenticator, caller, 1, $now + ($waits)[(2 - backoff_after)::int], \
                 CASE WHEN disable_after <= 1 THEN $now END, $now \
             FROM tried, (SELECT set_config('synchronous_commit', 'off', true)) AS unflushed \
             WHERE NOT EXISTS (SELECT FROM shut) \
             ORDER BY place \
             ON CONFLICT (authenticator, caller) DO UPDATE \
             SET (consecutive, blocked_until, disabled_at, counted_at) = ( \
                 SELECT kept.consecutive + 1, \
                     $now + ($waits)[(least(kept.consecutive + 2, backoff_after + cardinality($waits)) - backoff_after)::int], \
                     CASE WHEN kept.consecutive + 1 >= disable_after THEN $now END, $now \
                 FROM tried AS again WHERE (again.authenticator, again.caller) = (kept.authenticator, kept.caller)) \
             WHERE kept.disabled_at IS NULL AND (kept.blocked_until IS NULL OR kept.blocked_until <= $now) \
             RETURNING authenticator, caller, consecutive, blocked_until, disabled_at) \
         SELECT counted.consecutive, coalesce(counted.blocked_until, shut.blocked_until) AS blocked_until, \
             coalesce(counted.disabled_at, shut.disabled_at) AS disabled_at \
         FROM tried LEFT JOIN counted USING (authenticator, caller) LEFT JOIN shut USING (place) ORDER BY place",
    )
    .each("authenticators", tries, |tried| &tried.key.authenticator[..])
    .each("callers", tries, |tried| &tried.key.caller[..])
    .each("backoff_after", tries, |tried| tried.policy.backoff_after.map(i64::from))
    .each("disable_after", tries, |tried| i64::from(tried.policy.disable_after))
    .each("waits", waits.into_iter().flatten(), micros)
    .bind("now", now.as_micros())
}

/// Takes the last failure back from each that nobody has added to since.
pub(crate) fn put_back(counted: &[(LockoutKey, Lockout)]) -> Sql<'_> {
    Sql::new(
        "UPDATE lockouts SET consecutive = tried.before, blocked_until = NULL, disabled_at = NULL \
         FROM unnest($authenticators, $callers, $before, $consecutive) \
             AS tried (authenticator, caller, before, consecutive) \
         WHERE (lockouts.authenticator, lockouts.caller, lockouts.consecutive) \
             = (tried.authenticator, tried.caller, tried.consecutive)",
    )
    .each("authenticators", counted, |(key, _)| &key.authenticator[..])
    .each("callers", counted, |(key, _)| &key.caller[..])
    .each("before", counted, |(_, lockout)| i64::from(lockout.without_last().consecutive))
    .each("consecutive", counted, |(_, lockout)| i64::from(lockout.consecutive))
}

/// Clears the lockouts, in the order in which tries are counted in them.
pub(crate) fn clear(cleared: &[LockoutKey]) -> Sql<'_> {
    Sql::new(
        "WITH held AS ( \
             SELECT authenticator, caller FROM lockouts \
             JOIN unnest($authenticators, $callers) WITH ORDINALITY AS cleared (authenticator, caller, place) \
                 USING (authenticator, caller), \
                 (SELECT set_config('synchronous_commit', 'off', true)) AS unflushed \
             ORDER BY place FOR UPDATE OF lockouts) \
         DELETE FROM lockouts USING held \
         WHERE lockouts.authenticator = held.authenticator AND lockouts.caller = held.caller",
    )
    .each("authenticators", cleared, |key| &key.authenticator[..])
    .each("callers", cleared, |key| &key.caller[..])
}

/// Clears what anybody has tried at the authenticator.
pub(crate) fn clear_all(authenticator: &[u8; 32]) -> Sql<'_> {
    Sql::new("DELETE FROM lockouts WHERE authenticator = $authenticator").bind("authenticator", &authenticator[..])
}

/// Deletes what was last counted in before that instant, the oldest first.
pub(crate) fn purge<'a>(before: Timestamp, limit: u32) -> Sql<'a> {
    let purge = Sql::new(
        "DELETE FROM lockouts WHERE (authenticator, caller) IN ( \
             SELECT authenticator, caller FROM lockouts WHERE counted_at < $before ORDER BY counted_at LIMIT $limit \
             FOR UPDATE SKIP LOCKED)",
    );
    purge.bind("before", before.as_micros()).bind("limit", i64::from(limit))
}
