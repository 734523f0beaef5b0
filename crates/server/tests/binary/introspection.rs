//! Introspection and revocation of tokens by resource servers.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, PASSWORD, text, texted},
    doorward::{Doorward, Engine, World},
    issuer::{Issuer, claims, with},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
const INACTIVE: &str = r#"{"active":false}"#;

/// A resource server that is registered.
struct Orders {
    client: Client,
    id: String,
    secret: String,
}

impl Orders {
    fn of(world: &World, doorward: &Doorward) -> Self {
        let added = world.ask(&["client", "add", "orders"]);
        Self { client: Client::of(doorward), id: text(&added, "id"), secret: text(&added, "secret") }
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, String) {
        let body = ("application/json", body.to_string());
        self.client.post_as_client((&self.id, &self.secret), path, body).await
    }

    /// Returns the answer of introspection, word for word.
    async fn introspect(&self, token: &str) -> String {
        let (status, said) = self.post("/token/introspect", json!({ "token": token })).await;
        assert_eq!(status, StatusCode::OK, "{said}");
        said
    }

    async fn is_active(&self, token: &str) -> bool {
        let said: Value = serde_json::from_str(&self.introspect(token).await).unwrap();
        said["active"] == true
    }

    async fn revoke(&self, token: &str) {
        let answer = self.post("/token/revoke", json!({ "token": token })).await;
        assert_eq!(answer, (StatusCode::OK, String::new()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn good_tokens_are_told_of_and_nothing_personal_with_them() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let orders = Orders::of(&world, &doorward);
    let tokens = orders.client.member(&world, EMAIL, PHONE).await;
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let claims = claims(&access);

    let of_access: Value = serde_json::from_str(&orders.introspect(&access).await).unwrap();
    let of_refresh: Value = serde_json::from_str(&orders.introspect(&refresh).await).unwrap();

    let expected = json!({
        "active": true, "token_type": "Bearer", "exp": claims["exp"], "iat": claims["iat"], "sub": claims["sub"],
        "sid": claims["sid"], "iss": claims["iss"], "aud": claims["aud"], "acr": "aal1", "amr": ["sms"],
        "auth_time": claims["auth_time"],
    });
    assert_eq!(of_access, expected);
    assert_eq!((&of_refresh["token_type"], &of_refresh["sid"]), (&json!("refresh_token"), &claims["sid"]));
    assert!(of_refresh["exp"].as_i64() > claims["exp"].as_i64());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_all_other_tokens_nothing_is_told() {
    let world = World::new(Engine::Postgres).await;
    let doorward = world.serve().await;
    let orders = Orders::of(&world, &doorward);
    let tokens = orders.client.member(&world, EMAIL, PHONE).await;
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let world = world.with("token.audience", "https://other.example");
    let other = world.serve().await;
    let foreign = Client::of(&other);
    let flow = foreign.login(PHONE, None).await;
    let of_other = foreign.enter(&flow, &texted(&world, PHONE, 2).await).await.body;

    for token in [
        String::new() + "x",
        "..".to_owned(),
        "rt_".to_owned(),
        format!("{access}x"),
        format!("{refresh}x"),
        text(&tokens, "device_token"),
        text(&tokens, "session_id"),
        orders.secret.clone(),
        text(&of_other, "access_token"),
        "a".repeat(5000),
    ] {
        assert_eq!(orders.introspect(&token).await, INACTIVE, "{token}");
    }
    let of_other = text(&of_other, "access_token");
    orders.revoke(&of_other).await;
    assert_eq!(foreign.get_as(&of_other, "/me").await.status, StatusCode::OK, "a token for others was revoked");

    let renewed = orders.client.post("/token/refresh", &json!({ "refresh_token": refresh })).await.body;
    assert_eq!(orders.introspect(&refresh).await, INACTIVE, "a spent refresh token");
    let (access, refresh) = (text(&renewed, "access_token"), text(&renewed, "refresh_token"));
    assert!(orders.is_active(&access).await && orders.is_active(&refresh).await);

    world.execute("UPDATE users SET status = 'disabled'");
    assert_eq!(orders.introspect(&access).await, INACTIVE, "a disabled user");
    assert_eq!(orders.introspect(&refresh).await, INACTIVE, "a disabled user");
    world.execute("UPDATE users SET status = 'active'");
    orders.client.post_as(&access, "/logout", &json!({})).await;
    assert_eq!(orders.introspect(&access).await, INACTIVE, "an ended session");
    assert_eq!(orders.introspect(&refresh).await, INACTIVE, "an ended session");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_tokens_that_have_ended_or_not_begun_nothing_is_told() {
    let world = World::new(Engine::Sqlite).await.with("token.algorithm", "EdDSA");
    let doorward = world.serve().await;
    let orders = Orders::of(&world, &doorward);
    let good = claims(&text(&orders.client.member(&world, EMAIL, PHONE).await, "access_token"));
    let issuer = Issuer::of(&world, &text(&orders.client.keys().await[0], "kid")).await;
    let of = |change: &Value| issuer.sign(issuer.header(), &with(&good, change));
    let made = good["iat"].as_i64().unwrap();

    assert!(orders.is_active(&of(&json!({ "jti": "ours, too" }))).await);
    for change in [
        json!({ "exp": made - 1 }),
        json!({ "nbf": made + 3600 }),
        json!({ "sub": "00000000-0000-4000-8000-000000000000" }),
        json!({ "sid": "00000000-0000-4000-8000-000000000000" }),
        json!({ "iss": "https://evil.example" }),
    ] {
        assert_eq!(orders.introspect(&of(&change)).await, INACTIVE, "{change}");
    }
}

async fn a_revoked_token_ends_its_session(engine: Engine) {
    let world = World::new(engine).await;
    let mut doorward = world.serve().await;
    let orders = Orders::of(&world, &doorward);
    let tokens = orders.client.member(&world, EMAIL, PHONE).await;
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));

    for unknown in ["x", "rt_x", &format!("{access}x"), &format!("{refresh}x")] {
        orders.revoke(unknown).await;
    }
    assert!(orders.is_active(&access).await);
    orders.revoke(&refresh).await;
    orders.revoke(&refresh).await;

    assert!(!orders.is_active(&access).await);
    assert_eq!(orders.client.get_as(&access, "/me").await.status, StatusCode::UNAUTHORIZED);
    let answer = orders.client.post("/token/refresh", &json!({ "refresh_token": refresh })).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    doorward.terminate();
    let dump = world.dump();
    assert_eq!(dump.matches("session.revoked").count(), 1);
    assert!(!dump.contains(&orders.secret) && !doorward.log().contains(&orders.secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_ends_its_session_on_postgres() {
    a_revoked_token_ends_its_session(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_ends_its_session_on_sqlite() {
    a_revoked_token_ends_its_session(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_hints_and_what_nobody_knows_are_taken() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let orders = Orders::of(&world, &doorward);
    let access = text(&orders.client.member(&world, EMAIL, PHONE).await, "access_token");
    let credentials = (orders.id.as_str(), orders.secret.as_str());

    for (media_type, body) in [
        ("application/x-www-form-urlencoded", format!("token={access}&token_type_hint=refresh_token&resource=x")),
        ("application/json", json!({ "token": access, "token_type_hint": "nonsense", "x": { "y": 1 } }).to_string()),
    ] {
        let answer = orders.client.post_as_client(credentials, "/token/introspect", (media_type, body.clone())).await;
        assert!(answer.1.contains(r#""active":true"#), "{body}: {answer:?}");
    }
    let (status, _) = orders.post("/token/introspect", json!({ "token_type_hint": "access_token" })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let body = ("application/x-www-form-urlencoded", format!("token={access}&token_type_hint=refresh_token"));
    let answer = orders.client.post_as_client(credentials, "/token/revoke", body).await;
    assert_eq!(answer.0, StatusCode::OK);
    assert_eq!(orders.introspect(&access).await, INACTIVE);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_may_ask() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let mut orders = Orders::of(&world, &doorward);
    let tokens = orders.client.member(&world, EMAIL, PHONE).await;
    let (access, other_id) = (text(&tokens, "access_token"), text(&tokens, "session_id"));
    let bearer = format!("Bearer {access}");

    for path in ["/token/introspect", "/token/revoke"] {
        for authorization in [None, Some(bearer.as_str()), Some("Basic"), Some("Basic !"), Some("Basic Og==")] {
            let (status, challenge) = orders.client.challenge_at(path, authorization).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{authorization:?}");
            assert!(challenge.starts_with("Basic "), "{challenge}");
        }
        for (id, secret) in [
            (orders.id.as_str(), "cs_wrong"),
            (&orders.id, ""),
            (&other_id, &orders.secret),
            ("orders", &orders.secret),
            ("", &orders.secret),
        ] {
            // Not even whether the body is right is told.
            let answer = orders.client.post_as_client((id, secret), path, ("text/plain", "x".to_owned())).await;
            assert_eq!(answer.0, StatusCode::UNAUTHORIZED, "{id} {secret}");
            assert!(answer.1.contains(r#""code":"invalid_client""#), "{}", answer.1);
        }
    }
    let by_body = json!({ "token": access, "client_id": orders.id, "client_secret": orders.secret });
    assert_eq!(orders.client.post("/token/introspect", &by_body).await.status, StatusCode::UNAUTHORIZED);

    let old = std::mem::replace(&mut orders.secret, text(&world.ask(&["client", "rotate", &orders.id]), "secret"));
    assert!(orders.is_active(&access).await);
    orders.secret = old;
    assert_eq!(orders.post("/token/introspect", json!({ "token": access })).await.0, StatusCode::UNAUTHORIZED);
    orders.secret = text(&world.ask(&["client", "rotate", &orders.id]), "secret");
    world.ask(&["client", "remove", &orders.id]);
    assert_eq!(orders.post("/token/introspect", json!({ "token": access })).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(world.ask(&["client", "list"]), json!({ "clients": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_is_told_what_cannot_be_done() {
    let world = World::new(Engine::Sqlite).await;
    let nothing = world.operate(&["client", "list"]);
    let told = |output: std::process::Output| String::from_utf8(output.stderr).unwrap();
    assert!(told(nothing).contains("there is no database"));
    assert!(world.operate(&["migrate"]).status.success());
    world.ask(&["client", "add", "orders"]);

    assert!(told(world.operate(&["client", "add", "orders"])).contains("already"));
    assert!(told(world.operate(&["client", "add", "a b"])).contains("letters"));
    assert!(told(world.operate(&["client", "remove", "orders"])).contains("is no id"));
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    assert!(told(world.operate(&["client", "rotate", unknown])).contains("there is no client"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_disabled_is_refused_everywhere_at_once_and_for_good() {
    let world = World::new(Engine::Postgres).await;
    let (one, other) = (world.serve().await, world.serve().await);
    let orders = Orders::of(&world, &one);
    let nodes = [orders.client.clone(), Client::of(&other)];
    let tokens = orders.client.member(&world, EMAIL, PHONE).await;
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let login = (orders.client.login(PHONE, None).await, texted(&world, PHONE, 2).await);
    assert!(orders.is_active(&access).await);

    world.ask(&["user", "disable", EMAIL]);

    for node in &nodes {
        assert_eq!(node.get_as(&access, "/me").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(node.refresh(&refresh).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(node.enter(&login.0, &login.1).await.status, StatusCode::GONE);
        let password = json!({ "email": EMAIL, "password": PASSWORD });
        assert_eq!(node.post("/login", &password).await.status, StatusCode::UNAUTHORIZED);
        for token in [&access, &refresh] {
            let orders = Orders { client: node.clone(), id: orders.id.clone(), secret: orders.secret.clone() };
            assert_eq!(orders.introspect(token).await, INACTIVE);
        }
    }
    world.ask(&["user", "enable", EMAIL]);
    assert_eq!(nodes[1].get_as(&access, "/me").await.status, StatusCode::UNAUTHORIZED, "ended for good");
    assert_eq!(nodes[1].refresh(&refresh).await.status, StatusCode::UNAUTHORIZED);
}
