use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, delete, insert_into};
use doorward_app::registration::Draft;
use doorward_kernel::{ChallengeId, EmailAddress};

use crate::{rows::DraftRow, schema::registration_drafts};

pub(crate) fn insert_draft(
    connection: &mut SqliteConnection,
    challenge: ChallengeId,
    draft: &Draft,
) -> QueryResult<()> {
    insert_into(registration_drafts::table).values(DraftRow::encode(challenge, draft)).execute(connection)?;
    Ok(())
}

/// Deletes what was given in every registration of an address.
pub(crate) fn purge_drafts(connection: &mut SqliteConnection, email: &EmailAddress) -> QueryResult<()> {
    delete(registration_drafts::table.filter(registration_drafts::email_key.eq(email.key()))).execute(connection)?;
    Ok(())
}
