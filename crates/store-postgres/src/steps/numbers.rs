use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryResult, SelectableHelper, data_types::PgTimestamp,
};
use diesel_async::RunQueryDsl;
use doorward_app::NumberProof;
use doorward_kernel::{Timestamp, UserId};
use doorward_user::User;
use uuid::Uuid;

use super::{audit, messages};
use crate::{
    connection::PgConnection,
    fault,
    rows::{UserRow, decode, stored},
    schema::users,
    sql::Sql,
    store::Abort,
};

/// An account that is its number's one owner now.
pub(crate) struct Proved<'a> {
    /// The account.
    pub(crate) user: User,
    /// What is still to be written: who is told, and the events.
    pub(crate) parts: Vec<Sql<'a>>,
}

/// Makes the account the number's one owner, or comes to the outcome of somebody else being it.
///
/// All accounts of the proof must be locked.
pub(crate) async fn prove<'a, T>(
    connection: &mut PgConnection,
    user: UserId,
    proof: &'a NumberProof,
    now: Timestamp,
    taken: T,
) -> Result<Proved<'a>, Abort<T>> {
    let dropped = take_away(connection, user, proof, now).await?;
    let user = match give(connection, user, proof, now).await {
        // Whoever holds it is none of those the caller knew of.
        Err(error) if fault::is_taken(&error, "users_verified_phone") => return Err(Abort::Outcome(taken)),
        user => user?,
    };
    let drops = proof.drops.iter().filter(|drop| dropped.contains(&drop.user.as_uuid()));
    let told = drops.flat_map(|drop| [messages::insert(&drop.notice), audit::insert(&drop.audit)]);
    let parts = told.chain([messages::insert(&proof.notice), audit::insert(&proof.audit)]).collect();
    Ok(Proved { user, parts })
}

/// Takes the number from those who still carry it, and tells from whom.
async fn take_away(
    connection: &mut PgConnection,
    user: UserId,
    proof: &NumberProof,
    now: Timestamp,
) -> QueryResult<Vec<Uuid>> {
    let others = proof.drops.iter().map(|drop| drop.user).filter(|other| *other != user);
    let others: Vec<_> = others.map(UserId::as_uuid).collect();
    if others.is_empty() {
        return Ok(others);
    }
    let carriers = users::table.filter(users::id.eq_any(others).and(users::phone.eq(proof.number.as_str())));
    let none = (users::phone.eq(None::<String>), users::phone_verified_at.eq(None::<PgTimestamp>));
    diesel::update(carriers).set((none, users::updated_at.eq(stored(now)))).returning(users::id).load(connection).await
}

async fn give(connection: &mut PgConnection, user: UserId, proof: &NumberProof, now: Timestamp) -> QueryResult<User> {
    let row: UserRow = diesel::update(users::table.find(user.as_uuid()))
        .set((
            users::phone.eq(proof.number.as_str()),
            users::phone_verified_at.eq(stored(now)),
            users::updated_at.eq(stored(now)),
        ))
        .returning(UserRow::as_returning())
        .get_result(connection)
        .await?;
    decode(row)
}
