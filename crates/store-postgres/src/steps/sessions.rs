use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult,
    sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::sessions::{NewDevice, Room};
use doorward_kernel::{SessionId, Timestamp, UserId};
use doorward_session::{Methods, Session};
use doorward_user::{LoginRecord, User};

use super::{audit, messages};
use crate::{
    connection::PgConnection,
    rows::stored,
    schema::sessions,
    sql::{Sql, Statement},
};

const INSERT: &str = "INSERT INTO sessions (id, user_id, carrier, generation, rotated_at, methods, auth_time, \
    created_at, last_seen_at, device, network, ended_at, fell_back_at, scope) \
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14";

/// Writes a session.
pub(crate) fn insert(session: &Session) -> Sql<'_> {
    Sql::new(INSERT)
        .bind::<Uuid, _>(session.id.as_uuid())
        .bind::<Uuid, _>(session.user.as_uuid())
        .bind::<Text, _>(session.carrier.as_str())
        .bind::<BigInt, _>(i64::from(session.generation.0))
        .bind::<Timestamptz, _>(stored(session.rotated_at))
        .bind::<Text, _>(session.methods.to_text())
        .bind::<Timestamptz, _>(stored(session.auth_time))
        .bind::<Timestamptz, _>(stored(session.created_at))
        .bind::<Timestamptz, _>(stored(session.last_seen_at))
        .bind::<Nullable<Text>, _>(session.client.device.as_deref())
        .bind::<Nullable<Text>, _>(session.client.network.as_deref())
        .bind::<Nullable<Timestamptz>, _>(session.ended_at.map(stored))
        .bind::<Nullable<Timestamptz>, _>(session.fell_back_at.map(stored))
        .bind::<Text, _>(session.scope.as_str())
}

/// Sessions as columns, for the statement that opens many.
pub(crate) struct SessionColumns<'s>(Vec<&'s Session>);

impl<'s> FromIterator<&'s Session> for SessionColumns<'s> {
    fn from_iter<I: IntoIterator<Item = &'s Session>>(sessions: I) -> Self {
        Self(sessions.into_iter().collect())
    }
}

