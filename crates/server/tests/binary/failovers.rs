//! A primary that is lost under load, and its synchronous standby that takes its place.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    task::{JoinSet, block_in_place},
    time::{sleep, timeout},
};

use crate::{
    client::{Client, PASSWORD, text},
    doorward::{Engine, World},
    keys::until,
    outages::{is_unavailable, logs_in_until},
    postgres_servers::PostgresServer,
};

/// People who log in again and again, and as many who make new accounts.
const PEOPLE: usize = 8;
/// No call takes that long, and no wait for one either.
const PATIENCE: Duration = Duration::from_mins(1);

/// The code in the mail to the address, unless told to stop before.
async fn next_mail(world: &World, email: &str, stop: &AtomicBool) -> Option<String> {
    while !stop.load(Ordering::Relaxed) {
        let mails = world.mail.mails();
        if let Some(mail) = mails.iter().find(|mail| mail.to.iter().any(|to| to == email)) {
            return mail.code();
        }
        sleep(Duration::from_millis(20)).await;
    }
    None
}

/// Makes accounts until told to stop; gives the addresses of those that were answered with 201.
async fn registers_until(world: &World, client: &Client, who: usize, stop: &AtomicBool) -> Vec<String> {
    let mut registered = Vec::new();
    for n in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let email = format!("applicant{who}-{n}@example.com");
        let body = json!({
            "first_name": "Ada", "email": email, "phone_number": format!("+1415556{who}{n:03}"), "password": PASSWORD,
        });
        let started = client.post("/register", &body).await;
        if started.status != StatusCode::ACCEPTED {
            assert!(is_unavailable(&started), "{started:?}");
            continue;
        }
        let Some(code) = next_mail(world, &email, stop).await else { break };
        let verified = client.verify_email(&text(&started.body, "flow_token"), &code).await;
        match verified.status {
            StatusCode::CREATED => registered.push(email),
            _ => assert!(is_unavailable(&verified), "{verified:?}"),
        }
    }
    registered
}

struct Acknowledged {
    accounts: Vec<String>,
    sessions: Vec<Value>,
}

/// Registers and logs in until told to stop.
async fn storm(world: Arc<World>, client: Client, phones: Vec<String>, stop: Arc<AtomicBool>) -> Acknowledged {
    let (mut applicants, mut people) = (JoinSet::new(), JoinSet::new());
    for (who, phone) in phones.into_iter().enumerate() {
        let (of_world, of_client, of_stop) = (world.clone(), client.clone(), stop.clone());
        applicants.spawn(async move { registers_until(&of_world, &of_client, who, &of_stop).await });
        let (world, client, stop) = (world.clone(), client.clone(), stop.clone());
        people.spawn(async move { logs_in_until(&world, &client, &phone, &stop).await });
    }
    Acknowledged { accounts: applicants.join_all().await.concat(), sessions: people.join_all().await.concat() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_the_primary_was_lost_is_there_after_its_standby_took_its_place() {
    let Some(mut primary) = PostgresServer::start().await else { return };
    let standby = primary.synchronous_standby().await;
    let hosts = format!("127.0.0.1:{},127.0.0.1:{}", primary.port, standby.port);
    let url = format!("postgres://postgres@{hosts}/postgres?target_session_attrs=read-write");
    let world = World::new(Engine::Sqlite).await.with("database.url", &url).with_short_leases();
    let world = world.with("limits.sms_budget", "off").with("limits.sms_country", "off");
    let world = Arc::new(world.with("limits.email_budget", "off").with("session.max_per_user", "10000"));
    let node = world.serve().await;
    let client = Client::of(&node);
    let phones: Vec<_> = (0..PEOPLE).map(|n| format!("+141555526{n:02}")).collect();
    for (n, phone) in phones.iter().enumerate() {
        client.member(&world, &format!("person{n}@example.com"), phone).await;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let storm = tokio::spawn(storm(world.clone(), client.clone(), phones, stop.clone()));

    sleep(Duration::from_secs(3)).await;
    primary.kill();
    let readyz = format!("{}/readyz", node.ops());
    until("not ready", async || client.get(&readyz).await == StatusCode::SERVICE_UNAVAILABLE).await;
    let start = json!({ "email": "person0@example.com" });
    let meanwhile = client.post("/login", &start).await;
    block_in_place(|| standby.promote());
    let promoted = Instant::now();
    until("answered again", async || client.post("/login", &start).await.status == StatusCode::ACCEPTED).await;
    eprintln!("answered {:?} after the promotion", promoted.elapsed());
    until("ready again", async || client.get(&readyz).await == StatusCode::OK).await;
    sleep(Duration::from_secs(2)).await;
    stop.store(true, Ordering::Relaxed);
    let acknowledged = timeout(PATIENCE, storm).await.unwrap().unwrap();

    assert!(is_unavailable(&meanwhile), "{meanwhile:?}");
    let Acknowledged { accounts, sessions } = acknowledged;
    assert!(accounts.len() > PEOPLE && sessions.len() > PEOPLE, "{} {}", accounts.len(), sessions.len());
    let kept = standby.select("SELECT email FROM users").await;
    let lost: Vec<_> = accounts.iter().filter(|email| !kept.contains(email)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    for tokens in &sessions {
        let me = client.get_as(&text(tokens, "access_token"), "/me").await;
        assert_eq!(me.status, StatusCode::OK, "{me:?}");
    }
}
