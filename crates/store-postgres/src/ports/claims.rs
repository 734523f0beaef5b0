use async_trait::async_trait;
use diesel::{OptionalExtension, QueryDsl, QueryResult, data_types::PgTimestamp};
use diesel_async::RunQueryDsl;
use doorward_app::claims::{Claims, DropClaims, VoidClaims};
use doorward_kernel::{PhoneNumber, StoreError};

use crate::{
    PgStore,
    columns::{corrupt, instant},
    connection::PgConnection,
    schema::void_claims,
    steps::{
        phone_ownership::{drop_claim, purge_void},
        users::{find_by_phone, lock_users},
    },
    store::Step,
};

#[async_trait]
impl Claims for PgStore {
    async fn find_void(&self) -> Result<Option<VoidClaims>, StoreError> {
        self.read(async |connection| find(connection).await).await
    }

    async fn drop_void(&self, drop: DropClaims) -> Result<u64, StoreError> {
        self.write(async |connection| drop_all(connection, &drop).await).await
    }
}

async fn find(connection: &mut PgConnection) -> QueryResult<Option<VoidClaims>> {
    let noted = void_claims::table.select((void_claims::phone, void_claims::made_until)).order(void_claims::phone);
    let noted: Option<(String, PgTimestamp)> = noted.first(connection).await.optional()?;
    let Some((number, made_until)) = noted else { return Ok(None) };
    let number = PhoneNumber::from_stored(number).ok_or_else(|| corrupt("void_claims.phone"))?;
    let made_until = instant(made_until);
    let mut claimants = find_by_phone(connection, &number).await?.claimants;
    claimants.retain(|claimant| claimant.created_at <= made_until);
    Ok(Some(VoidClaims { number, made_until, claimants }))
}

async fn drop_all(connection: &mut PgConnection, drop: &DropClaims) -> Step<u64> {
    let mut ids = drop.drops.iter().map(|drop| drop.user);
    if let Some(first) = ids.next() {
        lock_users(connection, first, ids).await?;
    }
    let mut dropped = 0;
    for claim in &drop.drops {
        dropped += u64::from(drop_claim(connection, claim, &drop.number, drop.now).await?);
    }
    purge_void(connection, &drop.number, drop.made_until).await?;
    Ok(dropped)
}
