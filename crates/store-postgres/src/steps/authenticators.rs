use diesel::sql_types::{Array, BigInt, Bytea, Integer, Nullable, Timestamptz, Uuid};
use doorward_app::totp::{BeginTotp, ConfirmTotp, SpendRecovery, SpendStep};
use doorward_kernel::{Timestamp, UserId};
use doorward_otp::{RecoveryDigest, SealedSeed, TimeStep};

use crate::{
    rows::{stored, user_columns},
    sql::Sql,
};

/// Keeps a seed that waits to be confirmed, unless a confirmed one is there; its row tells.
pub(crate) fn keep_waiting(begin: &BeginTotp) -> Sql<'_> {
    Sql::new(
        "INSERT INTO totp_authenticators (user_id, seed, epoch, created_at) SELECT $1, $2, $3, $4 \
         ON CONFLICT (user_id) DO UPDATE SET seed = excluded.seed, epoch = excluded.epoch, \
         created_at = excluded.created_at \
         WHERE totp_authenticators.confirmed_at IS NULL RETURNING user_id",
    )
    .bind::<Uuid, _>(begin.user.as_uuid())
    .bind::<Bytea, _>(begin.seed.bytes.as_slice())
    .bind::<Integer, _>(begin.seed.epoch.0)
    .bind::<Timestamptz, _>(stored(begin.now))
}

/// Confirms the app that waits; its row tells.
pub(crate) fn confirm(confirm: &ConfirmTotp) -> Sql<'_> {
    Sql::new(
        "UPDATE totp_authenticators SET confirmed_at = $3, last_step = $4, change_id = $5 \
         WHERE user_id = $1 AND seed = $2 AND confirmed_at IS NULL",
    )
    .bind::<Uuid, _>(confirm.user.as_uuid())
    .bind::<Bytea, _>(confirm.seed.bytes.as_slice())
    .bind::<Timestamptz, _>(stored(confirm.now))
    .bind::<BigInt, _>(stored_step(confirm.step))
    .bind::<Uuid, _>(confirm.change.as_uuid())
}

/// Takes the setup of that seed away; its row is the setup.
pub(crate) fn take_setup(user: UserId, seed: &SealedSeed) -> Sql<'_> {
    Sql::new(
        "DELETE FROM totp_authenticators WHERE user_id = $1 AND seed = $2 AND confirmed_at IS NULL \
         RETURNING user_id, seed, epoch, created_at",
    )
    .bind::<Uuid, _>(user.as_uuid())
    .bind::<Bytea, _>(seed.bytes.as_slice())
}

/// Keeps the step as the last one, if it is; its row tells.
pub(crate) fn spend_step(spend: &SpendStep) -> Sql<'_> {
    Sql::new(
        "UPDATE totp_authenticators SET last_step = $3 \
         WHERE user_id = $1 AND seed = $2 AND confirmed_at IS NOT NULL AND last_step < $3 RETURNING user_id",
    )
    .bind::<Uuid, _>(spend.user.as_uuid())
    .bind::<Bytea, _>(spend.seed.bytes.as_slice())
    .bind::<BigInt, _>(stored_step(spend.step))
}

/// Forgets a recovery code of the account in the part `confirmed`; its row tells.
pub(crate) fn spend_recovery(spend: &SpendRecovery) -> Sql<'_> {
    Sql::new(
        "DELETE FROM recovery_codes USING confirmed \
         WHERE recovery_codes.user_id = confirmed.user_id AND digest = ANY($1) RETURNING confirmed.user_id",
    )
    .bind::<Array<Bytea>, _>(bytes(&spend.digests))
}

/// Removes the confirmed app; its row tells.
pub(crate) fn remove(user: UserId, seed: &SealedSeed) -> Sql<'_> {
    Sql::new("DELETE FROM totp_authenticators WHERE user_id = $1 AND seed = $2 AND confirmed_at IS NOT NULL")
        .bind::<Uuid, _>(user.as_uuid())
        .bind::<Bytea, _>(seed.bytes.as_slice())
}

/// Forgets the app of an account, with its recovery codes, unless it was confirmed by then, and codes made since.
pub(crate) fn forget_since<'a>(user: UserId, since: Timestamp) -> [Sql<'a>; 2] {
    // Both see the app as it was before the statement.
    [
        "DELETE FROM recovery_codes WHERE user_id = $1 AND (made_at > $2 OR NOT EXISTS \
         (SELECT FROM totp_authenticators WHERE user_id = $1 AND confirmed_at <= $2))",
        "DELETE FROM totp_authenticators WHERE user_id = $1 AND (confirmed_at IS NULL OR confirmed_at > $2)",
    ]
    .map(|forget| Sql::new(forget).bind::<Uuid, _>(user.as_uuid()).bind::<Timestamptz, _>(stored(since)))
}

/// Holds the confirmed app; its row tells.
pub(crate) fn lock_confirmed(user: UserId, seed: &SealedSeed) -> Sql<'_> {
    Sql::new(
        "SELECT user_id FROM totp_authenticators \
         WHERE user_id = $1 AND seed = $2 AND confirmed_at IS NOT NULL FOR UPDATE",
    )
    .bind::<Uuid, _>(user.as_uuid())
    .bind::<Bytea, _>(seed.bytes.as_slice())
}

/// Puts these recovery codes in place of all others of the account.
pub(crate) fn replace_digests<'a>(user: UserId, digests: &[RecoveryDigest], now: Timestamp) -> [Sql<'a>; 2] {
    let keep = Sql::new("INSERT INTO recovery_codes (user_id, digest, made_at) SELECT $1, unnest($2), $3")
        .bind::<Uuid, _>(user.as_uuid())
        .bind::<Array<Bytea>, _>(bytes(digests))
        .bind::<Timestamptz, _>(stored(now));
    [forget_digests(user), keep]
}

/// Forgets the recovery codes of the account.
pub(crate) fn forget_digests<'a>(user: UserId) -> Sql<'a> {
    Sql::new("DELETE FROM recovery_codes WHERE user_id = $1").bind::<Uuid, _>(user.as_uuid())
}

/// Notes in the account since when it has an authenticator app, and gives it.
pub(crate) fn note<'a>(user: UserId, enabled_at: Option<Timestamp>, now: Timestamp) -> Sql<'a> {
    Sql::new(concat!(
        "UPDATE users SET totp_enabled_at = $2, updated_at = $3 WHERE id = $1 RETURNING ",
        user_columns!()
    ))
    .bind::<Uuid, _>(user.as_uuid())
    .bind::<Nullable<Timestamptz>, _>(enabled_at.map(stored))
    .bind::<Timestamptz, _>(stored(now))
}

/// A step as its column holds it; steps count half-minutes, so they fit for ever.
pub(crate) fn stored_step(step: TimeStep) -> i64 {
    i64::try_from(step.0).unwrap_or(i64::MAX)
}

fn bytes(digests: &[RecoveryDigest]) -> Vec<Vec<u8>> {
    digests.iter().map(|digest| digest.to_vec()).collect()
}
