use std::slice;

use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, QueryDsl, QueryResult,
    data_types::PgTimestamp, dsl::auto_type, update,
};
use diesel_async::RunQueryDsl;
use doorward_app::{factors::Outranked, flow::Start};
use doorward_kernel::{ChallengeId, Timestamp, UserId};
use doorward_otp::Purpose;

use super::{pending_authenticators::cancel_authenticator, pending_numbers::cancel_number};
use crate::{
    columns::stored,
    connection::PgConnection,
    hot::start_flows,
    schema::{challenges, sessions},
};

/// The one rule of what is open, for the statement that changes it.
#[auto_type(no_type_alias)]
pub(crate) fn is_open(now: PgTimestamp) -> _ {
    challenges::closed_at.is_null().and(challenges::expires_at.gt(now)).and(challenges::tries.lt(challenges::max_tries))
}

/// Writes a flow's first challenge with its message and event.
pub(crate) async fn insert_start(connection: &mut PgConnection, start: &Start) -> QueryResult<()> {
    start_flows(connection, slice::from_ref(start)).await.map(drop)
}

/// Closes an open challenge, and returns whether this call did.
pub(crate) async fn close_challenge(
    connection: &mut PgConnection,
    id: ChallengeId,
    now: Timestamp,
) -> QueryResult<bool> {
    let open = challenges::table.find(id.as_uuid()).filter(is_open(stored(now)));
    Ok(update(open).set(challenges::closed_at.eq(stored(now))).execute(connection).await? > 0)
}

/// Closes every open challenge of an account, those that its sessions started, and cancels
/// the number and the app that are held for it, but for what replaces one of the factors that are kept.
pub(crate) async fn close_all(
    connection: &mut PgConnection,
    user: UserId,
    kept: &[Outranked],
    now: Timestamp,
) -> QueryResult<()> {
    let (id, now) = (user.as_uuid(), stored(now));
    let own = challenges::table.filter(challenges::user_id.eq(id)).filter(is_open(now));
    update(own).set(challenges::closed_at.eq(now)).execute(connection).await?;
    // A decoy is nobody's, but a change that is one was started in a session.
    let sessions = sessions::table.filter(sessions::user_id.eq(id)).select(sessions::id.nullable());
    let started = challenges::table.filter(challenges::session_id.eq_any(sessions)).filter(is_open(now));
    update(started).set(challenges::closed_at.eq(now)).execute(connection).await?;
    cancel_pending(connection, user, kept).await
}

/// Cancels the number and the app that are held for an account, but for what replaces one of these.
pub(crate) async fn cancel_pending(connection: &mut PgConnection, user: UserId, kept: &[Outranked]) -> QueryResult<()> {
    cancel_authenticator(connection, user, kept).await?;
    if kept.contains(&Outranked::Number) { Ok(()) } else { cancel_number(connection, user).await }
}

/// Closes what is open for an account and has its code in a mailbox that may be another's now.
pub(crate) async fn close_mailed(connection: &mut PgConnection, user: UserId, now: Timestamp) -> QueryResult<()> {
    let open = challenges::table
        .filter(challenges::user_id.eq(user.as_uuid()))
        .filter(challenges::target_kind.eq("email"))
        .filter(challenges::purpose.eq_any([Purpose::ResetPassword.as_str(), Purpose::Bind.as_str()]))
        .filter(is_open(stored(now)));
    update(open).set(challenges::closed_at.eq(stored(now))).execute(connection).await?;
    Ok(())
}
