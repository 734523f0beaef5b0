use diesel::{
    sql_query,
    sql_types::{Array, BigInt, Binary, Nullable},
};
use doorward_kernel::Timestamp;
use doorward_limit::{Lockout, LockoutKey, LockoutTry};

use crate::sql::Numbered;

/// The lockouts a try is counted in, as columns; the waits are those of whichever lockout has some.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    authenticators: Vec<Vec<u8>>,
    callers: Vec<Vec<u8>>,
    backoff_after: Vec<Option<i64>>,
    disable_after: Vec<i64>,
    waits: Vec<i64>,
}

impl Columns {
    pub(crate) fn of(tries: &[LockoutTry]) -> Self {
        let policies = || tries.iter().map(|tried| &tried.policy);
        let waits = policies().map(|policy| &policy.waits).find(|waits| !waits.is_empty());
        let micros = |wait: &std::time::Duration| i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
        Self {
            authenticators: tries.iter().map(|tried| tried.key.authenticator.to_vec()).collect(),
            callers: tries.iter().map(|tried| tried.key.caller.to_vec()).collect(),
            backoff_after: policies().map(|policy| policy.backoff_after.map(i64::from)).collect(),
            disable_after: policies().map(|policy| policy.disable_after.into()).collect(),
            waits: waits.into_iter().flatten().map(micros).collect(),
        }
    }
}

/// Counts a try in every lockout, in their order, if those that are there are all open.
///
/// Gives each with the try, or as it was where it is not open. One that was made at this very
/// moment may have neither: then the try was not counted there.
///
/// The transaction is not flushed on its own, as no take from a limit is: a server that loses
/// power forgets the tries of its last moments.
pub(crate) fn count<'a>(columns: &Columns, now: Timestamp) -> Numbered<'a> {
    sql_query(
        "WITH tried AS ( \
             SELECT * FROM unnest($1, $2, $3, $4) WITH ORDINALITY \
                 AS tried (authenticator, caller, backoff_after, disable_after, place)), \
         shut AS ( \
             SELECT place, blocked_until, disabled_at FROM lockouts JOIN tried USING (authenticator, caller) \
             WHERE disabled_at IS NOT NULL OR blocked_until > $6), \
         counted AS ( \
             INSERT INTO lockouts AS kept (authenticator, caller, consecutive, blocked_until, disabled_at, counted_at) \
             SELECT authenticator, caller, 1, $6 + ($5)[(2 - backoff_after)::int], \
                 CASE WHEN disable_after <= 1 THEN $6 END, $6 \
             FROM tried, (SELECT set_config('synchronous_commit', 'off', true)) AS unflushed \
             WHERE NOT EXISTS (SELECT FROM shut) \
             ORDER BY place \
             ON CONFLICT (authenticator, caller) DO UPDATE \
             SET (consecutive, blocked_until, disabled_at, counted_at) = ( \
                 SELECT kept.consecutive + 1, \
                     $6 + ($5)[(least(kept.consecutive + 2, backoff_after + cardinality($5)) - backoff_after)::int], \
                     CASE WHEN kept.consecutive + 1 >= disable_after THEN $6 END, $6 \
                 FROM tried AS again WHERE (again.authenticator, again.caller) = (kept.authenticator, kept.caller)) \
             WHERE kept.disabled_at IS NULL AND (kept.blocked_until IS NULL OR kept.blocked_until <= $6) \
             RETURNING authenticator, caller, consecutive, blocked_until, disabled_at) \
         SELECT counted.consecutive, coalesce(counted.blocked_until, shut.blocked_until) AS blocked_until, \
             coalesce(counted.disabled_at, shut.disabled_at) AS disabled_at \
         FROM tried LEFT JOIN counted USING (authenticator, caller) LEFT JOIN shut USING (place) ORDER BY place",
    )
    .into_boxed()
    .bind::<Array<Binary>, _>(columns.authenticators.clone())
    .bind::<Array<Binary>, _>(columns.callers.clone())
    .bind::<Array<Nullable<BigInt>>, _>(columns.backoff_after.clone())
    .bind::<Array<BigInt>, _>(columns.disable_after.clone())
    .bind::<Array<BigInt>, _>(columns.waits.clone())
    .bind::<BigInt, _>(now.as_micros())
}

/// Takes the last failure back from each that nobody has added to since.
pub(crate) fn put_back<'a>(counted: &[(LockoutKey, Lockout)]) -> Numbered<'a> {
    let before = |(_, lockout): &(_, Lockout)| i64::from(lockout.without_last().consecutive);
    let sql = sql_query(
        "UPDATE lockouts SET consecutive = tried.before, blocked_until = NULL, disabled_at = NULL \
         FROM unnest($1, $2, $3, $4) AS tried (authenticator, caller, before, consecutive) \
         WHERE (lockouts.authenticator, lockouts.caller, lockouts.consecutive) \
             = (tried.authenticator, tried.caller, tried.consecutive)",
    );
    bind_keys(sql.into_boxed(), counted.iter().map(|(key, _)| key))
        .bind::<Array<BigInt>, _>(counted.iter().map(before).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(counted.iter().map(|(_, lockout)| i64::from(lockout.consecutive)).collect::<Vec<_>>())
}

/// Clears the lockouts, in the order in which tries are counted in them.
pub(crate) fn clear<'a>(cleared: &[LockoutKey]) -> Numbered<'a> {
    let sql = sql_query(
        "WITH held AS ( \
             SELECT authenticator, caller FROM lockouts \
             JOIN unnest($1, $2) WITH ORDINALITY AS cleared (authenticator, caller, place) USING (authenticator, caller), \
                 (SELECT set_config('synchronous_commit', 'off', true)) AS unflushed \
             ORDER BY place FOR UPDATE OF lockouts) \
         DELETE FROM lockouts USING held \
         WHERE lockouts.authenticator = held.authenticator AND lockouts.caller = held.caller",
    );
    bind_keys(sql.into_boxed(), cleared.iter())
}

/// Clears what anybody has tried at the authenticator.
pub(crate) fn clear_all<'a>(authenticator: &[u8; 32]) -> Numbered<'a> {
    sql_query("DELETE FROM lockouts WHERE authenticator = $1").into_boxed().bind::<Binary, _>(authenticator.to_vec())
}

/// Deletes what was last counted in before that instant, the oldest first.
pub(crate) fn purge<'a>(before: Timestamp, limit: u32) -> Numbered<'a> {
    sql_query(
        "DELETE FROM lockouts WHERE (authenticator, caller) IN ( \
             SELECT authenticator, caller FROM lockouts WHERE counted_at < $1 ORDER BY counted_at LIMIT $2 \
             FOR UPDATE SKIP LOCKED)",
    )
    .into_boxed()
    .bind::<BigInt, _>(before.as_micros())
    .bind::<BigInt, _>(i64::from(limit))
}

/// Binds the keys as the next two values.
fn bind_keys<'a, 'b>(sql: Numbered<'a>, keys: impl Iterator<Item = &'b LockoutKey>) -> Numbered<'a> {
    let (authenticators, callers): (Vec<_>, Vec<_>) =
        keys.map(|key| (key.authenticator.to_vec(), key.caller.to_vec())).unzip();
    sql.bind::<Array<Binary>, _>(authenticators).bind::<Array<Binary>, _>(callers)
}
