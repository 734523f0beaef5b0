use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, dsl::auto_type,
    insert_into, update,
};
use doorward_app::flow::Start;
use doorward_kernel::{ChallengeId, EmailAddress, Timestamp, UserId};
use doorward_otp::{Challenge, Purpose};

use super::{audit::insert_audit, messages::insert_messages};
use crate::{columns::Id, rows::ChallengeRow, schema::challenges};

/// The one rule of what is open, for the statement that changes it.
#[auto_type(no_type_alias)]
pub(crate) fn is_open(now: i64) -> _ {
    challenges::closed_at.is_null().and(challenges::expires_at.gt(now)).and(challenges::tries.lt(challenges::max_tries))
}

pub(crate) fn insert_challenge(connection: &mut SqliteConnection, challenge: &Challenge) -> QueryResult<()> {
    insert_into(challenges::table).values(ChallengeRow::encode(challenge)).execute(connection)?;
    Ok(())
}

/// Writes a flow's first challenge with its message and event.
pub(crate) fn insert_start(connection: &mut SqliteConnection, start: &Start) -> QueryResult<()> {
    insert_challenge(connection, &start.challenge)?;
    insert_messages(connection, &start.message)?;
    insert_audit(connection, &start.audit)
}

/// Closes an open challenge, and tells whether this call did.
pub(crate) fn close_challenge(connection: &mut SqliteConnection, id: ChallengeId, now: Timestamp) -> QueryResult<bool> {
    let now = now.as_micros();
    let open = challenges::table.find(Id::from(id)).filter(is_open(now));
    Ok(update(open).set(challenges::closed_at.eq(now)).execute(connection)? > 0)
}

/// Closes every open registration of an address.
pub(crate) fn close_registrations(
    connection: &mut SqliteConnection,
    email: &EmailAddress,
    now: Timestamp,
) -> QueryResult<()> {
    let now = now.as_micros();
    let open = challenges::table
        .filter(challenges::target_key.eq(email.key()))
        .filter(challenges::purpose.eq(Purpose::Register.as_str()))
        .filter(is_open(now));
    update(open).set(challenges::closed_at.eq(now)).execute(connection)?;
    Ok(())
}

/// Closes every open challenge of an account.
pub(crate) fn close_all(connection: &mut SqliteConnection, user: UserId, now: Timestamp) -> QueryResult<()> {
    let now = now.as_micros();
    let open = challenges::table.filter(challenges::user_id.eq(Id::from(user))).filter(is_open(now));
    update(open).set(challenges::closed_at.eq(now)).execute(connection)?;
    Ok(())
}

/// Closes an account's open changes of address and number.
pub(crate) fn close_changes(connection: &mut SqliteConnection, user: UserId, now: Timestamp) -> QueryResult<()> {
    let now = now.as_micros();
    let is_change =
        challenges::purpose.eq(Purpose::ChangeEmail.as_str()).or(challenges::purpose.eq(Purpose::ChangePhone.as_str()));
    let open = challenges::table.filter(challenges::user_id.eq(Id::from(user))).filter(is_change).filter(is_open(now));
    update(open).set(challenges::closed_at.eq(now)).execute(connection)?;
    Ok(())
}
