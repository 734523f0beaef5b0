//! The cost of each flow, in a run of the process of its own.

use std::future::Future;

use doorward_testkit::postgres::Recorder;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{
    count::{Count, LOOK},
    limits::Costs,
};
use crate::{
    client::{Answer, Client, PASSWORD, mailed, text, texted},
    doorward::{Engine, World},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
/// The runs of each flow: background jobs add to some of them, so the cheapest one counts.
const LIVES: usize = 3;

/// A world in which every statement is recorded, and somebody has an account.
struct Scene {
    world: World,
    recorder: Recorder,
    tokens: Value,
}

/// Somebody's way through a flow, and what they waited for so far.
struct Way<'s> {
    scene: &'s Scene,
    client: Client,
    waited: Count,
    /// Which life this is, from zero.
    life: usize,
}

impl Scene {
    async fn new() -> Self {
        let mut world = World::new(Engine::Postgres).await.limited().with("delivery.poll", "60s");
        let limits = ["ip_credentials", "ip_sends", "net_sends", "ip_registrations", "sms", "email"];
        for limit in limits {
            world = world.with(&format!("limits.{limit}"), "1000/1s");
        }
        let recorder = Recorder::start(world.postgres()).await;
        let world = world.with("database.url", recorder.url());
        let mut doorward = world.serve().await;
        let tokens = Client::of(&doorward).member(&world, EMAIL, PHONE).await;
        world.mail.wait_for_mail(|mail| mail.subject.contains("number")).await;
        assert!(doorward.terminate());
        Self { world, recorder, tokens }
    }

    /// Holds what the flow costs against what the page promises.
    async fn gate<'s, F: Future<Output = Way<'s>>>(&'s self, flow: &str, walk: impl Fn(Way<'s>) -> F) {
        let idle = self.life(0, async |way| way).await.1;
        let (mut waited, mut all) = (Vec::new(), Vec::new());
        for life in 0..LIVES {
            let (its_waited, its_all) = self.life(life, &walk).await;
            waited.push(its_waited);
            all.push(its_all.without(&idle));
        }
        let least = |counts: Vec<Count>| counts.into_iter().min_by_key(Count::statements).unwrap();
        let (waited, all) = (least(waited), least(all));
        let costs = Costs {
            waited: waited.statements(),
            all: all.statements(),
            transactions: all.transactions(),
            flushed: all.flushed(),
        };
        let promised = Costs::promised(flow);
        assert!(costs.is_within(&promised), "{flow}: {costs} for {promised}\nwaited for:\n{waited}in all:\n{all}");
    }

    /// Returns the cost of a flow until its answer, and until the end of the process.
    async fn life<'s, F: Future<Output = Way<'s>>>(
        &'s self,
        life: usize,
        walk: impl Fn(Way<'s>) -> F,
    ) -> (Count, Count) {
        let mark = self.recorder.mark();
        let mut doorward = self.world.serve().await;
        // By the second look it has done all that it does at its start.
        self.recorder.wait_for(mark, |statement| statement.sql.contains(LOOK), 2).await;
        let way = Way { scene: self, client: Client::of(&doorward), waited: Count::default(), life };
        let waited = walk(way).await.waited;
        assert!(doorward.terminate());
        (waited, Count::of(self.recorder.since(mark)))
    }
}

impl Way<'_> {
    /// Makes a call and counts what it waited for.
    async fn call(&mut self, call: impl Future<Output = Answer>) -> Value {
        let mark = self.scene.recorder.mark();
        let answer = call.await;
        let waited = Count::of(self.scene.recorder.since(mark)).waited();
        assert!(answer.status.is_success(), "{answer:?}");
        self.waited = std::mem::take(&mut self.waited).and(waited);
        answer.body
    }

    async fn post(&mut self, path: &str, body: Value) -> Value {
        let client = self.client.clone();
        self.call(async move { client.post(path, &body).await }).await
    }

    async fn enter(&mut self, flow: &Value, code: String) -> Value {
        self.post("/otp_verification", json!({ "flow_token": flow["flow_token"], "otp": code })).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_login_costs_what_the_page_says() {
    let scene = Scene::new().await;

    scene
        .gate("phone login", async |mut way| {
            let flow = way.post("/login", json!({ "phone_number": PHONE })).await;
            let code = texted(&scene.world, PHONE, way.life + 2).await;
            way.enter(&flow, code).await;
            way
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_login_costs_what_the_page_says() {
    let scene = Scene::new().await;

    scene
        .gate("password login", async |mut way| {
            let flow = way.post("/login", json!({ "email": EMAIL, "password": PASSWORD })).await;
            let code = texted(&scene.world, PHONE, way.life + 2).await;
            way.enter(&flow, code).await;
            way
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_costs_what_the_page_says() {
    let scene = Scene::new().await;

    scene
        .gate("register, first login", async |mut way| {
            let (email, phone) = (format!("person{}@example.com", way.life), format!("+1415555270{}", way.life));
            let body = json!({
                "first_name": "Ada", "last_name": "Lovelace", "email": email, "phone_number": phone, "password": PASSWORD,
            });
            let flow = way.post("/register", body).await;
            let code = mailed(&scene.world, &email).await;
            let flow = way.post("/verify_email", json!({ "flow_token": flow["flow_token"], "otp": code })).await;
            let flow = way.post("/login", json!({ "phone_number": phone, "flow_token": flow["flow_token"] })).await;
            let code = texted(&scene.world, &phone, 1).await;
            way.enter(&flow, code).await;
            scene.world.mail.wait_for_mail(|mail| mail.to.contains(&email) && mail.subject.contains("number")).await;
            way
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_costs_what_the_page_says() {
    let scene = Scene::new().await;
    let token = std::sync::Mutex::new(text(&scene.tokens, "refresh_token"));

    scene
        .gate("refresh", async |mut way| {
            let spent = token.lock().unwrap().clone();
            let tokens = way.post("/token/refresh", json!({ "refresh_token": spent })).await;
            *token.lock().unwrap() = text(&tokens, "refresh_token");
            way
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_check_costs_what_the_page_says() {
    let scene = Scene::new().await;
    let access = text(&scene.tokens, "access_token");

    scene
        .gate("session check", async |mut way| {
            let client = way.client.clone();
            way.call(async { client.get_as(&access, "/me").await }).await;
            way
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_introspection_costs_what_the_page_says() {
    let scene = Scene::new().await;
    let added = scene.world.ask(&["client", "add", "orders"]);
    let (id, secret) = (text(&added, "id"), text(&added, "secret"));
    let body = json!({ "token": scene.tokens["access_token"] }).to_string();

    scene
        .gate("introspection", async |mut way| {
            let client = way.client.clone();
            let call = async {
                let asked = ("application/json", body.clone());
                let (status, said) = client.post_as_client((&id, &secret), "/token/introspect", asked).await;
                assert!(status == StatusCode::OK && said.contains(r#""active":true"#), "{said}");
                Answer { status, body: Value::Null }
            };
            way.call(call).await;
            way
        })
        .await;
}
