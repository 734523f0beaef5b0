use async_trait::async_trait;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, QueryDsl, QueryResult, SelectableHelper,
    dsl::exists, select, update,
};
use diesel_async::RunQueryDsl;
use doorward_app::{
    SignedIn,
    sessions::{CompleteStepUp, EndOthersOutcome, EndOutcome, RotateOutcome, Sessions, StepUpOutcome},
};
use doorward_kernel::{AuditEvent, SessionId, StoreError, Timestamp, UserId};
use doorward_notifier::Message;
use doorward_session::{Generation, Methods, Session};

use crate::{
    PgStore,
    columns::{later, stored},
    connection::PgConnection,
    hot::Rotate,
    rows::SessionRow,
    schema::sessions,
    steps::{
        audit::insert_audit,
        authenticators::spend_code,
        challenges::close_challenge,
        messages::insert_notices,
        purge::purge,
        sessions::{end_session, end_sessions_but},
        users::{lock_active, lock_user},
    },
    store::{Halt, Step},
};

/// The condition says what the index says, or it is not used.
const FORGET_CLIENTS: &str = "UPDATE sessions SET device = NULL, network = NULL WHERE id IN ( \
     SELECT id FROM sessions WHERE created_at < $before AND (device IS NOT NULL OR network IS NOT NULL) \
     ORDER BY created_at LIMIT $limit FOR UPDATE SKIP LOCKED)";

#[async_trait]
impl Sessions for PgStore {
    async fn find(&self, session: SessionId) -> Result<Option<SignedIn>, StoreError> {
        self.hot.find_session.call(session).await
    }

