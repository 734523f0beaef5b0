use async_trait::async_trait;
use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, SelectableHelper,
    sql_types::{Bool, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::{AsyncConnection, RunQueryDsl};
use doorward_app::{
    factors::kept_pending,
    profile::{CompleteEmail, CompletePhone, IdentifierOutcome, ProfileChange, ProfileOutcome, Profiles},
};
use doorward_kernel::StoreError;
use doorward_user::{Name, NewLastName, PasswordVerifier, User};

use crate::{
    PgStore,
    connection::PgConnection,
    fault,
    rows::{UserRow, decode, stored, user_columns},
    schema,
    sql::{Sql, Statement},
    steps::{
        audit, challenges, changes, held_apps, held_numbers, messages,
        numbers::{Proved, prove},
        sessions, users,
    },
    store::Abort,
};

#[async_trait]
impl Profiles for PgStore {
    async fn change(&self, change: ProfileChange) -> Result<ProfileOutcome, StoreError> {
        self.transaction(&change, |connection, asked| Box::pin(change_profile(connection, asked))).await
    }

    async fn complete_email(&self, complete: CompleteEmail) -> Result<IdentifierOutcome, StoreError> {
        self.transaction(&complete, |connection, complete| Box::pin(complete_email(connection, complete))).await
    }

    async fn complete_phone(&self, complete: CompletePhone) -> Result<IdentifierOutcome, StoreError> {
        self.transaction(&complete, |connection, complete| Box::pin(complete_phone(connection, complete))).await
    }
}

async fn change_profile(
    connection: &mut PgConnection,
    change: &ProfileChange,
) -> Result<ProfileOutcome, Abort<ProfileOutcome>> {
    // Whoever ends sessions locks the account first, so what is live under the lock stays so.
    users::lock(connection, change.user, std::iter::empty()).await?;
    let methods = sessions::methods_of(connection, Some(change.session)).await?;
    let Some(methods) = methods else { return Ok(ProfileOutcome::SessionEnded) };
    let rows: Vec<UserRow> = Statement::one(change_user(change)).load(connection).await?;
    let Some(row) = rows.into_iter().next() else { return Ok(ProfileOutcome::Lost) };
    let mut parts = Vec::new();
    if change.new_password.is_some() {
        parts.push(sessions::end_all(change.user, Some(change.session), change.now));
        parts.extend(challenges::close_all(change.user, &kept_pending(&methods), change.now));
    }
    parts.extend(change.start.iter().flat_map(|start| challenges::start(start, None)));
    parts.extend(change.notices.iter().map(messages::insert));
    parts.extend(change.audit.iter().map(audit::insert));
    if let Some(statement) = Statement::all(parts) {
        statement.execute(connection).await?;
    }
    Ok(ProfileOutcome::Changed(decode(row)?))
}

/// Changes what is given; its row tells even if that is nothing.
fn change_user(change: &ProfileChange) -> Sql<'_> {
    let last_name = match &change.names.last {
        NewLastName::Kept | NewLastName::Removed => None,
        NewLastName::Changed(last) => Some(last.as_str()),
    };
    Sql::new(concat!(
        "UPDATE users SET first_name = coalesce($2, first_name), last_name = CASE WHEN $7 THEN $3 ELSE last_name END, \
         verifier = coalesce($5, verifier), \
         updated_at = CASE WHEN coalesce($2, $5) IS NULL AND NOT $7 THEN updated_at ELSE $6 END \
         WHERE id = $1 AND status = 'active' AND verifier = $4 RETURNING ",
        user_columns!()
    ))
    .bind::<Uuid, _>(change.user.as_uuid())
    .bind::<Nullable<Text>, _>(change.names.first.as_ref().map(Name::as_str))
    .bind::<Nullable<Text>, _>(last_name)
    .bind::<Text, _>(change.checked.as_str())
    .bind::<Nullable<Text>, _>(change.new_password.as_ref().map(PasswordVerifier::as_str))
    .bind::<Timestamptz, _>(stored(change.now))
    .bind::<Bool, _>(change.names.last != NewLastName::Kept)
}

async fn complete_email(
    connection: &mut PgConnection,
    complete: &CompleteEmail,
) -> Result<IdentifierOutcome, Abort<IdentifierOutcome>> {
    let user = users::lock(connection, complete.user, std::iter::empty()).await?;
    let closed = Statement::one(challenges::close(complete.challenge, complete.now)).execute(connection).await?;
    let methods = sessions::methods_of(connection, complete.session).await?;
    let is_void = closed == 0 || !user.is_some_and(|user| user.is_active());
    let Some(methods) = methods.filter(|_| !is_void) else { return Ok(IdentifierOutcome::Closed) };
    // A refused row would undo the closing too, but for the savepoint of the inner transaction.
    let user = match connection.transaction(async |connection| set_email(connection, complete).await).await {
        Err(error) if fault::is_taken(&error, "users_email_key") => return Ok(IdentifierOutcome::Taken),
        user => user?,
    };
    let kept = kept_pending(&methods);
    let mut parts = vec![
        changes::insert(&complete.change),
        sessions::end_others(complete.user, complete.session, complete.now),
        challenges::close_mailed(complete.user, complete.now),
        held_numbers::call_off(complete.user, &kept),
        held_apps::call_off(complete.user, &kept),
    ];
    parts.extend(complete.notices.iter().map(messages::insert));
    parts.push(audit::insert(&complete.audit));
    if let Some(statement) = Statement::all(parts) {
        statement.execute(connection).await?;
    }
    Ok(IdentifierOutcome::Changed(user))
}

async fn set_email(connection: &mut PgConnection, complete: &CompleteEmail) -> QueryResult<User> {
    let row: UserRow = diesel::update(schema::users::table.find(complete.user.as_uuid()))
        .set((
            schema::users::email.eq(complete.email.as_str()),
            schema::users::email_key.eq(complete.email.key()),
            schema::users::updated_at.eq(stored(complete.now)),
        ))
        .returning(UserRow::as_returning())
        .get_result(connection)
        .await?;
    decode(row)
}

async fn complete_phone(
    connection: &mut PgConnection,
    complete: &CompletePhone,
) -> Result<IdentifierOutcome, Abort<IdentifierOutcome>> {
    let CompletePhone { challenge, user: id, session, proof, change, now } = complete;
    let user = users::lock(connection, *id, proof.drops.iter().map(|drop| drop.user)).await?;
    let closed = Statement::one(challenges::close(*challenge, *now)).execute(connection).await?;
    let methods = sessions::methods_of(connection, *session).await?;
    let is_void = closed == 0 || !user.is_some_and(|user| user.is_active());
    let Some(methods) = methods.filter(|_| !is_void) else { return Ok(IdentifierOutcome::Closed) };
    let Proved { user, mut parts } = prove(connection, *id, proof, *now, IdentifierOutcome::Taken).await?;
    parts.extend(change.iter().map(changes::insert));
    let kept = kept_pending(&methods);
    parts.push(sessions::end_others(*id, *session, *now));
    parts.extend([held_numbers::call_off(*id, &kept), held_apps::call_off(*id, &kept)]);
    if let Some(statement) = Statement::all(parts) {
        statement.execute(connection).await?;
    }
    Ok(IdentifierOutcome::Changed(user))
}
