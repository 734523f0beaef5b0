use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, SelectableHelper,
    dsl::exists,
    select,
    sql_types::{Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{PhoneNumber, UserId};
use doorward_user::{Name, PasswordVerifier, PhoneHolders, User};

use crate::{
    connection::PgConnection,
    rows::{UserRow, decode, stored},
    schema::users,
    sql::Sql,
};

/// The most claimants of a number that are told of.
const CLAIMANTS: usize = 100;

/// The text that writes an account from a row of something, or from nothing.
macro_rules! insert {
    ($rest:literal) => {
        concat!(
            "INSERT INTO users (id, first_name, last_name, email, email_key, phone, phone_verified_at, locale, status, \
             verifier, created_at, updated_at, totp_enabled_at) \
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 ",
            $rest
        )
    };
}

/// Writes an account if the challenge was closed, unless its address has one; its row tells.
pub(crate) fn insert_once_closed<'a>(user: &'a User, verifier: &'a PasswordVerifier) -> Sql<'a> {
    values(Sql::new(insert!("FROM closed ON CONFLICT (email_key) DO NOTHING RETURNING id")), user, verifier)
}

/// Writes an account unless another one has its address, or its number as a proved one; its row tells.
pub(crate) fn insert_unless_taken<'a>(user: &'a User, verifier: &'a PasswordVerifier) -> Sql<'a> {
    values(Sql::new(insert!("ON CONFLICT DO NOTHING RETURNING id")), user, verifier)
}

fn values<'a>(insert: Sql<'a>, user: &'a User, verifier: &'a PasswordVerifier) -> Sql<'a> {
    let phone = user.phone.as_ref();
    insert
        .bind::<Uuid, _>(user.id.as_uuid())
        .bind::<Text, _>(user.names.first.as_str())
        .bind::<Nullable<Text>, _>(user.names.last.as_ref().map(Name::as_str))
        .bind::<Text, _>(user.email.as_str())
        .bind::<Text, _>(user.email.key())
        .bind::<Nullable<Text>, _>(phone.map(|phone| phone.number.as_str()))
        .bind::<Nullable<Timestamptz>, _>(phone.and_then(|phone| phone.verified_at).map(stored))
        .bind::<Text, _>(user.locale.as_str())
        .bind::<Text, _>(user.status.as_str())
        .bind::<Text, _>(verifier.as_str())
        .bind::<Timestamptz, _>(stored(user.created_at))
        .bind::<Timestamptz, _>(stored(user.updated_at))
        .bind::<Nullable<Timestamptz>, _>(user.totp_enabled_at.map(stored))
}

/// Locks the accounts until the end of the transaction, and gives the first one as it is now.
///
/// All who lock several do it in the order of their ids, so that none waits in a circle.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    user: UserId,
    others: impl Iterator<Item = UserId>,
) -> QueryResult<Option<User>> {
    let ids = std::iter::once(user).chain(others).map(UserId::as_uuid).collect::<Vec<_>>();
    let rows: Vec<UserRow> = users::table
        .filter(users::id.eq_any(ids))
        .order(users::id)
        .for_no_key_update()
        .select(UserRow::as_select())
        .load(connection)
        .await?;
    let locked = rows.into_iter().map(decode::<User, _>).collect::<QueryResult<Vec<_>>>()?;
    Ok(locked.into_iter().find(|locked| locked.id == user))
}

/// Everyone who carries the number.
pub(crate) async fn holders(connection: &mut PgConnection, number: &PhoneNumber) -> QueryResult<PhoneHolders> {
    // As the index has them: the owner, then the claimants.
    let rows: Vec<UserRow> = users::table
        .filter(users::phone.eq(number.as_str()))
        .order((users::phone_verified_at, users::created_at, users::id))
        .limit(101)
        .select(UserRow::as_select())
        .load(connection)
        .await?;
    let holders = rows.into_iter().map(decode::<User, _>).collect::<QueryResult<Vec<_>>>()?;
    let (mut owners, mut claimants): (Vec<_>, Vec<_>) = holders.into_iter().partition(|user| user.has_proved(number));
    claimants.truncate(CLAIMANTS);
    Ok(PhoneHolders { owner: owners.pop(), claimants })
}

/// Whether the verifier, where one is given, is the account's; asked once the account is locked.
pub(crate) async fn has_verifier(
    connection: &mut PgConnection,
    user: UserId,
    verifier: Option<&PasswordVerifier>,
) -> QueryResult<bool> {
    let Some(verifier) = verifier else { return Ok(true) };
    let same = users::table.find(user.as_uuid()).filter(users::verifier.eq(verifier.as_str()));
    select(exists(same)).get_result(connection).await
}

/// Makes the device tokens of an account worth nothing.
pub(crate) fn forget_devices<'a>(user: UserId) -> Sql<'a> {
    Sql::new("UPDATE users SET device_generation = device_generation + 1 WHERE id = $1").bind::<Uuid, _>(user.as_uuid())
}
