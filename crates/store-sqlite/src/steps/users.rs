use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection,
    dsl::exists, insert_into, select, update,
};
use doorward_app::profile::SetPassword;
use doorward_kernel::{EmailAddress, PhoneNumber, Timestamp, UserId};
use doorward_user::{LoginRecord, NewLastName, NewNames, PasswordVerifier, PhoneHolders, User, UserPhone, UserStatus};

use super::tries::clear_tries;
use crate::{
    columns::{Id, micros},
    fault,
    rows::UserRow,
    schema::users,
};

/// The most claimants of a number that are read.
const CLAIMANTS: i64 = 100;

/// The outcome of giving an account an identifier that must be unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UniqueOutcome {
    /// It has it; the account is as it is now.
    Given(User),
    /// Somebody else has it; nothing changed.
    Taken,
}

pub(crate) fn find_user(connection: &mut SqliteConnection, id: UserId) -> QueryResult<Option<User>> {
    let row = users::table.find(Id::from(id)).select(UserRow::as_select()).first(connection).optional()?;
    row.map(UserRow::decode).transpose()
}

/// One statement, so that nobody moves from claimant to owner in between.
pub(crate) fn find_by_phone(connection: &mut SqliteConnection, number: &PhoneNumber) -> QueryResult<PhoneHolders> {
    let rows: Vec<UserRow> = users::table
        .filter(users::phone.eq(number.as_str()))
        .order((users::phone_verified_at.is_null(), users::created_at, users::id))
        .limit(CLAIMANTS + 1)
        .select(UserRow::as_select())
        .load(connection)?;
    let users = rows.into_iter().map(UserRow::decode).collect::<QueryResult<Vec<_>>>()?;
    let (owners, mut claimants): (Vec<_>, Vec<_>) = users.into_iter().partition(|user| user.has_verified(number));
    claimants.truncate(usize::try_from(CLAIMANTS).unwrap_or(usize::MAX));
    Ok(PhoneHolders { owner: owners.into_iter().next(), claimants })
}

pub(crate) fn find_active(connection: &mut SqliteConnection, id: UserId) -> QueryResult<Option<User>> {
    Ok(find_user(connection, id)?.filter(User::is_active))
}

/// The account, if it is active and still has that verifier.
pub(crate) fn find_active_with(
    connection: &mut SqliteConnection,
    id: UserId,
    verifier: &PasswordVerifier,
) -> QueryResult<Option<User>> {
    let user = users::table
        .filter(users::id.eq(Id::from(id)))
        .filter(users::status.eq(UserStatus::Active.as_str()))
        .filter(users::verifier.eq(verifier.as_str()));
    user.select(UserRow::as_select()).first(connection).optional()?.map(UserRow::decode).transpose()
}

/// Makes the account, unless its address has one.
pub(crate) fn insert_user(
    connection: &mut SqliteConnection,
    user: &User,
    verifier: &PasswordVerifier,
) -> QueryResult<bool> {
    let values = (UserRow::encode(user), users::verifier.eq(verifier.as_str()));
    let insert = insert_into(users::table).values(values).on_conflict(users::email_key).do_nothing();
    Ok(insert.execute(connection)? > 0)
}

pub(crate) fn rename(
    connection: &mut SqliteConnection,
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
        users::updated_at.eq(now.as_micros()),
    );
    update(users::table.find(Id::from(id))).set(values).execute(connection)?;
    Ok(())
}

/// Returns whether the account is active and the verifier its own.
pub(crate) fn has_verifier(
    connection: &mut SqliteConnection,
    id: UserId,
    verifier: &PasswordVerifier,
) -> QueryResult<bool> {
    let user = users::table
        .filter(users::id.eq(Id::from(id)))
        .filter(users::status.eq(UserStatus::Active.as_str()))
        .filter(users::verifier.eq(verifier.as_str()));
    select(exists(user)).get_result(connection)
}

/// Sets a password, whatever it was, and forgets the tries at that.
pub(crate) fn set_password(
    connection: &mut SqliteConnection,
    id: UserId,
    SetPassword { verifier, tries }: &SetPassword,
    now: Timestamp,
) -> QueryResult<User> {
    clear_tries(connection, *tries)?;
    let values = (users::verifier.eq(verifier.as_str()), users::updated_at.eq(now.as_micros()));
    let row = update(users::table.find(Id::from(id))).set(values).returning(UserRow::as_returning());
    row.get_result(connection)?.decode()
}

/// Notes that a login has just used the number of the account; gives it as it is now.
pub(crate) fn note_use(
    connection: &mut SqliteConnection,
    user: User,
    notes_use: bool,
    now: Timestamp,
) -> QueryResult<User> {
    if !notes_use {
        return Ok(user);
    }
    let account = update(users::table.find(Id::from(user.id)));
    account.set(users::phone_used_at.eq(now.as_micros())).execute(connection)?;
    Ok(User { logins: LoginRecord { number_used_at: Some(now), ..user.logins }, ..user })
}

/// Puts a verifier in place of an outdated one of the same password, if that is still the account's.
pub(crate) fn rehash(
    connection: &mut SqliteConnection,
    id: UserId,
    old: &PasswordVerifier,
    new: &PasswordVerifier,
) -> QueryResult<bool> {
    let user = users::table.filter(users::id.eq(Id::from(id))).filter(users::verifier.eq(old.as_str()));
    Ok(update(user).set(users::verifier.eq(new.as_str())).execute(connection)? > 0)
}

/// Puts back a number, or that there was none.
pub(crate) fn restore_phone(
    connection: &mut SqliteConnection,
    id: UserId,
    phone: Option<&UserPhone>,
    now: Timestamp,
) -> QueryResult<UniqueOutcome> {
    let values = (
        users::phone.eq(phone.map(|phone| phone.number.as_str())),
        users::phone_verified_at.eq(micros(phone.and_then(|phone| phone.verified_at))),
        users::updated_at.eq(now.as_micros()),
    );
    let row = update(users::table.find(Id::from(id))).set(values).returning(UserRow::as_returning());
    given(row.get_result(connection))
}

/// Gives an account its address.
pub(crate) fn give_email(
    connection: &mut SqliteConnection,
    id: UserId,
    email: &EmailAddress,
    now: Timestamp,
) -> QueryResult<UniqueOutcome> {
    let values =
        (users::email.eq(email.as_str()), users::email_key.eq(email.key()), users::updated_at.eq(now.as_micros()));
    let row = update(users::table.find(Id::from(id))).set(values).returning(UserRow::as_returning());
    given(row.get_result(connection))
}

/// A refused row undoes its own statement and nothing of the step before it.
pub(super) fn given(row: QueryResult<UserRow>) -> QueryResult<UniqueOutcome> {
    match row {
        Err(error) if fault::is_taken(&error) => Ok(UniqueOutcome::Taken),
        row => Ok(UniqueOutcome::Given(row?.decode()?)),
    }
}
