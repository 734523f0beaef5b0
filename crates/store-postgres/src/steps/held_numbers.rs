use diesel::sql_types::{Bool, Text, Timestamptz, Uuid};
use doorward_app::{binding::HeldNumber, factors::Outranked};
use doorward_kernel::{ChangeId, UserId};

use crate::{rows::stored, sql::Sql};

/// Holds a number in place of what was held for its account before.
pub(crate) fn hold(held: &HeldNumber) -> Sql<'_> {
    Sql::new(
        "INSERT INTO held_numbers (id, user_id, phone, proved_at, due_at) SELECT $1, $2, $3, $4, $5 \
         ON CONFLICT (user_id) DO UPDATE SET id = EXCLUDED.id, phone = EXCLUDED.phone, \
         proved_at = EXCLUDED.proved_at, due_at = EXCLUDED.due_at",
    )
    .bind::<Uuid, _>(held.id.as_uuid())
    .bind::<Uuid, _>(held.user.as_uuid())
    .bind::<Text, _>(held.number.as_str())
    .bind::<Timestamptz, _>(stored(held.proved_at))
    .bind::<Timestamptz, _>(stored(held.due_at))
}

/// Forgets what is held under that name; its row tells.
pub(crate) fn forget<'a>(held: ChangeId) -> Sql<'a> {
    Sql::new("DELETE FROM held_numbers WHERE id = $1 RETURNING id").bind::<Uuid, _>(held.as_uuid())
}

/// Calls off what is held for an account, unless numbers are among what is kept.
pub(crate) fn call_off<'a>(user: UserId, kept: &[Outranked]) -> Sql<'a> {
    Sql::new("DELETE FROM held_numbers WHERE user_id = $1 AND NOT $2")
        .bind::<Uuid, _>(user.as_uuid())
        .bind::<Bool, _>(kept.contains(&Outranked::Number))
}
