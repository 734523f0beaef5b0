//! Two nodes that are killed again and again while they send: no code is lost, and none that was recorded as sent is
//! sent again.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use reqwest::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    client::{Client, http},
    doorward::{Doorward, Engine, World, variable},
    keys::until,
    storms::rounds,
};

/// Callers who ask at the same time.
const CALLERS: usize = 16;

/// A node, under a name that the provider sees in all that it sends; a new one for each life.
struct Node {
    life: String,
    process: Doorward,
}

impl Node {
    async fn start(world: &World, life: usize) -> Self {
        let life = format!("life-{life}");
        let mut command = world.serving();
        command.env(variable("twilio.base_url"), format!("{}/{life}", world.sms.base_url()));
        Self { life, process: Doorward::start(command).await }
    }
}

fn phone(n: usize) -> String {
    format!("+1212555{:04}", 1000 + n)
}

/// So many people with a verified number: one who registers, and copies of that account.
async fn people(world: &World, count: usize) {
    let node = world.serve().await;
    Client::of(&node).member(world, "ada@example.com", "+14155552671").await;
    let phones: Vec<_> = (0..count).map(|n| format!("({n}, '{}')", phone(n))).collect();
    world.execute(&format!(
        "INSERT INTO users SELECT (json_populate_record(users, json_build_object( \
            'id', gen_random_uuid(), 'email', n || email, 'email_key', n || email_key, 'phone', number))).* \
         FROM users, (VALUES {}) AS numbers (n, number)",
        phones.join(", ")
    ));
}

/// Asks for codes until so many were promised, each for a number of its own: a call without an answer may have been heard.
async fn ask(urls: Arc<Mutex<[String; 2]>>, codes: usize) {
    let (asked, promised) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (urls, asked, promised, http) = (urls.clone(), asked.clone(), promised.clone(), http());
        callers.spawn(async move {
            while promised.load(Ordering::Relaxed) < codes {
                let n = asked.fetch_add(1, Ordering::Relaxed);
                let url = urls.lock().unwrap()[n % 2].clone();
                let body = json!({ "phone_number": phone(n), "carrier": "token" });
                let Ok(answer) = http.post(format!("{url}/login")).json(&body).send().await else { continue };
                assert_eq!(answer.status(), StatusCode::ACCEPTED);
                promised.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    callers.join_all().await;
}

/// The numbers whose codes are not recorded as sent.
fn unrecorded(world: &World) -> HashSet<String> {
    world
        .postgres()
        .select("SELECT recipient FROM outbox WHERE next_try_at IS NOT NULL")
        .into_iter()
        .flatten()
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_killed_loses_no_code_and_leaves_only_what_it_had_not_recorded_to_be_sent_twice() {
    let codes = rounds(100);
    let kills = 4 + codes / 50;
    let world = World::new(Engine::Postgres).await.with_short_leases();
    let world = world.with("limits.sms_budget", "off").with("limits.sms_country", "off");
    // Each caller may be left without an answer at each kill.
    people(&world, codes + CALLERS * (kills + 1)).await;
    let mut nodes = [Node::start(&world, 0).await, Node::start(&world, 1).await];
    let urls = Arc::new(Mutex::new([0, 1].map(|place: usize| nodes[place].process.url().to_owned())));
    let asking = tokio::spawn(ask(urls.clone(), codes));

    let (before, mut left_unrecorded) = (world.sms.requests().len(), HashMap::new());
    for kill in 0..kills {
        // In the middle of what is sent, a little earlier or later each time.
        let scattered = kill.wrapping_mul(2_654_435_761) >> 4;
        world.sms.wait_for_requests(before + codes * (kill + 1) / (kills + 1) - scattered % 5).await;
        let place = scattered / 5 % 2;
        {
            let mut urls = urls.lock().unwrap();
            urls[place] = urls[1 - place].clone();
        }
        nodes[place].process.kill();
        left_unrecorded.insert(nodes[place].life.clone(), unrecorded(&world));
        nodes[place] = Node::start(&world, kill + 2).await;
        urls.lock().unwrap()[place] = nodes[place].process.url().to_owned();
    }
    asking.await.unwrap();
    until("all are recorded", async || unrecorded(&world).is_empty()).await;

    let accepted = "SELECT recipient FROM outbox WHERE template = 'code.login' AND recipient LIKE '+1212555%'";
    let accepted: Vec<String> = world.postgres().select(accepted).into_iter().flatten().collect();
    assert!(accepted.len() >= codes, "{}", accepted.len());
    assert!(world.postgres().select("SELECT failure FROM outbox WHERE dead_since IS NOT NULL").is_empty());
    let sent = world.sms.messages();
    let mut twice = 0;
    for phone in &accepted {
        let sent: Vec<_> = sent.iter().filter(|sms| sms.to == *phone).collect();
        assert!(!sent.is_empty(), "the code for {phone} is lost");
        assert!(sent.iter().all(|sms| sms.code() == sent[0].code()), "{phone}: {sent:?}");
        let life = |path: &str| path.split('/').nth(1).unwrap().to_owned();
        let excused = |path: &str| left_unrecorded.get(&life(path)).is_some_and(|numbers| numbers.contains(phone));
        let unexcused = sent.iter().filter(|sms| !excused(&sms.path)).count();
        assert!(unexcused <= 1, "the code for {phone} was recorded as sent, and sent again: {sent:?}");
        twice += sent.len() - 1;
    }
    eprintln!("{} codes, {kills} nodes killed: none lost, {twice} sent twice", accepted.len());
}
