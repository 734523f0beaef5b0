use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, SelectableHelper, data_types::PgTimestamp, dsl::exists, select, update,
};
use diesel_async::RunQueryDsl;
use doorward_app::{NumberDrop, NumberVerification};
use doorward_kernel::{PhoneNumber, Timestamp, UserId};

use super::{
    messages::{insert_leased, insert_notices},
    users::{UniqueOutcome, given},
};
use crate::{columns::stored, connection::PgConnection, rows::UserRow, schema::users, sql::Sql};

const NOTE_VOID: &str = "INSERT INTO void_claims (phone, made_until) SELECT $phone, $until WHERE EXISTS \
        (SELECT FROM users WHERE phone = $phone AND phone_verified_at IS NULL AND created_at <= $until) \
    ON CONFLICT (phone) DO UPDATE SET made_until = greatest(void_claims.made_until, EXCLUDED.made_until)";

const FORGET_VOID: &str = "DELETE FROM void_claims WHERE phone = $phone AND made_until <= $until AND NOT EXISTS \
    (SELECT FROM users WHERE phone = $phone AND phone_verified_at IS NULL AND created_at <= $until)";

/// Makes the account the verified owner of the number; all accounts of the verification must be locked.
///
/// After [`UniqueOutcome::Taken`] the transaction is of no use any more: the caller undoes its step.
pub(crate) async fn verify_number(
    connection: &mut PgConnection,
    id: UserId,
    number_verification: &NumberVerification,
    now: Timestamp,
) -> QueryResult<UniqueOutcome> {
    for drop in number_verification.drops.iter().filter(|drop| drop.user != id) {
        drop_number(connection, drop, &number_verification.number, now).await?;
    }
    let values = (
        users::phone.eq(number_verification.number.as_str()),
        users::phone_verified_at.eq(stored(now)),
        users::updated_at.eq(stored(now)),
    );
    let row = update(users::table.find(id.as_uuid())).set(values).returning(UserRow::as_returning());
    // Whoever has it is none of those the caller knew of.
    let given = given(row.get_result(connection).await, "users_verified_phone")?;
    if matches!(given, UniqueOutcome::Given(_)) {
        insert_leased(
            connection,
            [(&number_verification.notice, number_verification.leased_until)],
            &number_verification.audit,
        )
        .await?;
        note_void(connection, &number_verification.number, now).await?;
    }
    Ok(given)
}

/// Takes the number from an account that still only claims it, tells its owner, and returns whether it did.
///
/// The account must be locked.
pub(crate) async fn drop_claim(
    connection: &mut PgConnection,
    drop: &NumberDrop,
    number: &PhoneNumber,
    now: Timestamp,
) -> QueryResult<bool> {
    let claimant = users::table.find(drop.user.as_uuid()).filter(users::phone_verified_at.is_null());
    let is_claimant: bool = select(exists(claimant)).get_result(connection).await?;
    Ok(is_claimant && drop_number(connection, drop, number, now).await?)
}

/// Notes the number if there are claims left that were made until now.
async fn note_void(connection: &mut PgConnection, number: &PhoneNumber, now: Timestamp) -> QueryResult<()> {
    let note = Sql::new(NOTE_VOID).bind("phone", number.as_str()).bind("until", stored(now));
    note.execute(connection).await.map(drop)
}

/// Deletes a number once no claim is left that was made until then.
pub(crate) async fn purge_void(
    connection: &mut PgConnection,
    number: &PhoneNumber,
    made_until: Timestamp,
) -> QueryResult<()> {
    let forget = Sql::new(FORGET_VOID).bind("phone", number.as_str()).bind("until", stored(made_until));
    forget.execute(connection).await.map(drop)
}

/// Takes the number from an account, if it still carries it, tells its owner, and returns whether it did.
async fn drop_number(
    connection: &mut PgConnection,
    drop: &NumberDrop,
    number: &PhoneNumber,
    now: Timestamp,
) -> QueryResult<bool> {
    let carrier = users::table.find(drop.user.as_uuid()).filter(users::phone.eq(number.as_str()));
    let values = (
        users::phone.eq(None::<&str>),
        users::phone_verified_at.eq(None::<PgTimestamp>),
        users::updated_at.eq(stored(now)),
    );
    let is_dropped = update(carrier).set(values).execute(connection).await? > 0;
    if is_dropped {
        insert_notices(connection, [&drop.notice], &drop.audit).await?;
    }
    Ok(is_dropped)
}
