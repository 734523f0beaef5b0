use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, delete,
    dsl::{exists, select},
    insert_into,
};
use doorward_app::registration::Draft;
use doorward_kernel::{ChallengeId, EmailAddress, Timestamp};
use doorward_otp::Challenge;

use crate::{
    rows::{DECOY, DraftRow},
    schema::{challenges, registration_drafts},
};

pub(crate) fn insert_draft(
    connection: &mut SqliteConnection,
    challenge: ChallengeId,
    draft: &Draft,
) -> QueryResult<()> {
    insert_into(registration_drafts::table).values(DraftRow::encode(challenge, draft)).execute(connection)?;
    Ok(())
}

/// Forgets what was given in every registration of an address.
pub(crate) fn forget_drafts(connection: &mut SqliteConnection, email: &EmailAddress) -> QueryResult<()> {
    delete(registration_drafts::table.filter(registration_drafts::email_key.eq(email.key()))).execute(connection)?;
    Ok(())
}

/// Whether a decoy like this one was started at or after that instant.
pub(crate) fn has_recent_decoy(
    connection: &mut SqliteConnection,
    challenge: &Challenge,
    since: Timestamp,
) -> QueryResult<bool> {
    let recent = challenges::table
        .filter(challenges::target_key.eq(challenge.target.as_str()))
        .filter(challenges::purpose.eq(challenge.purpose.as_str()))
        .filter(challenges::created_at.ge(since.as_micros()))
        .filter(challenges::subject.eq(DECOY));
    select(exists(recent)).get_result(connection)
}
