use diesel::{
    BoolExpressionMethods, ExpressionMethods, IntoSql, QueryDsl, QueryResult, SelectableHelper,
    data_types::PgTimestamp,
    sql_types::{Bool, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use doorward_app::{NumberDrop, NumberProof};
use doorward_kernel::{PhoneNumber, Timestamp, UserId};
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

/// Who loses a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holders {
    /// Whoever carries it.
    All,
    /// Those who only claim it.
    Claimants,
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
    let others = proof.drops.iter().map(|drop| drop.user).filter(|other| *other != user);
    let others = others.map(UserId::as_uuid).collect();
    let dropped = take_away(connection, others, &proof.number, Holders::All, now).await?;
    let user = match give(connection, user, proof, now).await {
        // Whoever holds it is none of those the caller knew of.
        Err(error) if fault::is_taken(&error, "users_verified_phone") => return Err(Abort::Outcome(taken)),
        user => user?,
    };
    let drops = proof.drops.iter().filter(|drop| dropped.contains(&drop.user.as_uuid()));
    let own = [messages::insert(&proof.notice), audit::insert(&proof.audit), note_void(&proof.number, now)];
    let parts = drops.flat_map(tell).chain(own).collect();
    Ok(Proved { user, parts })
}

/// Tells the owner of an account that it has lost its number.
pub(crate) fn tell(drop: &NumberDrop) -> [Sql<'_>; 2] {
    [messages::insert(&drop.notice), audit::insert(&drop.audit)]
}

/// Notes the number if there are claims left that were made until now.
fn note_void(number: &PhoneNumber, now: Timestamp) -> Sql<'_> {
    Sql::new(
        "INSERT INTO void_claims (phone, made_until) SELECT $1, $2 WHERE EXISTS \
         (SELECT FROM users WHERE phone = $1 AND phone_verified_at IS NULL AND created_at <= $2) \
         ON CONFLICT (phone) DO UPDATE SET made_until = greatest(void_claims.made_until, EXCLUDED.made_until)",
    )
    .bind::<Text, _>(number.as_str())
    .bind::<Timestamptz, _>(stored(now))
}

/// Forgets a number once no claim is left that was made until then.
pub(crate) fn forget_void(number: &PhoneNumber, made_until: Timestamp) -> Sql<'_> {
    Sql::new(
        "DELETE FROM void_claims WHERE phone = $1 AND made_until <= $2 AND NOT EXISTS \
         (SELECT FROM users WHERE phone = $1 AND phone_verified_at IS NULL AND created_at <= $2)",
    )
    .bind::<Text, _>(number.as_str())
    .bind::<Timestamptz, _>(stored(made_until))
}

/// Takes the number from those who still hold it, and tells from whom.
pub(crate) async fn take_away(
    connection: &mut PgConnection,
    others: Vec<Uuid>,
    number: &PhoneNumber,
    holders: Holders,
    now: Timestamp,
) -> QueryResult<Vec<Uuid>> {
    if others.is_empty() {
        return Ok(others);
    }
    let is_any = holders == Holders::All;
    let carriers = users::table
        .filter(users::id.eq_any(others).and(users::phone.eq(number.as_str())))
        .filter(users::phone_verified_at.is_null().or(is_any.into_sql::<Bool>()));
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
