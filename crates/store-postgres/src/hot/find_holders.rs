use std::collections::{BTreeSet, HashMap};

use diesel::{QueryResult, prelude::QueryableByName, sql_types::Text};
use diesel_async::RunQueryDsl;
use doorward_kernel::PhoneNumber;
use doorward_user::PhoneHolders;

use crate::{
    connection::PgConnection,
    rows::UserRow,
    sql::Sql,
    steps::users::{MOST_HOLDERS, find_by_phone, holders},
};

#[derive(QueryableByName)]
struct HolderRow {
    #[diesel(sql_type = Text)]
    number: String,
    #[diesel(embed)]
    user: UserRow,
}

/// The owner and the claimants of each number; one alone by a statement of its own, as with sessions.
pub(super) async fn find_holders(
    connection: &mut PgConnection,
    numbers: &[PhoneNumber],
) -> QueryResult<Vec<PhoneHolders>> {
    if let [number] = numbers {
        return Ok(vec![find_by_phone(connection, number).await?]);
    }
    let asked: BTreeSet<_> = numbers.iter().map(PhoneNumber::as_str).collect();
    let statement = Sql::new(include_str!("find_holders.sql"))
        .bind("numbers", asked.into_iter().collect::<Vec<_>>())
        .bind("most", MOST_HOLDERS);
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in statement.load::<HolderRow>(connection).await? {
        found.entry(row.number).or_default().push(row.user);
    }
    let found = found.into_iter().map(|(number, rows)| Ok((number, holders(rows)?)));
    let found: HashMap<_, _> = found.collect::<QueryResult<_>>()?;
    Ok(numbers.iter().map(|number| found.get(number.as_str()).cloned().unwrap_or_default()).collect())
}
