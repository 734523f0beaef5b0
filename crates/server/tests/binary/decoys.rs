//! Flows for accounts that do not exist, walked beside those that do until the service refuses: the answers are alike.

use reqwest::Client as Http;
use serde_json::{Value, json};

use crate::{
    client::{Client, PASSWORD, http},
    doorward::{Doorward, Engine, World},
    strangers::registration,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
/// An address and a number that nobody has, and whose masks are those of the ones above.
const NO_EMAIL: &str = "alan@example.com";
const NO_PHONE: &str = "+14155559971";
/// More starts, and more tries at each, than any default admits.
const STARTS: u32 = 8;
const TRIES: u32 = 7;

/// Somebody who calls, and notes what the answers show.
struct Stranger<'a> {
    http: Http,
    node: &'a Doorward,
    /// The networks it calls from: one for starts, one for tries, one for what is sent again.
    networks: [u32; 3],
    notes: Vec<String>,
}

impl<'a> Stranger<'a> {
    fn new(node: &'a Doorward, n: u32) -> Self {
        Self { http: http(), node, networks: [0, 1, 2].map(|role| 3 * n + role), notes: Vec::new() }
    }

    /// Calls from one of its networks; notes status, header names and body without what differs by chance.
    async fn call(&mut self, role: usize, path: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.node.url())).json(body);
        let address = format!("203.0.{}.7", self.networks[role]);
        let response = request.header("x-forwarded-for", address).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let answer: Value = response.json().await.unwrap();
        let mut told = answer.clone();
        for member in ["request_id", "flow_token", "expires_at", "resend_at"] {
            if let Some(value) = told.get_mut(member).filter(|value| value.is_string()) {
                *value = json!("some");
            }
        }
        let wait = headers.get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        let mut names: Vec<_> = headers.keys().map(|name| name.as_str().to_owned()).collect();
        names.sort_unstable();
        self.notes.push(format!("{path} {status} {wait:?} {told} {names:?}"));
        answer
    }

    /// Starts flows, lets each send again and tries at each, all until refused and beyond.
    async fn walk(mut self, (path, start): (&str, &Value), (check, guess): (&str, &Value)) -> Vec<String> {
        for _ in 0..STARTS {
            let flow = self.call(0, path, start).await;
            let token = flow.get("flow_token").cloned().unwrap_or_else(|| json!("fl_none"));
            for _ in 0..2 {
                self.call(2, "/resend_otp", &json!({ "flow_token": token })).await;
            }
            let mut guess = guess.clone();
            guess["flow_token"] = token;
            for _ in 0..TRIES {
                self.call(1, check, &guess).await;
            }
        }
        self.notes
    }
}

/// The defaults, in windows so long that no wait differs by the time a test takes.
async fn world() -> World {
    let world = World::new(Engine::Sqlite).await.limited().with("http.trusted_proxies", r#"["127.0.0.1"]"#);
    world
        .with("otp.resend_after", r#"["0s"]"#)
        .with("limits.ip_credentials", "off")
        .with("limits.ip_sends", "5/1d")
        .with("limits.ip_failures", "20/1d")
        .with("limits.ip_registrations", "5/1d")
}

/// Walks through flows for what exists and for what does not, and compares.
async fn are_alike(path: &str, [known, unknown]: [Value; 2], check: &str, guess: Value) {
    let world = world().await;
    let node = world.serve().await;
    Client::of(&node).member(&world, EMAIL, PHONE).await;

    let real = Stranger::new(&node, 1).walk((path, &known), (check, &guess)).await;
    let decoy = Stranger::new(&node, 2).walk((path, &unknown), (check, &guess)).await;

    for (real, decoy) in real.iter().zip(&decoy) {
        assert_eq!(real, decoy);
    }
    assert_eq!(real.len(), decoy.len());
    assert!(real.iter().any(|note| note.starts_with(&format!("{path} 202"))), "{real:#?}");
    for refused in [path, check] {
        assert!(real.iter().any(|note| note.starts_with(&format!("{refused} 429"))), "{refused} {real:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_by_the_number_of_nobody_is_like_any_until_it_is_refused() {
    let starts = [PHONE, NO_PHONE].map(|number| json!({ "phone_number": number, "carrier": "token" }));

    are_alike("/login", starts, "/otp_verification", json!({ "otp": "000000" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_of_nobody_is_like_any_until_it_is_refused() {
    let starts = [EMAIL, NO_EMAIL].map(|email| json!({ "email": email, "carrier": "token" }));
    let guess = json!({ "otp": "000000", "new_password": "brass-heron-4-paper-moon" });

    are_alike("/forgot_password", starts, "/reset_password", guess).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_of_a_taken_address_is_like_any_until_it_is_refused() {
    let starts = [EMAIL, NO_EMAIL].map(|email| registration(email, "+14155552672"));

    are_alike("/register", starts, "/verify_email", json!({ "otp": "000000" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_by_the_password_of_nobody_is_like_any_until_it_is_refused() {
    let world = world().await;
    let node = world.serve().await;
    Client::of(&node).member(&world, EMAIL, PHONE).await;
    let mut walks = Vec::new();

    for (n, email) in (1..).zip([EMAIL, NO_EMAIL]) {
        let mut stranger = Stranger::new(&node, n);
        let start = json!({ "email": email, "carrier": "token" });
        let flow = stranger.call(0, "/login", &start).await;
        let wrong = json!({ "password": "not the password", "flow_token": flow["flow_token"] });
        for _ in 0..TRIES {
            stranger.call(1, "/login", &wrong).await;
        }
        stranger.call(2, "/resend_otp", &json!({ "flow_token": flow["flow_token"] })).await;
        // Beyond the tenth in a row the address has to wait, and beyond the twentieth the host is refused.
        for _ in 0..25 {
            let wrong = json!({ "email": email, "password": "not the password", "carrier": "token" });
            stranger.call(1, "/login", &wrong).await;
        }
        walks.push(stranger.notes);
    }

    assert_eq!(walks[0], walks[1]);
    assert!(walks[0].last().unwrap().starts_with("/login 429"), "{:#?}", walks[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_nobody_that_is_used_up_denies_like_one_whose_right_password_is_not_looked_at() {
    let world = world().await.with("limits.ip_failures", "off").with("limits.password_failures", "5/1d");
    let node = world.serve().await;
    Client::of(&node).member(&world, EMAIL, PHONE).await;
    let mut walks = Vec::new();

    for (n, email) in (1..).zip([EMAIL, NO_EMAIL]) {
        let mut stranger = Stranger::new(&node, n);
        let with = |password: &str| json!({ "email": email, "password": password, "carrier": "token" });
        for _ in 0..5 {
            stranger.call(1, "/login", &with("not the password")).await;
        }
        stranger.call(1, "/login", &with(PASSWORD)).await;
        walks.push(stranger.notes);
    }

    assert_eq!(walks[0], walks[1]);
    assert!(walks[0].last().unwrap().starts_with("/login 401"), "{:#?}", walks[0]);
}
