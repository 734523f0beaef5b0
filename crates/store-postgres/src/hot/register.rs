use diesel::{
    QueryResult,
    prelude::QueryableByName,
    sql_query,
    sql_types::{Bool, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::registration::{CompleteRegistration, RegistrationOutcome, StartRegistration};
use doorward_user::Name;

use crate::{
    columns::{AuditColumns, ChallengeColumns, MessageColumns},
    connection::PgConnection,
    rows::stored,
    steps::users::bind_user,
};

#[derive(QueryableByName)]
struct CompletedRow {
    #[diesel(sql_type = Bool)]
    was_open: bool,
    #[diesel(sql_type = Bool)]
    is_made: bool,
}

/// Writes a registration's flow and what was given.
pub(crate) async fn start_registration(connection: &mut PgConnection, start: &StartRegistration) -> QueryResult<()> {
    let StartRegistration { flow, draft } = start;
    let sql = sql_query(include_str!("start_registration.sql")).into_boxed();
    let sql = [&flow.challenge].into_iter().collect::<ChallengeColumns<'_>>().bind(sql);
    let message = flow.message.iter().map(|message| (message, flow.leased_until));
    let sql = message.collect::<MessageColumns<'_>>().bind(sql);
    let sql = [&flow.audit].into_iter().collect::<AuditColumns>().bind(sql);
    let sql = sql
        .bind::<Uuid, _>(flow.challenge.id.as_uuid())
        .bind::<Uuid, _>(draft.user.as_uuid())
        .bind::<Text, _>(draft.names.first.as_str())
        .bind::<Nullable<Text>, _>(draft.names.last.as_ref().map(Name::as_str))
        .bind::<Text, _>(draft.email.as_str())
        .bind::<Text, _>(draft.email.key())
        .bind::<Text, _>(draft.phone.as_str())
        .bind::<Text, _>(draft.locale.as_str())
        .bind::<Text, _>(draft.verifier.as_str());
    sql.execute(connection).await.map(drop)
}

/// Makes the account of a registration whose challenge is open, unless its address has one by then.
pub(crate) async fn complete_registration(
    connection: &mut PgConnection,
    complete: &CompleteRegistration,
) -> QueryResult<RegistrationOutcome> {
    let CompleteRegistration { challenge, user, verifier, continuation, now, audit } = complete;
    let sql = bind_user(sql_query(include_str!("complete_registration.sql")).into_boxed(), user, verifier)
        .bind::<Uuid, _>(challenge.as_uuid())
        .bind::<Uuid, _>(continuation.id.as_uuid())
        .bind::<Timestamptz, _>(stored(*now));
    let sql = [continuation].into_iter().collect::<ChallengeColumns<'_>>().bind(sql);
    let sql = [audit].into_iter().collect::<AuditColumns>().bind(sql);
    Ok(match sql.get_result(connection).await? {
        CompletedRow { was_open: false, .. } => RegistrationOutcome::Closed,
        CompletedRow { is_made: false, .. } => RegistrationOutcome::EmailTaken,
        CompletedRow { is_made: true, .. } => RegistrationOutcome::Registered,
    })
}
