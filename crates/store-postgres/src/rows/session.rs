use diesel::{
    data_types::PgTimestamp,
    prelude::{Queryable, Selectable},
};
use doorward_kernel::{Client, SessionId, UserId};
use doorward_session::{Carrier, Generation, Methods, Scope, Session};
use uuid::Uuid;

use super::stored::{Undecodable, instant};
use crate::schema::sessions;

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
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

impl TryFrom<SessionRow> for Session {
    type Error = Undecodable;

    fn try_from(row: SessionRow) -> Result<Self, Undecodable> {
        Ok(Self {
            id: SessionId::from_uuid(row.id),
            user: UserId::from_uuid(row.user_id),
            scope: Scope::parse(&row.scope).ok_or(Undecodable("scope"))?,
            carrier: Carrier::parse(&row.carrier).ok_or(Undecodable("carrier"))?,
            generation: Generation(u32::try_from(row.generation).map_err(|_| Undecodable("generation"))?),
            rotated_at: instant(row.rotated_at),
            methods: Methods::parse(&row.methods),
            auth_time: instant(row.auth_time),
            created_at: instant(row.created_at),
            last_seen_at: instant(row.last_seen_at),
            fell_back_at: row.fell_back_at.map(instant),
            client: Client { device: row.device, network: row.network },
            ended_at: row.ended_at.map(instant),
        })
    }
}
