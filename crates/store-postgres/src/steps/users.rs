use std::iter::once;

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper, dsl::exists, select, update,
};
use diesel_async::RunQueryDsl;
use doorward_app::profile::SetPassword;
use doorward_kernel::{EmailAddress, PhoneNumber, Timestamp, UserId};
use doorward_user::{NewLastName, NewNames, PasswordVerifier, PhoneHolders, User, UserPhone};

use super::buckets::clear_tries;
use crate::{columns::stored, connection::PgConnection, fault, rows::UserRow, schema::users};

/// The most claimants of a number that are told of.
const CLAIMANTS: usize = 100;
/// Those, and the owner.
pub(crate) const MOST_HOLDERS: i64 = 101;

/// The outcome of giving an account an identifier that must be unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UniqueOutcome {
    /// It has it; the account is as it is now.
    Given(User),
    /// Somebody else has it; nothing changed.
    Taken,
}

pub(crate) async fn find_user(connection: &mut PgConnection, id: UserId) -> QueryResult<Option<User>> {
    let row = users::table.find(id.as_uuid()).select(UserRow::as_select()).first(connection).await.optional()?;
    row.map(UserRow::decode).transpose()
}

/// The owner and the claimants of the number.
pub(crate) async fn find_by_phone(connection: &mut PgConnection, number: &PhoneNumber) -> QueryResult<PhoneHolders> {
    // As the index has them: the owner, then the claimants.
    let rows: Vec<UserRow> = users::table
        .filter(users::phone.eq(number.as_str()))
        .order((users::phone_verified_at, users::created_at, users::id))
        .limit(MOST_HOLDERS)
        .select(UserRow::as_select())
        .load(connection)
        .await?;
    holders(rows)
}

/// The same, of all rows of a number.
pub(crate) fn holders(rows: Vec<UserRow>) -> QueryResult<PhoneHolders> {
    let holders = rows.into_iter().map(UserRow::decode).collect::<QueryResult<Vec<_>>>()?;
    let is_owner = |user: &User| user.verified_number().is_some();
    let (mut owners, mut claimants): (Vec<_>, Vec<_>) = holders.into_iter().partition(is_owner);
    claimants.truncate(CLAIMANTS);
    Ok(PhoneHolders { owner: owners.pop(), claimants })
}

/// Locks the account until the end of the transaction, and gives it as it is now.
pub(crate) async fn lock_user(connection: &mut PgConnection, id: UserId) -> QueryResult<Option<User>> {
    lock_users(connection, id, []).await
}

/// The same, if it is active.
pub(crate) async fn lock_active(connection: &mut PgConnection, id: UserId) -> QueryResult<Option<User>> {
    Ok(lock_user(connection, id).await?.filter(User::is_active))
}

/// Locks the accounts until the end of the transaction, and gives the first one as it is now.
///
/// All who lock several do it in the order of their ids, so that none waits in a circle.
pub(crate) async fn lock_users(
    connection: &mut PgConnection,
    user: UserId,
    others: impl IntoIterator<Item = UserId>,
) -> QueryResult<Option<User>> {
    let ids = once(user).chain(others).map(UserId::as_uuid).collect::<Vec<_>>();
    let rows: Vec<UserRow> = users::table
        .filter(users::id.eq_any(ids))
        .order(users::id)
        .for_no_key_update()
        .select(UserRow::as_select())
        .load(connection)
        .await?;
    let locked = rows.into_iter().map(UserRow::decode).collect::<QueryResult<Vec<_>>>()?;
    Ok(locked.into_iter().find(|locked| locked.id == user))
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

pub(crate) async fn rename(
    connection: &mut PgConnection,
    id: UserId,
    names: &NewNames,
    now: Timestamp,
) -> QueryResult<()> {
    let last_name = match &names.last {
        NewLastName::Kept => None,
        NewLastName::Removed => Some(None),
        NewLastName::Changed(last) => Some(Some(last.as_str())),
    };
    let values = (
        names.first.as_ref().map(|first| users::first_name.eq(first.as_str())),
        last_name.map(|last| users::last_name.eq(last)),
        users::updated_at.eq(stored(now)),
    );
    update(users::table.find(id.as_uuid())).set(values).execute(connection).await?;
    Ok(())
}

/// Sets a password, whatever it was, and forgets the tries at that.
pub(crate) async fn set_password(
    connection: &mut PgConnection,
    id: UserId,
    SetPassword { verifier, tries }: &SetPassword,
    now: Timestamp,
) -> QueryResult<User> {
    clear_tries(*tries).execute(connection).await?;
    let values = (users::verifier.eq(verifier.as_str()), users::updated_at.eq(stored(now)));
    let row = update(users::table.find(id.as_uuid())).set(values).returning(UserRow::as_returning());
    row.get_result(connection).await?.decode()
}

/// Puts a verifier in place of an outdated one of the same password, if that is still the account's.
pub(crate) async fn rehash(
    connection: &mut PgConnection,
    id: UserId,
    old: &PasswordVerifier,
    new: &PasswordVerifier,
) -> QueryResult<bool> {
    let user = users::table.find(id.as_uuid()).filter(users::verifier.eq(old.as_str()));
    Ok(update(user).set(users::verifier.eq(new.as_str())).execute(connection).await? > 0)
}

/// Puts back a number, or that there was none.
pub(crate) async fn restore_phone(
    connection: &mut PgConnection,
    id: UserId,
    phone: Option<&UserPhone>,
    now: Timestamp,
) -> QueryResult<UniqueOutcome> {
    let values = (
        users::phone.eq(phone.map(|phone| phone.number.as_str())),
        users::phone_verified_at.eq(phone.and_then(|phone| phone.verified_at).map(stored)),
        users::updated_at.eq(stored(now)),
    );
    let row = update(users::table.find(id.as_uuid())).set(values).returning(UserRow::as_returning());
    given(row.get_result(connection).await, "users_verified_phone")
}

/// Gives an account its address.
pub(crate) async fn give_email(
    connection: &mut PgConnection,
    id: UserId,
    email: &EmailAddress,
    now: Timestamp,
) -> QueryResult<UniqueOutcome> {
    let values = (users::email.eq(email.as_str()), users::email_key.eq(email.key()), users::updated_at.eq(stored(now)));
    let row = update(users::table.find(id.as_uuid())).set(values).returning(UserRow::as_returning());
    given(row.get_result(connection).await, "users_email_key")
}

/// Told by the unique index of the identifier, which undoes the transaction or the savepoint around it.
pub(super) fn given(row: QueryResult<UserRow>, index: &str) -> QueryResult<UniqueOutcome> {
    match row {
        Err(error) if fault::is_taken(&error, index) => Ok(UniqueOutcome::Taken),
        row => Ok(UniqueOutcome::Given(row?.decode()?)),
    }
}
