use std::collections::HashMap;

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper};
use diesel_async::RunQueryDsl;
use doorward_kernel::ChallengeId;
use doorward_otp::Challenge;

use crate::{
    connection::PgConnection,
    rows::{ChallengeRow, decode},
    schema::challenges,
};

/// The challenges, in the order of the ids; one alone by a statement of its own, as with sessions.
pub(super) async fn find_challenges(
    connection: &mut PgConnection,
    ids: &[ChallengeId],
) -> QueryResult<Vec<Option<Challenge>>> {
    let rows = challenges::table.select(ChallengeRow::as_select());
    if let [id] = ids {
        let row = rows.filter(challenges::id.eq(id.as_uuid())).first(connection).await.optional()?;
        return Ok(vec![row.map(decode).transpose()?]);
    }
    let keys: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
    let rows: Vec<ChallengeRow> = rows.filter(challenges::id.eq_any(keys)).load(connection).await?;
    let found = rows.into_iter().map(|row| decode(row).map(|challenge: Challenge| (challenge.id, challenge)));
    let found: HashMap<ChallengeId, Challenge> = found.collect::<QueryResult<_>>()?;
    Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
}
