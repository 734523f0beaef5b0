//! Two nodes under load, of which one after the other is killed and started anew.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    client::{Answer, Client, text, wrong},
    doorward::{Engine, World},
    outages::{is_unavailable, next_code},
    programs::free_port,
    storms::rounds,
};

const PEOPLE: usize = 8;

/// A person who logs in by two nodes.
struct Person {
    world: Arc<World>,
    nodes: [Client; 2],
    phone: String,
    stop: Arc<AtomicBool>,
}

impl Person {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// Calls one node, and the other where that one is gone before it answers.
    async fn call(&self, first: usize, path: &str, body: &Value) -> Option<Answer> {
        for node in [first % 2, (first + 1) % 2] {
            if let Some(answer) = self.nodes[node].try_post(path, body).await {
                return Some(answer);
            }
        }
        None
    }

    /// Logs in until told to stop; gives the tokens of every login that was answered with a session.
    async fn logs_in_until(&self) -> Vec<Value> {
        let mut sessions = Vec::new();
        for n in 0.. {
            if !self.goes_on() {
                break;
            }
            sessions.extend(self.log_in(n).await);
        }
        sessions
    }

    /// Enters a wrong code twice and the right one twice at once, each time at both nodes.
    async fn log_in(&self, n: usize) -> Option<Value> {
        let sent = self.world.sms.messages_to(&self.phone).len();
        let started = self.call(n, "/login", &json!({ "phone_number": self.phone, "carrier": "token" })).await?;
        if started.status != StatusCode::ACCEPTED {
            assert!(is_unavailable(&started), "{started:?}");
            return None;
        }
        let flow = text(&started.body, "flow_token");
        let code = next_code(&self.world, &self.phone, sent, &self.stop).await?;
        let mut left = u64::MAX;
        for node in 0..2 {
            let tried = self.call(n + node, "/otp_verification", &entry(&flow, &wrong(&code))).await?;
            assert_ne!(tried.status, StatusCode::OK);
            if let Some(now) = tried.body["attempts_left"].as_u64() {
                assert!(now < left, "a try that was counted came back: {now} of {left} left");
                left = now;
            }
        }
        let right = entry(&flow, &code);
        let [one, other] = [0, 1].map(|node| self.nodes[node].try_post("/otp_verification", &right));
        let (one, other) = tokio::join!(one, other);
        let mut opened = Vec::new();
        for answer in [one, other].into_iter().flatten().chain(self.call(n, "/otp_verification", &right).await) {
            match answer.status {
                StatusCode::OK => opened.push(answer.body),
                // What was committed while its answer was lost is over; a late message has the code of the login before.
                StatusCode::GONE | StatusCode::UNAUTHORIZED => {}
                _ => assert!(is_unavailable(&answer), "{answer:?}"),
            }
        }
        assert!(opened.len() <= 1, "one code opened two sessions: {opened:?}");
        opened.pop()
    }
}

fn entry(flow: &str, code: &str) -> Value {
    json!({ "flow_token": flow, "otp": code })
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_are_killed_in_turn_lose_no_step_and_take_no_code_twice() {
    let world = World::new(Engine::Postgres).await.with_short_leases().with("session.max_per_user", "10000");
    let world = Arc::new(world.with("limits.sms_budget", "off").with("limits.sms_country", "off"));
    let ports = [free_port(), free_port()];
    let mut nodes = [world.serve_at(ports[0]).await, world.serve_at(ports[1]).await];
    let clients = [Client::of(&nodes[0]), Client::of(&nodes[1])];
    let stop = Arc::new(AtomicBool::new(false));
    let mut people = JoinSet::new();
    for n in 0..PEOPLE {
        let phone = format!("+141555526{n:02}");
        clients[n % 2].member(&world, &format!("person{n}@example.com"), &phone).await;
        let (world, stop) = (world.clone(), stop.clone());
        let person = Person { world, nodes: clients.clone(), phone, stop };
        people.spawn(async move { person.logs_in_until().await });
    }

    for round in 0..(rounds(50) / 12).clamp(2, 40) {
        sleep(Duration::from_millis(1500)).await;
        nodes[round % 2].kill();
        sleep(Duration::from_millis(500)).await;
        nodes[round % 2] = world.serve_at(ports[round % 2]).await;
    }
    sleep(Duration::from_secs(2)).await;
    stop.store(true, Ordering::Relaxed);
    let sessions = people.join_all().await.concat();

    assert!(sessions.len() > PEOPLE, "{}", sessions.len());
    for tokens in &sessions {
        let me = clients[0].get_as(&text(tokens, "access_token"), "/me").await;
        assert_eq!(me.status, StatusCode::OK, "{me:?}");
    }
    // Each account was made with a session; every other one was answered for, or its answer was lost in a crash.
    let opened = world.postgres().select("SELECT 1 FROM sessions").len();
    assert!(opened >= sessions.len() + PEOPLE, "{opened} sessions, {} told", sessions.len());
}
