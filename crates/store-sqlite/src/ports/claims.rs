use async_trait::async_trait;
use diesel::{OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection};
use doorward_app::claims::{Claims, DropClaims, VoidClaims};
use doorward_kernel::{PhoneNumber, StoreError, Timestamp};

use crate::{
    SqliteStore,
    columns::corrupt,
    schema::void_claims,
    steps::{
        phone_ownership::{drop_claim, purge_void},
        users::find_by_phone,
    },
};

#[async_trait]
impl Claims for SqliteStore {
    async fn find_void(&self) -> Result<Option<VoidClaims>, StoreError> {
        self.read(find)
    }

    async fn drop_void(&self, drop: DropClaims) -> Result<u64, StoreError> {
        self.write(move |connection| Ok(drop_all(connection, &drop)?)).await
    }
}

fn find(connection: &mut SqliteConnection) -> QueryResult<Option<VoidClaims>> {
    let noted = void_claims::table.select((void_claims::phone, void_claims::made_until)).order(void_claims::phone);
    let noted: Option<(String, i64)> = noted.first(connection).optional()?;
    let Some((number, made_until)) = noted else { return Ok(None) };
    let number = PhoneNumber::from_stored(number).ok_or_else(|| corrupt("void_claims.phone"))?;
    let made_until = Timestamp::from_micros(made_until);
    let mut claimants = find_by_phone(connection, &number)?.claimants;
    claimants.retain(|claimant| claimant.created_at <= made_until);
    Ok(Some(VoidClaims { number, made_until, claimants }))
}

fn drop_all(connection: &mut SqliteConnection, drop: &DropClaims) -> QueryResult<u64> {
    let mut dropped = 0;
    for claim in &drop.drops {
        dropped += u64::from(drop_claim(connection, claim, &drop.number, drop.now)?);
    }
    purge_void(connection, &drop.number, drop.made_until)?;
    Ok(dropped)
}
