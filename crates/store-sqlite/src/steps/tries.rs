use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, delete};
use doorward_limit::BucketKind;

use crate::schema::buckets;

/// Forgets all tries at an authenticator.
pub(crate) fn clear_tries(connection: &mut SqliteConnection, authenticator: [u8; 16]) -> QueryResult<()> {
    let [first, last] = [u8::MIN, u8::MAX].map(|end| [authenticator, [end; 16]].concat());
    for kind in BucketKind::OF_TRIES {
        let of_kind = buckets::table.filter(buckets::kind.eq(kind.as_str()));
        delete(of_kind.filter(buckets::subject.between(&first, &last))).execute(connection)?;
    }
    Ok(())
}
