use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper,
    dsl::{exists, not},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{EmailAddress, PhoneNumber, StoreError, Timestamp, UserId};
use doorward_user::{PasswordVerifier, PhoneHolders, User, Users};

use crate::{
    PgStore,
    columns::stored,
    rows::UserRow,
    schema::{identifier_changes, users},
    steps::users::find_user,
};

#[async_trait]
impl Users for PgStore {
    async fn find_by_id(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.read(async |connection| find_user(connection, id).await).await
    }

    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<User>, StoreError> {
        self.read(async |connection| {
            let user = users::table.filter(users::email_key.eq(email.key())).select(UserRow::as_select());
            user.first(connection).await.optional()?.map(UserRow::decode).transpose()
        })
        .await
    }

    async fn find_by_phone(&self, number: &PhoneNumber) -> Result<PhoneHolders, StoreError> {
        self.hot.find_holders.call(number.clone()).await
    }

    async fn credentials_by_email(&self, email: &EmailAddress) -> Result<Option<(User, PasswordVerifier)>, StoreError> {
        self.read(async |connection| {
            let credentials = users::table
                .filter(users::email_key.eq(email.key()))
                .select((UserRow::as_select(), users::verifier))
                .first(connection);
            let found: Option<(UserRow, String)> = credentials.await.optional()?;
            found.map(|(user, verifier)| Ok((user.decode()?, PasswordVerifier::from_text(verifier)))).transpose()
        })
        .await
    }

    async fn credentials_by_phone(&self, number: &PhoneNumber) -> Result<Option<(User, PasswordVerifier)>, StoreError> {
        self.read(async |connection| {
            let credentials = users::table
                .filter(users::phone.eq(number.as_str()))
                .filter(users::phone_verified_at.is_not_null())
                .select((UserRow::as_select(), users::verifier))
                .first(connection);
            let found: Option<(UserRow, String)> = credentials.await.optional()?;
            found.map(|(user, verifier)| Ok((user.decode()?, PasswordVerifier::from_text(verifier)))).transpose()
        })
        .await
    }

    async fn verifier(&self, user: UserId) -> Result<Option<PasswordVerifier>, StoreError> {
        self.read(async |connection| {
            let verifier = users::table.find(user.as_uuid()).select(users::verifier).first(connection);
            Ok(verifier.await.optional()?.map(PasswordVerifier::from_text))
        })
        .await
    }

    async fn find_by_settled_email(&self, email: &EmailAddress, since: Timestamp) -> Result<Option<User>, StoreError> {
        self.read(async |connection| {
            let changed = identifier_changes::table
                .filter(identifier_changes::user_id.eq(users::id))
                .filter(identifier_changes::at.ge(stored(since)))
                .filter(identifier_changes::kind.eq("email"));
            let user = users::table.filter(users::email_key.eq(email.key())).filter(not(exists(changed)));
            user.select(UserRow::as_select()).first(connection).await.optional()?.map(UserRow::decode).transpose()
        })
        .await
    }
}
