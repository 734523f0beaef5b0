use diesel::sql_types::{Array, BigInt, Bytea, Integer, Nullable, Text, Timestamptz, Uuid};
use doorward_app::{
    binding::{HeldApp, TakeApp},
    factors::Outranked,
};
use doorward_kernel::{ChangeId, UserId};

use super::authenticators::stored_step;
use crate::{rows::stored, sql::Sql};

/// Keeps an app that waits for its first code, in place of what was held for its account before.
pub(crate) fn keep_waiting(held: &HeldApp) -> Sql<'_> {
    Sql::new(
        "INSERT INTO held_authenticators (id, user_id, seed, epoch, begun_at, replaces) SELECT $1, $2, $3, $4, $5, $6 \
         ON CONFLICT (user_id) DO UPDATE SET id = excluded.id, seed = excluded.seed, epoch = excluded.epoch, \
         begun_at = excluded.begun_at, replaces = excluded.replaces, due_at = NULL, step = NULL",
    )
    .bind::<Uuid, _>(held.id.as_uuid())
    .bind::<Uuid, _>(held.user.as_uuid())
    .bind::<Bytea, _>(held.seed.bytes.as_slice())
    .bind::<Integer, _>(held.seed.epoch.0)
    .bind::<Timestamptz, _>(stored(held.begun_at))
    .bind::<Nullable<Text>, _>(held.replaces.map(Outranked::as_str))
}

/// Holds the app whose setup is in the part `setup`, unless one that replaces a factor is held; its row tells.
pub(crate) fn hold_setup(held: &HeldApp) -> Sql<'_> {
    Sql::new(
        "INSERT INTO held_authenticators (id, user_id, seed, epoch, begun_at, due_at, step) \
         SELECT $1, user_id, seed, epoch, created_at, $2, $3 FROM setup \
         ON CONFLICT (user_id) DO UPDATE SET id = excluded.id, seed = excluded.seed, epoch = excluded.epoch, \
         begun_at = excluded.begun_at, due_at = excluded.due_at, step = excluded.step \
         WHERE held_authenticators.replaces IS NULL",
    )
    .bind::<Uuid, _>(held.id.as_uuid())
    .bind::<Nullable<Timestamptz>, _>(held.due.map(|due| stored(due.at)))
    .bind::<Nullable<BigInt>, _>(held.due.map(|due| stored_step(due.step)))
}

/// Notes when the app takes effect, if it waits for its first code; its row tells.
pub(crate) fn hold(held: &HeldApp) -> Sql<'_> {
    Sql::new("UPDATE held_authenticators SET due_at = $2, step = $3 WHERE id = $1 AND due_at IS NULL")
        .bind::<Uuid, _>(held.id.as_uuid())
        .bind::<Nullable<Timestamptz>, _>(held.due.map(|due| stored(due.at)))
        .bind::<Nullable<BigInt>, _>(held.due.map(|due| stored_step(due.step)))
}

/// Holds both seeds of the account, in the order in which they are moved from key to key.
///
/// Apart from the statement that reads the held one, which then sees where that was moved before.
pub(crate) fn lock_seeds<'a>(user: UserId) -> [Sql<'a>; 2] {
    [
        "SELECT user_id FROM totp_authenticators WHERE user_id = $1 FOR UPDATE",
        "SELECT user_id FROM held_authenticators WHERE user_id = $1 FOR UPDATE",
    ]
    .map(|lock| Sql::new(lock).bind::<Uuid, _>(user.as_uuid()))
}

/// Puts the app, if it is still held, in place of the one that is there; its row tells.
pub(crate) fn take_effect(take: &TakeApp) -> Sql<'_> {
    Sql::new(
        "INSERT INTO totp_authenticators (user_id, seed, epoch, created_at, confirmed_at, last_step, change_id) \
         SELECT user_id, seed, epoch, begun_at, $2, step, id FROM held_authenticators \
         WHERE id = $1 AND due_at IS NOT NULL \
         ON CONFLICT (user_id) DO UPDATE SET seed = excluded.seed, epoch = excluded.epoch, \
         created_at = excluded.created_at, confirmed_at = excluded.confirmed_at, last_step = excluded.last_step, \
         change_id = excluded.change_id",
    )
    .bind::<Uuid, _>(take.held.id.as_uuid())
    .bind::<Timestamptz, _>(stored(take.now))
}

/// Forgets what is held under that name; its row tells.
pub(crate) fn forget<'a>(held: ChangeId) -> Sql<'a> {
    Sql::new("DELETE FROM held_authenticators WHERE id = $1 RETURNING id").bind::<Uuid, _>(held.as_uuid())
}

/// Calls off what is held for an account, unless it replaces one of these.
pub(crate) fn call_off<'a>(user: UserId, kept: &[Outranked]) -> Sql<'a> {
    let kept: Vec<_> = kept.iter().map(|factor| factor.as_str()).collect();
    Sql::new("DELETE FROM held_authenticators WHERE user_id = $1 AND (replaces IS NULL OR replaces <> ALL ($2))")
        .bind::<Uuid, _>(user.as_uuid())
        .bind::<Array<Text>, _>(kept)
}