impl<'s> SessionColumns<'s> {
    /// Binds the columns in the order of [`insert`]: the next 14 values.
    pub(crate) fn bind(self, sql: Sql<'s>) -> Sql<'s> {
        sql.bind::<Array<Uuid>, _>(self.all(|session| session.id.as_uuid()))
            .bind::<Array<Uuid>, _>(self.all(|session| session.user.as_uuid()))
            .bind::<Array<Text>, _>(self.all(|session| session.carrier.as_str()))
            .bind::<Array<BigInt>, _>(self.all(|session| i64::from(session.generation.0)))
            .bind::<Array<Timestamptz>, _>(self.all(|session| stored(session.rotated_at)))
            .bind::<Array<Text>, _>(self.all(|session| session.methods.to_text()))
            .bind::<Array<Timestamptz>, _>(self.all(|session| stored(session.auth_time)))
            .bind::<Array<Timestamptz>, _>(self.all(|session| stored(session.created_at)))
            .bind::<Array<Timestamptz>, _>(self.all(|session| stored(session.last_seen_at)))
            .bind::<Array<Nullable<Text>>, _>(self.all(|session| session.client.device.as_deref()))
            .bind::<Array<Nullable<Text>>, _>(self.all(|session| session.client.network.as_deref()))
            .bind::<Array<Nullable<Timestamptz>>, _>(self.all(|session| session.ended_at.map(stored)))
            .bind::<Array<Nullable<Timestamptz>>, _>(self.all(|session| session.fell_back_at.map(stored)))
            .bind::<Array<Text>, _>(self.all(|session| session.scope.as_str()))
    }

    fn all<T>(&self, value: impl Fn(&'s Session) -> T) -> Vec<T> {
        self.0.iter().map(|session| value(session)).collect()
    }
}

/// Ends the least recently used sessions of the account that are too many beside the new one; those that may only
/// bind are left alone, as whoever logs in often enough could end the owner's way back.
///
/// The account must be locked by a statement before this one, or logins at the same time would
/// not see each other's sessions.
pub(crate) fn make_room<'a>(session: &'a Session, room: &'a Room, now: Timestamp) -> Statement<'a> {
    let end = Sql::new(
        "UPDATE sessions SET ended_at = $6 WHERE ended_at IS NULL AND id IN ( \
             SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND id <> $2 AND scope = 'full' \
             AND last_seen_at > $3 AND created_at > $4 ORDER BY last_seen_at DESC, id DESC OFFSET $5) RETURNING id",
    )
    .bind::<Uuid, _>(session.user.as_uuid())
    .bind::<Uuid, _>(session.id.as_uuid())
    .bind::<Timestamptz, _>(stored(room.used_after))
    .bind::<Timestamptz, _>(stored(room.opened_after))
    .bind::<BigInt, _>(i64::from(room.most) - 1)
    .bind::<Timestamptz, _>(stored(now));
    Statement::with("displaced", end)
        .with("told", Sql::new("SELECT 1 FROM displaced LIMIT 1"))
        .and([messages::insert(&room.notice).guarded_by("told")])
        .then(audit::insert(&room.audit).guarded_by("told"))
}

/// Tells the owner of a device, unless that was told of another one since then; gives the account as it is now.
///
/// The account must be locked.
pub(crate) async fn tell_of_device(
    connection: &mut PgConnection,
    user: User,
    device: Option<&NewDevice>,
    now: Timestamp,
) -> QueryResult<User> {
    let told_at = user.logins.new_device_told_at;
    let Some(device) = device.filter(|device| told_at.is_none_or(|told_at| told_at <= device.told_until)) else {
        return Ok(user);
    };
    let told = Sql::new("UPDATE users SET new_device_told_at = $2 WHERE id = $1")
        .bind::<Uuid, _>(user.id.as_uuid())
        .bind::<Timestamptz, _>(stored(now));
    Statement::with("told", told).then(messages::insert(&device.notice)).execute(connection).await?;
    let logins = LoginRecord { new_device_told_at: Some(now), ..user.logins };
    Ok(User { logins, ..user })
}

/// Whether the session, where one is named, has ended or never was.
///
/// Asked once the account is locked, and the session is held from then on: whoever ends all sessions of an
/// account locks that first, and whoever ends this one waits.
pub(crate) async fn has_ended(connection: &mut PgConnection, session: Option<SessionId>) -> QueryResult<bool> {
    Ok(methods_of(connection, session).await?.is_none())
}

/// How the owner of the session was verified, held like that; `None` when it has ended, nothing where none is named.
pub(crate) async fn methods_of(
    connection: &mut PgConnection,
    session: Option<SessionId>,
) -> QueryResult<Option<Methods>> {
    let Some(session) = session else { return Ok(Some(Methods::default())) };
    let live = sessions::table.find(session.as_uuid()).filter(sessions::ended_at.is_null());
    let methods: Option<String> = live.select(sessions::methods).for_share().first(connection).await.optional()?;
    Ok(methods.map(|methods| Methods::parse(&methods)))
}

/// Ends the session if nobody has; its row tells.
pub(crate) fn end<'a>(session: SessionId, now: Timestamp) -> Sql<'a> {
    Sql::new("UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL RETURNING id")
        .bind::<Uuid, _>(session.as_uuid())
        .bind::<Timestamptz, _>(stored(now))
}

/// Ends the sessions of the account, but for the one that goes on.
pub(crate) fn end_all<'a>(user: UserId, kept: Option<SessionId>, now: Timestamp) -> Sql<'a> {
    Sql::new("UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $3")
        .bind::<Uuid, _>(user.as_uuid())
        .bind::<Timestamptz, _>(stored(now))
        .bind::<Nullable<Uuid>, _>(kept.map(SessionId::as_uuid))
}

/// Ends the sessions of the account but the one that goes on, and those that may only bind: they are the way back
/// of an owner whose number somebody else has.
pub(crate) fn end_others<'a>(user: UserId, kept: Option<SessionId>, now: Timestamp) -> Sql<'a> {
    Sql::new(
        "UPDATE sessions SET ended_at = $2 \
         WHERE user_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $3 AND scope = 'full'",
    )
    .bind::<Uuid, _>(user.as_uuid())
    .bind::<Timestamptz, _>(stored(now))
    .bind::<Nullable<Uuid>, _>(kept.map(SessionId::as_uuid))
}

/// Forgets the sessions of the account that may only bind, ended or not: their notices undo nothing from now on.
pub(crate) fn forget_binding<'a>(user: UserId) -> Sql<'a> {
    Sql::new("DELETE FROM sessions WHERE user_id = $1 AND scope = 'binding'").bind::<Uuid, _>(user.as_uuid())
}
