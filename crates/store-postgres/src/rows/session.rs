use diesel::{Insertable, QueryResult, Queryable, Selectable, data_types::PgTimestamp, pg::Pg};
use doorward_kernel::{Client, SessionId, UserId};
use doorward_session::{Carrier, Generation, Methods, Scope, Session};
use uuid::Uuid;

use crate::{
    columns::{corrupt, instant, stored},
    schema::sessions,
    sql::batched,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, check_for_backend(Pg), treat_none_as_default_value = false)]
pub(crate) struct SessionRow {
    id: Uuid,
    user_id: Uuid,
    carrier: String,
    generation: i64,
    rotated_at: PgTimestamp,
    methods: String,
    auth_time: PgTimestamp,
    created_at: PgTimestamp,
    last_seen_at: PgTimestamp,
    device: Option<String>,
    network: Option<String>,
    ended_at: Option<PgTimestamp>,
    fell_back_at: Option<PgTimestamp>,
    scope: String,
}

batched!(SessionRow:
    id, user_id, carrier, generation, rotated_at, methods, auth_time, created_at, last_seen_at, device, network,
    ended_at, fell_back_at, scope);

impl SessionRow {
    pub(crate) fn encode(session: &Session) -> Self {
        Self {
            id: session.id.as_uuid(),
            user_id: session.user.as_uuid(),
            carrier: session.carrier.as_str().to_owned(),
            generation: session.generation.0.into(),
            rotated_at: stored(session.rotated_at),
            methods: session.methods.to_text(),
            auth_time: stored(session.auth_time),
            created_at: stored(session.created_at),
            last_seen_at: stored(session.last_seen_at),
            device: session.client.device.clone(),
            network: session.client.network.clone(),
            ended_at: session.ended_at.map(stored),
            fell_back_at: session.fell_back_at.map(stored),
            scope: session.scope.as_str().to_owned(),
        }
    }

    pub(crate) fn decode(self) -> QueryResult<Session> {
        let generation = u32::try_from(self.generation).map_err(|_| corrupt("sessions.generation"))?;
        Ok(Session {
            id: SessionId::from_uuid(self.id),
            user: UserId::from_uuid(self.user_id),
            scope: Scope::parse(&self.scope).ok_or_else(|| corrupt("sessions.scope"))?,
            carrier: Carrier::parse(&self.carrier).ok_or_else(|| corrupt("sessions.carrier"))?,
            generation: Generation(generation),
            rotated_at: instant(self.rotated_at),
            methods: Methods::parse(&self.methods),
            auth_time: instant(self.auth_time),
            created_at: instant(self.created_at),
            last_seen_at: instant(self.last_seen_at),
            fell_back_at: self.fell_back_at.map(instant),
            client: Client { device: self.device, network: self.network },
            ended_at: self.ended_at.map(instant),
        })
    }
}
