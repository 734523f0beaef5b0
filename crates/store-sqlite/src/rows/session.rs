use diesel::{Insertable, QueryResult, Queryable, Selectable, sqlite::Sqlite};
use doorward_kernel::{Client, Timestamp};
use doorward_session::{Carrier, Generation, Methods, Scope, Session};

use crate::{
    columns::{Id, corrupt, micros},
    schema::sessions,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, check_for_backend(Sqlite), treat_none_as_default_value = false)]
pub(crate) struct SessionRow {
    id: Id,
    user_id: Id,
    carrier: String,
    generation: i64,
    rotated_at: i64,
    methods: String,
    auth_time: i64,
    created_at: i64,
    last_seen_at: i64,
    device: Option<String>,
    network: Option<String>,
    ended_at: Option<i64>,
    fell_back_at: Option<i64>,
    scope: String,
}

impl SessionRow {
    pub(crate) fn encode(session: &Session) -> Self {
        Self {
            id: session.id.into(),
            user_id: session.user.into(),
            carrier: session.carrier.as_str().to_owned(),
            generation: session.generation.0.into(),
            rotated_at: session.rotated_at.as_micros(),
            methods: session.methods.to_text(),
            auth_time: session.auth_time.as_micros(),
            created_at: session.created_at.as_micros(),
            last_seen_at: session.last_seen_at.as_micros(),
            device: session.client.device.clone(),
            network: session.client.network.clone(),
            ended_at: micros(session.ended_at),
            fell_back_at: micros(session.fell_back_at),
            scope: session.scope.as_str().to_owned(),
        }
    }

    pub(crate) fn decode(self) -> QueryResult<Session> {
        let generation = u32::try_from(self.generation).map_err(|_| corrupt("sessions.generation"))?;
        Ok(Session {
            id: self.id.into(),
            user: self.user_id.into(),
            scope: Scope::parse(&self.scope).ok_or_else(|| corrupt("sessions.scope"))?,
            carrier: Carrier::parse(&self.carrier).ok_or_else(|| corrupt("sessions.carrier"))?,
            generation: Generation(generation),
            rotated_at: Timestamp::from_micros(self.rotated_at),
            methods: Methods::parse(&self.methods),
            auth_time: Timestamp::from_micros(self.auth_time),
            created_at: Timestamp::from_micros(self.created_at),
            last_seen_at: Timestamp::from_micros(self.last_seen_at),
            fell_back_at: self.fell_back_at.map(Timestamp::from_micros),
            client: Client { device: self.device, network: self.network },
            ended_at: self.ended_at.map(Timestamp::from_micros),
        })
    }
}
