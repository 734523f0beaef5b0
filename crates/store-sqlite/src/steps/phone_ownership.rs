use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection, delete, dsl::exists,
    insert_into, select, update,
};
use doorward_app::{NumberDrop, NumberVerification};
use doorward_kernel::{PhoneNumber, Timestamp, UserId};

use super::{
    audit::insert_audit,
    messages::{insert_leased_message, insert_message},
    users::{UniqueOutcome, given},
};
use crate::{
    columns::Id,
    rows::UserRow,
    schema::{users, void_claims},
};

/// Makes the account the number's one owner.
///
/// [`UniqueOutcome::Taken`] comes after some accounts may have lost the number: the caller undoes its step.
pub(crate) fn verify_number(
    connection: &mut SqliteConnection,
    id: UserId,
    number_verification: &NumberVerification,
    now: Timestamp,
) -> QueryResult<UniqueOutcome> {
    for drop in number_verification.drops.iter().filter(|drop| drop.user != id) {
        drop_number(connection, drop, &number_verification.number, now)?;
    }
    let values = (
        users::phone.eq(number_verification.number.as_str()),
        users::phone_verified_at.eq(now.as_micros()),
        users::updated_at.eq(now.as_micros()),
    );
    let row = update(users::table.find(Id::from(id))).set(values).returning(UserRow::as_returning());
    let given = given(row.get_result(connection))?;
    if matches!(given, UniqueOutcome::Given(_)) {
        insert_leased_message(connection, &number_verification.notice, number_verification.leased_until)?;
        insert_audit(connection, &number_verification.audit)?;
        note_void(connection, &number_verification.number, now)?;
    }
    Ok(given)
}

/// Takes the number from an account that still only claims it, tells its owner, and returns whether it did.
pub(crate) fn drop_claim(
    connection: &mut SqliteConnection,
    drop: &NumberDrop,
    number: &PhoneNumber,
    now: Timestamp,
) -> QueryResult<bool> {
    let claimant = users::table.filter(users::id.eq(Id::from(drop.user))).filter(users::phone_verified_at.is_null());
    // The write lock is held: who is found here stays a claimant.
    Ok(select(exists(claimant)).get_result(connection)? && drop_number(connection, drop, number, now)?)
}

/// Notes the number if there are claims left that were made until now.
fn note_void(connection: &mut SqliteConnection, number: &PhoneNumber, now: Timestamp) -> QueryResult<()> {
    if !has_claims(connection, number, now)? {
        return Ok(());
    }
    let made_until = void_claims::made_until.eq(now.as_micros());
    insert_into(void_claims::table)
        .values((void_claims::phone.eq(number.as_str()), made_until))
        .on_conflict(void_claims::phone)
        .do_update()
        .set(made_until)
        .execute(connection)?;
    Ok(())
}

/// Deletes a number once no claim is left that was made until then.
pub(crate) fn purge_void(
    connection: &mut SqliteConnection,
    number: &PhoneNumber,
    made_until: Timestamp,
) -> QueryResult<()> {
    if has_claims(connection, number, made_until)? {
        return Ok(());
    }
    let noted = void_claims::table.find(number.as_str()).filter(void_claims::made_until.le(made_until.as_micros()));
    delete(noted).execute(connection)?;
    Ok(())
}

fn has_claims(connection: &mut SqliteConnection, number: &PhoneNumber, made_until: Timestamp) -> QueryResult<bool> {
    let claims = users::table
        .filter(users::phone.eq(number.as_str()))
        .filter(users::phone_verified_at.is_null())
        .filter(users::created_at.le(made_until.as_micros()));
    select(exists(claims)).get_result(connection)
}

/// Takes the number from an account, if it still carries it, tells its owner, and returns whether it did.
fn drop_number(
    connection: &mut SqliteConnection,
    drop: &NumberDrop,
    number: &PhoneNumber,
    now: Timestamp,
) -> QueryResult<bool> {
    let carrier = users::table.filter(users::id.eq(Id::from(drop.user))).filter(users::phone.eq(number.as_str()));
    let values = (
        users::phone.eq(None::<&str>),
        users::phone_verified_at.eq(None::<i64>),
        users::updated_at.eq(now.as_micros()),
    );
    let is_dropped = update(carrier).set(values).execute(connection)? > 0;
    if is_dropped {
        insert_message(connection, &drop.notice)?;
        insert_audit(connection, &drop.audit)?;
    }
    Ok(is_dropped)
}