    async fn rotate(
        &self,
        session: SessionId,
        from: Generation,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<RotateOutcome, StoreError> {
        self.hot.rotate.call(Rotate { session, from, now, audit }).await
    }

    async fn touch(&self, session: SessionId, now: Timestamp) -> Result<(), StoreError> {
        // Noting a use twice is noting it once.
        self.repeatable(async |connection| {
            let earlier = sessions::table
                .find(session.as_uuid())
                .filter(sessions::ended_at.is_null())
                .filter(sessions::last_seen_at.lt(stored(now)));
            update(earlier).set(sessions::last_seen_at.eq(stored(now))).execute(connection).await?;
            Ok(())
        })
        .await
    }

    async fn note_methods(
        &self,
        session: SessionId,
        seen: Methods,
        methods: Methods,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // Noting it twice is noting it once.
        self.repeatable(async |connection| {
            let as_seen = sessions::table
                .find(session.as_uuid())
                .filter(sessions::ended_at.is_null())
                .filter(sessions::methods.eq(seen.to_text()));
            let values = (
                sessions::methods.eq(methods.to_text()),
                sessions::auth_time.eq(later(sessions::auth_time, stored(now))),
            );
            update(as_seen).set(values).execute(connection).await?;
            Ok(())
        })
        .await
    }

    async fn end(&self, session: SessionId, now: Timestamp, audit: AuditEvent) -> Result<EndOutcome, StoreError> {
        self.write(async |connection| end(connection, session, now, &audit).await).await
    }

    async fn fall_back(&self, session: SessionId, now: Timestamp, audit: AuditEvent) -> Result<(), StoreError> {
        self.write(async |connection| fall_back(connection, session, now, &audit).await).await
    }

    async fn list(&self, user: UserId, used_after: Timestamp) -> Result<Vec<Session>, StoreError> {
        self.read(async |connection| {
            let live = sessions::table
                .filter(sessions::user_id.eq(user.as_uuid()))
                .filter(sessions::ended_at.is_null())
                .filter(sessions::last_seen_at.gt(stored(used_after)))
                .order((sessions::last_seen_at.desc(), sessions::id.desc()))
                .select(SessionRow::as_select());
            let rows: Vec<SessionRow> = live.load(connection).await?;
            rows.into_iter().map(SessionRow::decode).collect()
        })
        .await
    }

    async fn end_others(
        &self,
        user: UserId,
        kept: SessionId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<EndOthersOutcome, StoreError> {
        self.write(async |connection| end_others(connection, user, kept, now, &audit).await).await
    }

    async fn forget(&self, ended_before: Timestamp, used_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let ended = purge!("sessions", by "id", where "ended_at < $before", oldest "ended_at");
        let unused =
            purge!("sessions", by "id", where "ended_at IS NULL AND last_seen_at < $before", oldest "last_seen_at");
        let ended = self.sweep(ended, ended_before, limit).await?;
        let left = limit.saturating_sub(u32::try_from(ended).unwrap_or(u32::MAX));
        Ok(ended + self.sweep(unused, used_before, left).await?)
    }

    async fn purge_clients(&self, opened_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.sweep(FORGET_CLIENTS, opened_before, limit).await
    }

    async fn end_reused(
        &self,
        session: SessionId,
        notice: Message,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<EndOutcome, StoreError> {
        self.write(async |connection| end_reused(connection, session, &notice, now, &audit).await).await
    }

    async fn step_up(&self, complete: CompleteStepUp) -> Result<StepUpOutcome, StoreError> {
        self.write(async |connection| step_up(connection, &complete).await).await
    }
}

async fn end(
    connection: &mut PgConnection,
    session: SessionId,
    now: Timestamp,
    audit: &AuditEvent,
) -> Step<EndOutcome> {
    let outcome = end_session(connection, session, now).await?;
    if outcome == EndOutcome::Ended {
        insert_audit(connection, audit).await?;
    }
    Ok(outcome)
}

async fn fall_back(connection: &mut PgConnection, session: SessionId, now: Timestamp, audit: &AuditEvent) -> Step<()> {
    let is_unnoted = sessions::fell_back_at.is_null().or(sessions::fell_back_at.lt(sessions::last_seen_at.nullable()));
    let live = sessions::table.find(session.as_uuid()).filter(sessions::ended_at.is_null()).filter(is_unnoted);
    if update(live).set(sessions::fell_back_at.eq(stored(now))).execute(connection).await? > 0 {
        insert_audit(connection, audit).await?;
    }
    Ok(())
}

/// The account is locked first, so that of two sessions which end each other the later call finds itself ended.
async fn end_others(
    connection: &mut PgConnection,
    user: UserId,
    kept: SessionId,
    now: Timestamp,
    audit: &AuditEvent,
) -> Step<EndOthersOutcome> {
    lock_user(connection, user).await?;
    let live = sessions::table
        .find(kept.as_uuid())
        .filter(sessions::user_id.eq(user.as_uuid()))
        .filter(sessions::ended_at.is_null());
    // A logout at the same time may still end it; then nobody is left logged in, as both asked for.
    if !select(exists(live)).get_result::<bool>(connection).await? {
        return Ok(EndOthersOutcome::Conflict);
    }
    let count = end_sessions_but(connection, user, Some(kept), now).await?;
    if count > 0 {
        insert_audit(connection, audit).await?;
    }
    Ok(EndOthersOutcome::Ended { count: u64::try_from(count).unwrap_or(u64::MAX) })
}

async fn end_reused(
    connection: &mut PgConnection,
    session: SessionId,
    notice: &Message,
    now: Timestamp,
    audit: &AuditEvent,
) -> Step<EndOutcome> {
    let outcome = end_session(connection, session, now).await?;
    if outcome == EndOutcome::Ended {
        insert_notices(connection, [notice], audit).await?;
    }
    Ok(outcome)
}

/// The account is locked first, as everybody locks it before challenges and sessions.
async fn step_up(connection: &mut PgConnection, complete: &CompleteStepUp) -> Step<StepUpOutcome> {
    let user = lock_active(connection, complete.session.user).await?;
    if !close_challenge(connection, complete.challenge, complete.now).await? {
        return Ok(StepUpOutcome::Closed);
    }
    if user.is_none() || move_on(connection, complete).await? == 0 {
        return Err(Halt::conflict(StepUpOutcome::Conflict));
    }
    if !spend_code(connection, complete.spends.as_ref()).await? {
        return Err(Halt::conflict(StepUpOutcome::CodeRefused));
    }
    insert_audit(connection, &complete.audit).await?;
    Ok(StepUpOutcome::SteppedUp)
}

async fn move_on(
    connection: &mut PgConnection,
    CompleteStepUp { from, session, .. }: &CompleteStepUp,
) -> QueryResult<usize> {
    let seen = sessions::table
        .find(session.id.as_uuid())
        .filter(sessions::user_id.eq(session.user.as_uuid()))
        .filter(sessions::generation.eq(i64::from(from.0)))
        .filter(sessions::ended_at.is_null());
    let values = (
        sessions::generation.eq(i64::from(session.generation.0)),
        sessions::rotated_at.eq(stored(session.rotated_at)),
        sessions::methods.eq(session.methods.to_text()),
        sessions::auth_time.eq(stored(session.auth_time)),
        sessions::last_seen_at.eq(later(sessions::last_seen_at, stored(session.last_seen_at))),
    );
    update(seen).set(values).execute(connection).await
}
