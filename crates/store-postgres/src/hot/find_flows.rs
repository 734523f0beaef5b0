use std::collections::HashMap;

use diesel::{
    ExpressionMethods, JoinOnDsl, NullableExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper,
};
use diesel_async::RunQueryDsl;
use doorward_app::flow::FoundFlow;
use doorward_kernel::ChallengeId;

use crate::{
    connection::PgConnection,
    rows::{ChallengeRow, UserRow},
    schema::{challenges, users},
};

type FlowRow = (ChallengeRow, Option<UserRow>);

/// The challenges and whose they are, in the order of the ids; one alone by a statement of its own, as with sessions.
pub(super) async fn find_flows(
    connection: &mut PgConnection,
    ids: &[ChallengeId],
) -> QueryResult<Vec<Option<FoundFlow>>> {
    let flows = challenges::table
        .left_join(users::table.on(challenges::user_id.eq(users::id.nullable())))
        .select((ChallengeRow::as_select(), Option::<UserRow>::as_select()));
    if let [id] = ids {
        let row: Option<FlowRow> = flows.filter(challenges::id.eq(id.as_uuid())).first(connection).await.optional()?;
        return Ok(vec![row.map(flow).transpose()?]);
    }
    let keys: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
    let rows: Vec<FlowRow> = flows.filter(challenges::id.eq_any(keys)).load(connection).await?;
    let found = rows.into_iter().map(|row| flow(row).map(|found| (found.challenge.id, found)));
    let found: HashMap<ChallengeId, FoundFlow> = found.collect::<QueryResult<_>>()?;
    Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
}

fn flow((challenge, account): FlowRow) -> QueryResult<FoundFlow> {
    Ok(FoundFlow { challenge: challenge.decode()?, account: account.map(UserRow::decode).transpose()? })
}
