use async_trait::async_trait;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, delete, insert_into};
use doorward_app::limits::SmsSwitch;
use doorward_kernel::{AuditEvent, StoreError, Timestamp};

use crate::{SqliteStore, schema::sms_pause, steps::audit::insert_audit};

/// The one row there can be.
const PAUSED: i32 = 1;

#[async_trait]
impl SmsSwitch for SqliteStore {
    async fn paused_since(&self) -> Result<Option<Timestamp>, StoreError> {
        let since = self.read(|connection| {
            sms_pause::table.find(PAUSED).select(sms_pause::since).first::<i64>(connection).optional()
        })?;
        Ok(since.map(Timestamp::from_micros))
    }

    async fn pause(&self, now: Timestamp, audit: AuditEvent) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let row = (sms_pause::is_paused.eq(PAUSED), sms_pause::since.eq(now.as_micros()));
            let paused = insert_into(sms_pause::table).values(row).on_conflict_do_nothing().execute(connection)?;
            if paused == 0 {
                return Ok(false);
            }
            insert_audit(connection, &audit)?;
            Ok(true)
        })
        .await
    }

    async fn resume(&self, audit: AuditEvent) -> Result<bool, StoreError> {
        self.write(move |connection| {
            if delete(sms_pause::table.find(PAUSED)).execute(connection)? == 0 {
                return Ok(false);
            }
            insert_audit(connection, &audit)?;
            Ok(true)
        })
        .await
    }
}
