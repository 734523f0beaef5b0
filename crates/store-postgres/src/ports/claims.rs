use async_trait::async_trait;
use diesel::{OptionalExtension, QueryDsl, QueryResult, data_types::PgTimestamp, result::Error};
use diesel_async::RunQueryDsl;
use doorward_app::claims::{Claims, DropClaims, VoidClaims};
use doorward_kernel::{PhoneNumber, StoreError, UserId};

use crate::{
    PgStore,
    connection::PgConnection,
    rows::{Undecodable, instant},
    schema::void_claims,
    sql::Statement,
    steps::{
        numbers::{Holders, forget_void, take_away, tell},
        users,
    },
    store::Abort,
};

#[async_trait]
impl Claims for PgStore {
    async fn find_void(&self) -> Result<Option<VoidClaims>, StoreError> {
        self.repeatable(&(), |connection, ()| Box::pin(find(connection))).await
    }

    async fn drop_void(&self, drop: DropClaims) -> Result<u64, StoreError> {
        self.transaction(&drop, |connection, drop| Box::pin(drop_all(connection, drop))).await
    }
}

async fn find(connection: &mut PgConnection) -> QueryResult<Option<VoidClaims>> {
    let noted = void_claims::table.select((void_claims::phone, void_claims::made_until)).order(void_claims::phone);
    let noted: Option<(String, PgTimestamp)> = noted.first(connection).await.optional()?;
    let Some((number, made_until)) = noted else { return Ok(None) };
    let unreadable = || Error::DeserializationError(Box::new(Undecodable("phone")));
    let number = PhoneNumber::from_stored(number).ok_or_else(unreadable)?;
    let made_until = instant(made_until);
    let mut claimants = users::holders(connection, &number).await?.claimants;
    claimants.retain(|claimant| claimant.created_at <= made_until);
    Ok(Some(VoidClaims { number, made_until, claimants }))
}

async fn drop_all(connection: &mut PgConnection, drop: &DropClaims) -> Result<u64, Abort<u64>> {
    let mut ids = drop.drops.iter().map(|drop| drop.user);
    let mut told = Vec::new();
    if let Some(first) = ids.next() {
        users::lock(connection, first, ids).await?;
        let all = drop.drops.iter().map(|drop| UserId::as_uuid(drop.user)).collect();
        let dropped = take_away(connection, all, &drop.number, Holders::Claimants, drop.now).await?;
        told = drop.drops.iter().filter(|drop| dropped.contains(&drop.user.as_uuid())).collect();
    }
    let parts = told.iter().flat_map(|drop| tell(drop));
    let parts = parts.chain([forget_void(&drop.number, drop.made_until)]).collect();
    if let Some(statement) = Statement::all(parts) {
        statement.execute(connection).await?;
    }
    Ok(u64::try_from(told.len()).unwrap_or(u64::MAX))
}
