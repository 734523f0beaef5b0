use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection, update};
use doorward_app::{NumberDrop, NumberProof};
use doorward_kernel::{PhoneNumber, Timestamp, UserId};

use super::{
    audit::insert_audit,
    messages::insert_message,
    users::{Given, given},
};
use crate::{columns::Id, rows::UserRow, schema::users};

/// Makes the account the number's one owner.
///
/// [`Given::Taken`] comes after some accounts may have lost the number: the caller undoes its step.
pub(crate) fn prove_number(
    connection: &mut SqliteConnection,
    id: UserId,
    proof: &NumberProof,
    now: Timestamp,
) -> QueryResult<Given> {
    for drop in proof.drops.iter().filter(|drop| drop.user != id) {
        drop_number(connection, drop, &proof.number, now)?;
    }
    let values = (
        users::phone.eq(proof.number.as_str()),
        users::phone_verified_at.eq(now.as_micros()),
        users::updated_at.eq(now.as_micros()),
    );
    let row = update(users::table.find(Id::from(id))).set(values).returning(UserRow::as_returning());
    let given = given(row.get_result(connection))?;
    if matches!(given, Given::Given(_)) {
        insert_message(connection, &proof.notice)?;
        insert_audit(connection, &proof.audit)?;
    }
    Ok(given)
}

/// Takes the number from an account, if it still carries it, and tells its owner.
fn drop_number(
    connection: &mut SqliteConnection,
    drop: &NumberDrop,
    number: &PhoneNumber,
    now: Timestamp,
) -> QueryResult<()> {
    let carrier = users::table.filter(users::id.eq(Id::from(drop.user))).filter(users::phone.eq(number.as_str()));
    let values = (
        users::phone.eq(None::<&str>),
        users::phone_verified_at.eq(None::<i64>),
        users::updated_at.eq(now.as_micros()),
    );
    if update(carrier).set(values).execute(connection)? > 0 {
        insert_message(connection, &drop.notice)?;
        insert_audit(connection, &drop.audit)?;
    }
    Ok(())
}
