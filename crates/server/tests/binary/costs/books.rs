//! The cost of calls in the database, by the server's own books.

use reqwest::StatusCode;

use crate::{
    client::{Client, text},
    doorward::{Engine, World},
};

const CALLS: i64 = 200;
const PHONE: &str = "+14155552671";

/// The server's counters, complete once nobody is connected any more.
#[derive(Clone, Copy, Debug)]
struct Books {
    transactions: i64,
    whole_tables: i64,
    session_keys: i64,
    user_keys: i64,
    writes: i64,
}

fn books(world: &World) -> Books {
    let database = world.postgres();
    database.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    let rows = database.select(
        "SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()), \
         (SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE relname IN ('sessions', 'users')), \
         (SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'sessions_pkey'), \
         (SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'users_pkey'), \
         (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables)",
    );
    let numbers: Vec<i64> = rows[0].iter().map(|number| number.parse().unwrap()).collect();
    let [transactions, whole_tables, session_keys, user_keys, writes] = numbers[..] else { panic!("{rows:?}") };
    Books { transactions, whole_tables, session_keys, user_keys, writes }
}

/// Returns what a run of the process adds to the books when it answers that many calls.
async fn life(world: &World, access: &str, calls: i64) -> Books {
    let before = books(world);
    let mut doorward = world.serve().await;
    let client = Client::of(&doorward);
    for _ in 0..calls {
        assert_eq!(client.get_as(access, "/me").await.status, StatusCode::OK);
    }
    assert!(doorward.terminate());
    let after = books(world);
    Books {
        transactions: after.transactions - before.transactions,
        whole_tables: after.whole_tables - before.whole_tables,
        session_keys: after.session_keys - before.session_keys,
        user_keys: after.user_keys - before.user_keys,
        writes: after.writes - before.writes,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_with_an_access_token_costs_one_query_by_key_and_writes_nothing() {
    let mut world = World::new(Engine::Postgres).await.with("delivery.poll", "60s");
    // A bucket that is full again is tidied up when its time comes, in whichever life that is.
    for bucket in ["sms_budget", "sms_prefix", "sms_country", "email_budget"] {
        world = world.with(&format!("limits.{bucket}"), "off");
    }
    let mut doorward = world.serve().await;
    let client = Client::of(&doorward);
    let access = text(&client.member(&world, "ada@example.com", PHONE).await, "access_token");
    world.mail.wait_for_mail(|mail| mail.subject.contains("number")).await;
    assert!(doorward.terminate());

    // The first life tidies up after the one that made the account.
    life(&world, &access, 0).await;
    let idle = life(&world, &access, 0).await;
    let busy = life(&world, &access, CALLS).await;

    assert_eq!(busy.session_keys - idle.session_keys, CALLS, "{idle:?} {busy:?}");
    assert_eq!(busy.user_keys - idle.user_keys, CALLS, "{idle:?} {busy:?}");
    assert_eq!(busy.writes - idle.writes, 0, "{idle:?} {busy:?}");
    // What the process does by itself is in the books, too; it is far from a whole table or a second query a call.
    assert!(busy.whole_tables - idle.whole_tables < CALLS / 2, "{idle:?} {busy:?}");
    assert!(busy.transactions - idle.transactions < CALLS * 3 / 2, "{idle:?} {busy:?}");
}

/// The transactions of a life of the process in which somebody logs in so many times on a device, by the SMS after
/// those that were sent before.
async fn logins(world: &World, count: u8, sent: u8, device: Option<&str>) -> i64 {
    let before = books(world).transactions;
    let mut doorward = world.serve().await;
    let client = Client::of(&doorward);
    for n in 1..=count {
        client.again_on(world, PHONE, usize::from(sent + n), device).await;
    }
    assert!(doorward.terminate());
    books(world).transactions - before
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_login_costs_no_more_transactions_than_it_needs() {
    const LOGINS: u8 = 15;
    let mut world = World::new(Engine::Postgres).await.limited().with("delivery.poll", "60s");
    for limit in ["ip_credentials", "ip_sends", "sms", "sms_rate"] {
        world = world.with(&format!("limits.{limit}"), "1000/1s");
    }
    let mut doorward = world.serve().await;
    let tokens = Client::of(&doorward).member(&world, "ada@example.com", PHONE).await;
    assert!(doorward.terminate());
    let device = text(&tokens, "device_token");

    let idle = logins(&world, 0, 1, None).await;
    let busy = logins(&world, LOGINS, 1, Some(&device)).await;
    // Its owner is told of the first one.
    let elsewhere = logins(&world, LOGINS, 1 + LOGINS, None).await;

    // Every statement is one but for the two that open the session; what a worker looks for in vain is in there.
    // A new device costs none: its notice is written with the session, and nobody looks for whose device it is.
    for lives in [busy, elsewhere] {
        let each = (lives - idle) / i64::from(LOGINS);
        assert!((8..=21).contains(&each), "{each} transactions a login, {idle} without any");
    }
}
