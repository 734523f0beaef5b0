use async_trait::async_trait;
use diesel::{OptionalExtension, QueryDsl, data_types::PgTimestamp, sql_types::Timestamptz};
use diesel_async::RunQueryDsl;
use doorward_app::limits::{SmsPause, SmsSwitch, SwitchOutcome};
use doorward_kernel::{AuditEvent, StoreError, Timestamp};

use crate::{
    PgStore,
    rows::{instant, stored},
    schema::sms_pause,
    sql::{Sql, Statement},
    steps::audit,
};

#[async_trait]
impl SmsSwitch for PgStore {
    async fn paused_since(&self) -> Result<SmsPause, StoreError> {
        self.repeatable(&(), |connection, ()| {
            Box::pin(async {
                let since = sms_pause::table.find(true).select(sms_pause::since);
                Ok(since.first::<PgTimestamp>(connection).await.optional()?.map(instant))
            })
        })
        .await
    }

    async fn pause(&self, now: Timestamp, audit: AuditEvent) -> Result<SwitchOutcome, StoreError> {
        self.once(&(now, audit), |connection, (now, audit)| {
            Box::pin(async {
                let pause = Sql::new(
                    "INSERT INTO sms_pause (is_paused, since) SELECT true, $1 ON CONFLICT DO NOTHING RETURNING since",
                );
                let paused = Statement::with("turned", pause.bind::<Timestamptz, _>(stored(*now)))
                    .then(audit::insert(audit).guarded_by("turned"));
                Ok(outcome(paused.execute(connection).await?))
            })
        })
        .await
    }

    async fn resume(&self, audit: AuditEvent) -> Result<SwitchOutcome, StoreError> {
        self.once(&audit, |connection, audit| {
            Box::pin(async {
                let resumed =
                    Statement::with("turned", Sql::new("DELETE FROM sms_pause WHERE is_paused RETURNING since"))
                        .then(audit::insert(audit).guarded_by("turned"));
                Ok(outcome(resumed.execute(connection).await?))
            })
        })
        .await
    }
}

const fn outcome(turned: usize) -> SwitchOutcome {
    if turned == 0 { SwitchOutcome::Unchanged } else { SwitchOutcome::Changed }
}
