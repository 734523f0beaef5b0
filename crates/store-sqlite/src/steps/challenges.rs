use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, QueryDsl, QueryResult, RunQueryDsl,
    SqliteConnection, dsl::auto_type, insert_into, update,
};
use doorward_app::{factors::Outranked, flow::Start};
use doorward_kernel::{ChallengeId, Timestamp, UserId};
use doorward_otp::{Challenge, Purpose};

use super::{
    audit::insert_audit, messages::insert_leased_message, pending_authenticators::cancel_authenticator,
    pending_numbers::cancel,
};
use crate::{
    columns::Id,
    rows::ChallengeRow,
    schema::{challenges, sessions},
};

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
    if let Some(message) = &start.message {
        insert_leased_message(connection, message, start.leased_until)?;
    }
    insert_audit(connection, &start.audit)
}

/// Closes an open challenge, and returns whether this call did.
pub(crate) fn close_challenge(connection: &mut SqliteConnection, id: ChallengeId, now: Timestamp) -> QueryResult<bool> {
    let now = now.as_micros();
    let open = challenges::table.find(Id::from(id)).filter(is_open(now));
    Ok(update(open).set(challenges::closed_at.eq(now)).execute(connection)? > 0)
}

/// Closes an open challenge that another one follows, and returns whether this call did.
pub(crate) fn close_before(
    connection: &mut SqliteConnection,
    id: ChallengeId,
    next: ChallengeId,
    now: Timestamp,
) -> QueryResult<bool> {
    let now = now.as_micros();
    let open = challenges::table.find(Id::from(id)).filter(is_open(now));
    let values = (challenges::closed_at.eq(now), challenges::successor.eq(Id::from(next)));
    Ok(update(open).set(values).execute(connection)? > 0)
}

/// Closes every open challenge of an account, those that its sessions started, and cancels
/// the number and the app that are held for it, but for what replaces one of the factors that are kept.
pub(crate) fn close_all(
    connection: &mut SqliteConnection,
    user_id: UserId,
    kept: &[Outranked],
    now: Timestamp,
) -> QueryResult<()> {
    let (user, now) = (Id::from(user_id), now.as_micros());
    let own = challenges::table.filter(challenges::user_id.eq(user)).filter(is_open(now));
    update(own).set(challenges::closed_at.eq(now)).execute(connection)?;
    // A decoy is nobody's, but a change that is one was started in a session.
    let sessions = sessions::table.filter(sessions::user_id.eq(user)).select(sessions::id.nullable());
    let started = challenges::table.filter(challenges::session_id.eq_any(sessions)).filter(is_open(now));
    update(started).set(challenges::closed_at.eq(now)).execute(connection)?;
    cancel_pending(connection, user_id, kept)
}

/// Cancels the number and the app that are held for an account, but for what replaces one of these.
pub(crate) fn cancel_pending(connection: &mut SqliteConnection, user: UserId, kept: &[Outranked]) -> QueryResult<()> {
    cancel_authenticator(connection, user, kept)?;
    if kept.contains(&Outranked::Number) { Ok(()) } else { cancel(connection, user) }
}

/// Closes what is open for an account and has its code in a mailbox that may be another's now.
pub(crate) fn close_mailed(connection: &mut SqliteConnection, user: UserId, now: Timestamp) -> QueryResult<()> {
    let now = now.as_micros();
    let open = challenges::table
        .filter(challenges::user_id.eq(Id::from(user)))
        .filter(challenges::target_kind.eq("email"))
        .filter(challenges::purpose.eq_any([Purpose::ResetPassword.as_str(), Purpose::Bind.as_str()]))
        .filter(is_open(now));
    update(open).set(challenges::closed_at.eq(now)).execute(connection)?;
    Ok(())
}

/// Closes every open challenge of that purpose for that target.
pub(crate) fn close_for_target(
    connection: &mut SqliteConnection,
    purpose: Purpose,
    key: &str,
    now: Timestamp,
) -> QueryResult<()> {
    let now = now.as_micros();
    let open = challenges::table
        .filter(challenges::target_key.eq(key))
        .filter(challenges::purpose.eq(purpose.as_str()))
        .filter(is_open(now));
    update(open).set(challenges::closed_at.eq(now)).execute(connection)?;
    Ok(())
}
