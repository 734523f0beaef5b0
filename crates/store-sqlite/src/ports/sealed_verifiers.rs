use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection, dsl::sql,
    expression::SqlLiteral, sql_query, sql_types::Text, update,
};
use doorward_kernel::{Timestamp, UserId};
use doorward_user::{PasswordVerifier, Resealed, SealedCount};

use crate::{
    columns::Id,
    schema::{challenges, registration_drafts, users},
};

#[derive(QueryableByName)]
struct Kind {
    #[diesel(sql_type = Text)]
    kind: String,
}

/// The kind of an account's verifier, as the index has it.
macro_rules! kind {
    () => {
        "substr(verifier, 1, instr(verifier, 'keyid=') - 1)"
    };
}

/// One step of the index for each kind: `DISTINCT` would read every account.
const KINDS: &str = concat!(
    "WITH RECURSIVE kinds (kind) AS (SELECT (SELECT ",
    kind!(),
    " FROM users WHERE ",
    kind!(),
    " > '' ORDER BY 1 LIMIT 1) UNION ALL SELECT (SELECT ",
    kind!(),
    " FROM users WHERE ",
    kind!(),
    " > kinds.kind ORDER BY 1 LIMIT 1) FROM kinds WHERE kind IS NOT NULL) \
     SELECT kind FROM kinds WHERE kind IS NOT NULL LIMIT 256",
);

/// The key that a verifier names, written as in the index.
fn key_of_user() -> SqlLiteral<Text> {
    sql("substr(verifier, instr(verifier, 'keyid=') + 6, 6)")
}

pub(super) fn count(connection: &mut SqliteConnection, key_id: &str, now: Timestamp) -> QueryResult<SealedCount> {
    let accounts: i64 = users::table.filter(key_of_user().eq(key_id)).count().get_result(connection)?;
    let open = challenges::table
        .filter(challenges::closed_at.is_null())
        .filter(challenges::ends_at.gt(now.as_micros()))
        .filter(challenges::tries.lt(challenges::max_tries))
        .filter(challenges::id.eq(registration_drafts::challenge_id));
    let drafts = registration_drafts::table
        .filter(
            sql::<Text>(
                "substr(`registration_drafts`.verifier, instr(`registration_drafts`.verifier, 'keyid=') + 6, 6)",
            )
            .eq(key_id),
        )
        .filter(diesel::dsl::exists(open));
    let registrations: i64 = drafts.count().get_result(connection)?;
    Ok(SealedCount { accounts: accounts.unsigned_abs(), registrations: registrations.unsigned_abs() })
}

pub(super) fn list(
    connection: &mut SqliteConnection,
    key_id: &str,
    after: Option<UserId>,
    limit: u32,
) -> QueryResult<Vec<(UserId, PasswordVerifier)>> {
    let after = Id::from(after.unwrap_or(UserId::from_bytes([0; 16])));
    let rows: Vec<(Id, String)> = users::table
        .filter(key_of_user().eq(key_id))
        .filter(users::id.gt(after))
        .order(users::id)
        .limit(limit.into())
        .select((users::id, users::verifier))
        .load(connection)?;
    Ok(rows.into_iter().map(|(id, text)| (id.into(), PasswordVerifier::from_text(text))).collect())
}

pub(super) fn kinds(connection: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    let rows: Vec<Kind> = sql_query(KINDS).load(connection)?;
    Ok(rows.into_iter().map(|row| row.kind).collect())
}

pub(super) fn replace(connection: &mut SqliteConnection, resealed: &[Resealed]) -> QueryResult<u64> {
    let mut replaced = 0;
    for Resealed { user, from, to } in resealed {
        let unchanged = users::table.filter(users::id.eq(Id::from(*user))).filter(users::verifier.eq(from.as_str()));
        replaced += update(unchanged).set(users::verifier.eq(to.as_str())).execute(connection)?;
    }
    Ok(replaced as u64)
}
