//! Logins by password, more than the service can check, and what the time they take gives away.

use std::time::Instant;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{sync::oneshot, task::JoinSet};

use crate::{
    client::{Client, PASSWORD, http},
    doorward::{Doorward, Engine, World},
};

const LOGINS: usize = 500;
/// Half a gigabyte: a hash takes 19 MiB, so 500 at once would take nine.
const MOST_MEMORY_KIB: u64 = 512 * 1024;

fn login(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

/// Asks whether the process lives until told to stop, and tells how often.
async fn watch(ops: String, mut stop: oneshot::Receiver<()>) -> usize {
    let http = http();
    let mut asked = 0;
    while stop.try_recv().is_err() {
        assert_eq!(http.get(format!("{ops}/livez")).send().await.unwrap().status(), StatusCode::OK);
        asked += 1;
    }
    asked
}

/// The most memory the process ever held, where the system tells.
fn most_memory_kib(doorward: &Doorward) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", doorward.pid())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_logins_is_checked_or_refused_and_takes_no_more_memory() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    for (email, phone) in [("ada@example.com", "+14155552671"), ("grace@example.com", "+14155552672")] {
        client.member(&world, email, phone).await;
    }
    let (stop, stopped) = oneshot::channel();
    let watched = tokio::spawn(watch(doorward.ops().to_owned(), stopped));

    let mut logins = JoinSet::new();
    for i in 0..LOGINS {
        let client = client.clone();
        let email = if i % 2 == 0 { "ada@example.com" } else { "nobody@example.com" };
        logins.spawn(async move { client.post("/login", &login(email, "not the password")).await });
    }
    let answers = logins.join_all().await;

    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::SERVICE_UNAVAILABLE).collect();
    let checked = answers.iter().filter(|answer| answer.status == StatusCode::UNAUTHORIZED).count();
    assert_eq!(refused.len() + checked, LOGINS, "nothing but 401 and 503");
    assert!(checked > 0 && !refused.is_empty(), "{checked} checked, {} refused", refused.len());
    assert!(refused.iter().all(|answer| answer.body["retry_after"] == json!(2)));
    stop.send(()).unwrap();
    assert!(watched.await.unwrap() > 0);
    assert!(most_memory_kib(&doorward).is_none_or(|most| most < MOST_MEMORY_KIB));
    // Where many were checked, the password that was tried is disabled by now.
    let next = client.post("/login", &login("grace@example.com", PASSWORD)).await;
    assert_eq!(next.status, StatusCode::ACCEPTED, "{next:?}");
}

/// Every login by password makes one hash, whoever it is for: without it an answer would come
/// twenty times as fast. The bound is generous, as these machines are noisy.
#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_a_login_does_not_tell_who_has_an_account() {
    const ROUNDS: usize = 40;
    let world = World::new(Engine::Postgres).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    for (email, phone) in [("known@example.com", "+14155552671"), ("closed@example.com", "+14155552672")] {
        client.member(&world, email, phone).await;
    }
    world.execute("UPDATE users SET status = 'disabled' WHERE email = 'closed@example.com'");
    let people = ["known@example.com", "unknown@example.com", "closed@example.com"];
    let mut times = people.map(|_| Vec::new());

    for _ in 0..ROUNDS {
        for (email, times) in people.iter().zip(&mut times) {
            let asked = Instant::now();
            let denied = client.post("/login", &login(email, "not the password")).await;
            times.push(asked.elapsed());
            assert_eq!(denied.status, StatusCode::UNAUTHORIZED);
        }
    }

    let medians = times.map(|mut times| {
        times.sort_unstable();
        times[ROUNDS / 2]
    });
    let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
    assert!(*most < *least * 2, "{medians:?}");
}
