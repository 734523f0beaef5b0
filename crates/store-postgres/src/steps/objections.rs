use diesel_async::RunQueryDsl;
use doorward_app::binding::CallOff;

use super::{audit, challenges, messages, sessions, users};
use crate::{
    connection::PgConnection,
    sql::{Sql, Statement},
    store::Abort,
};

/// Forgets what is held, and with it ends all that is under way for its account; tells whether it was still held.
pub(crate) async fn call_off(
    connection: &mut PgConnection,
    off: &CallOff,
    forget: Sql<'_>,
) -> Result<bool, Abort<bool>> {
    users::lock(connection, off.user, std::iter::empty()).await?;
    if Statement::one(forget).execute(connection).await? == 0 {
        return Ok(false);
    }
    let mut parts = vec![sessions::end_all(off.user, None, off.now), users::forget_devices(off.user)];
    parts.extend(challenges::close_all(off.user, &[], off.now));
    parts.extend(off.notices.iter().map(messages::insert));
    parts.push(audit::insert(&off.audit));
    if let Some(statement) = Statement::all(parts) {
        statement.execute(connection).await?;
    }
    Ok(true)
}
