use async_trait::async_trait;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, data_types::PgTimestamp, delete, insert_into};
use diesel_async::RunQueryDsl;
use doorward_app::limits::SmsSwitch;
use doorward_kernel::{AuditEvent, StoreError, Timestamp};

use crate::{
    PgStore,
    connection::PgConnection,
    rows::{instant, stored},
    schema::sms_pause,
    steps::audit::insert_audit,
    store::Abort,
};

#[async_trait]
impl SmsSwitch for PgStore {
    async fn paused_since(&self) -> Result<Option<Timestamp>, StoreError> {
        self.repeatable(&(), |connection, ()| {
            Box::pin(async {
                let since = sms_pause::table.find(true).select(sms_pause::since);
                Ok(since.first::<PgTimestamp>(connection).await.optional()?.map(instant))
            })
        })
        .await
    }

    async fn pause(&self, now: Timestamp, audit: AuditEvent) -> Result<bool, StoreError> {
        self.transaction(&(now, audit), |connection, (now, audit)| {
            Box::pin(async {
                let values = (sms_pause::is_paused.eq(true), sms_pause::since.eq(stored(*now)));
                let pause = insert_into(sms_pause::table).values(values).on_conflict_do_nothing();
                let turned = pause.execute(connection).await?;
                outcome(connection, turned, audit).await
            })
        })
        .await
    }

    async fn resume(&self, audit: AuditEvent) -> Result<bool, StoreError> {
        self.transaction(&audit, |connection, audit| {
            Box::pin(async {
                let turned = delete(sms_pause::table.find(true)).execute(connection).await?;
                outcome(connection, turned, audit).await
            })
        })
        .await
    }
}

async fn outcome(connection: &mut PgConnection, turned: usize, audit: &AuditEvent) -> Result<bool, Abort<bool>> {
    if turned == 0 {
        return Ok(false);
    }
    insert_audit(connection, audit).await?;
    Ok(true)
}
