use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection,
    dsl::{exists, not},
};
use doorward_kernel::{EmailAddress, PhoneNumber, StoreError, Timestamp, UserId};
use doorward_user::{PasswordVerifier, PhoneHolders, User, Users};

use crate::{
    SqliteStore,
    columns::Id,
    rows::{EMAIL, UserRow},
    schema::{identifier_changes, users},
    steps::users::{find_by_phone, find_user},
};

#[async_trait]
impl Users for SqliteStore {
    async fn find_by_id(&self, user: UserId) -> Result<Option<User>, StoreError> {
        self.read(|connection| find_user(connection, user))
    }

    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<User>, StoreError> {
        self.read(|connection| find_by_email(connection, email))
    }

    async fn find_by_phone(&self, number: &PhoneNumber) -> Result<PhoneHolders, StoreError> {
        self.read(|connection| find_by_phone(connection, number))
    }

    async fn credentials_by_email(&self, email: &EmailAddress) -> Result<Option<(User, PasswordVerifier)>, StoreError> {
        self.read(|connection| credentials_by_email(connection, email))
    }

    async fn credentials_by_phone(&self, number: &PhoneNumber) -> Result<Option<(User, PasswordVerifier)>, StoreError> {
        self.read(|connection| credentials_by_phone(connection, number))
    }

    async fn verifier(&self, user: UserId) -> Result<Option<PasswordVerifier>, StoreError> {
        self.read(|connection| verifier(connection, user))
    }

    async fn find_by_settled_email(&self, email: &EmailAddress, since: Timestamp) -> Result<Option<User>, StoreError> {
        self.read(|connection| find_by_settled_email(connection, email, since))
    }
}

fn find_by_email(connection: &mut SqliteConnection, email: &EmailAddress) -> QueryResult<Option<User>> {
    let row = users::table.filter(users::email_key.eq(email.key())).select(UserRow::as_select());
    row.first(connection).optional()?.map(UserRow::decode).transpose()
}

fn credentials_by_email(
    connection: &mut SqliteConnection,
    email: &EmailAddress,
) -> QueryResult<Option<(User, PasswordVerifier)>> {
    let row: Option<(UserRow, String)> = users::table
        .filter(users::email_key.eq(email.key()))
        .select((UserRow::as_select(), users::verifier))
        .first(connection)
        .optional()?;
    row.map(|(user, verifier)| Ok((user.decode()?, PasswordVerifier::from_text(verifier)))).transpose()
}

fn credentials_by_phone(
    connection: &mut SqliteConnection,
    number: &PhoneNumber,
) -> QueryResult<Option<(User, PasswordVerifier)>> {
    let row: Option<(UserRow, String)> = users::table
        .filter(users::phone.eq(number.as_str()))
        .filter(users::phone_verified_at.is_not_null())
        .select((UserRow::as_select(), users::verifier))
        .first(connection)
        .optional()?;
    row.map(|(user, verifier)| Ok((user.decode()?, PasswordVerifier::from_text(verifier)))).transpose()
}

fn verifier(connection: &mut SqliteConnection, user: UserId) -> QueryResult<Option<PasswordVerifier>> {
    let text: Option<String> =
        users::table.find(Id::from(user)).select(users::verifier).first(connection).optional()?;
    Ok(text.map(PasswordVerifier::from_text))
}

fn find_by_settled_email(
    connection: &mut SqliteConnection,
    email: &EmailAddress,
    since: Timestamp,
) -> QueryResult<Option<User>> {
    let changed = identifier_changes::table
        .filter(identifier_changes::user_id.eq(users::id))
        .filter(identifier_changes::at.ge(since.as_micros()))
        .filter(identifier_changes::kind.eq(EMAIL));
    let row = users::table.filter(users::email_key.eq(email.key())).filter(not(exists(changed)));
    row.select(UserRow::as_select()).first(connection).optional()?.map(UserRow::decode).transpose()
}
