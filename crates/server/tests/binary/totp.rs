//! An authenticator app from its setup to its removal.

use std::time::{SystemTime, UNIX_EPOCH};

use base32::Alphabet;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward_otp::{TimeStep, TotpSeed};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client, PASSWORD, text, texted, wrong},
    doorward::{Engine, World},
    recoveries::reset_code,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

/// An authenticator app, made of its seed.
pub(crate) struct App(TotpSeed);

impl App {
    /// Reads the key as people type it (RFC 4648).
    pub(crate) fn of(secret: &str) -> Self {
        let bytes = base32::decode(Alphabet::Rfc4648 { padding: false }, secret).unwrap();
        Self(TotpSeed::from_bytes(bytes.try_into().unwrap()))
    }

    pub(crate) fn code(&self, step: u64) -> String {
        self.0.code(TimeStep(step)).reveal().to_owned()
    }
}

pub(crate) fn current_step() -> u64 {
    #[allow(clippy::disallowed_methods, reason = "the app has a clock of its own")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).unwrap().as_secs() / 30
}

/// Confirms with the code before the current one, so that the current one is left for a login; gives its step.
async fn confirm(client: &Client, access: &str, app: &App) -> (u64, Answer) {
    loop {
        let step = current_step();
        let answer =
            client.post_as(access, "/totp/confirm", &json!({ "otp": app.code(step - 1), "password": PASSWORD })).await;
        // Another half-minute may have begun in between.
        if answer.status != StatusCode::UNAUTHORIZED {
            return (step, answer);
        }
    }
}

fn codes(answer: &Answer) -> Vec<String> {
    let codes = answer.body["recovery_codes"].as_array().unwrap_or_else(|| panic!("no codes in {answer:?}"));
    codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

/// The claims of an access token.
pub(crate) fn claims(tokens: &Value) -> Value {
    let token = text(tokens, "access_token");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// A login by number up to the step of the app; gives its flow.
async fn half_way(world: &World, client: &Client, n: usize) -> String {
    let flow = client.login(PHONE, None).await;
    let step = client.enter(&flow, &texted(world, PHONE, n).await).await;
    assert_eq!(step.status, StatusCode::ACCEPTED, "{step:?}");
    assert_eq!((&step.body["next"], &step.body["channel"]), (&json!("otp_verification"), &json!("totp")));
    text(&step.body, "flow_token")
}

async fn a_life(engine: Engine) {
    let world = World::new(engine).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");

    // Set up, and inert until it is confirmed.
    let setup = client.post_as(&access, "/totp", &json!({})).await;
    assert_eq!(setup.status, StatusCode::CREATED, "{setup:?}");
    assert!(text(&setup.body, "otpauth_url").starts_with("otpauth://totp/Doorward:ada%40example.com?secret="));
    assert!(text(&setup.body, "qr_png").starts_with("data:image/png;base64,"));
    assert!(text(&setup.body, "qr_svg").starts_with("<svg "));
    let flow = client.login(PHONE, None).await;
    assert_eq!(client.enter(&flow, &texted(&world, PHONE, 2).await).await.status, StatusCode::OK);

    // Confirmed.
    let app = App::of(&text(&setup.body, "secret"));
    let (step, confirmed) = confirm(&client, &access, &app).await;
    let recovery = codes(&confirmed);
    assert_eq!((confirmed.status, recovery.len()), (StatusCode::OK, 10));
    let me = client.get_as(&access, "/me").await;
    assert_eq!(me.body["user"]["factors"], json!(["password", "sms", "totp"]));

    // From now on it is what verifies anew that its owner is there; a recovery code will do.
    let again = client.post_as(&access, "/totp", &json!({})).await;
    assert_eq!((again.status, &again.body["code"]), (StatusCode::CONFLICT, &json!("conflict")));
    let asked = client.post_as(&access, "/step_up", &json!({})).await;
    assert_eq!((asked.status, &asked.body["channel"]), (StatusCode::ACCEPTED, &json!("totp")));
    let proof = json!({ "flow_token": asked.body["flow_token"], "otp": recovery[5] });
    let renewed = client.post_as(&access, "/otp_verification", &proof).await;
    assert_eq!(renewed.status, StatusCode::OK, "{renewed:?}");
    let access = text(&renewed.body, "access_token");
    let again = client.post_as(&access, "/totp", &json!({})).await;
    assert_eq!((again.status, &again.body["code"]), (StatusCode::CONFLICT, &json!("conflict")));

    // Asked for at the login, and good once.
    let flow = half_way(&world, &client, 3).await;
    let denied = client.enter(&flow, &wrong(&app.code(step))).await;
    assert_eq!((denied.status, &denied.body["code"]), (StatusCode::UNAUTHORIZED, &json!("otp_incorrect")));
    assert_eq!(denied.body["attempts_left"], json!(4));
    let tokens = client.enter(&flow, &app.code(step)).await;
    assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
    assert_eq!((&claims(&tokens.body)["amr"], &claims(&tokens.body)["acr"]), (&json!(["sms", "otp"]), &json!("aal1")));
    let flow = half_way(&world, &client, 4).await;
    assert_eq!(client.enter(&flow, &app.code(step)).await.status, StatusCode::UNAUTHORIZED);

    // A recovery code in its place, however it is typed, and good once.
    let tokens = client.enter(&flow, &recovery[0].to_lowercase().replace('-', " ")).await;
    assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
    assert_eq!(claims(&tokens.body)["amr"], json!(["sms", "rc"]));
    let flow = half_way(&world, &client, 5).await;
    assert_eq!(client.enter(&flow, &recovery[0]).await.status, StatusCode::UNAUTHORIZED);

    // New recovery codes end the old ones.
    let body = |password: &str, otp: &str| json!({ "password": password, "otp": otp });
    let denied = client.post_as(&access, "/recovery_codes", &body("not the password", &recovery[1])).await;
    assert_eq!((denied.status, &denied.body["code"]), (StatusCode::FORBIDDEN, &json!("password_incorrect")));
    let renewed = client.post_as(&access, "/recovery_codes", &body(PASSWORD, &recovery[1])).await;
    assert_eq!(renewed.status, StatusCode::OK, "{renewed:?}");
    let denied = client.post_as(&access, "/totp/remove", &body(PASSWORD, &recovery[2])).await;
    assert_eq!((denied.status, &denied.body["code"]), (StatusCode::UNAUTHORIZED, &json!("otp_incorrect")));
    assert_eq!(denied.body["attempts_left"], Value::Null);

    // Removed, and asked for no more.
    let missing = client.post_as(&access, "/totp/remove", &json!({ "password": PASSWORD })).await;
    assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
    let removed = client.post_as(&access, "/totp/remove", &body(PASSWORD, &codes(&renewed)[0])).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{removed:?}");
    let flow = client.login(PHONE, None).await;
    let tokens = client.enter(&flow, &texted(&world, PHONE, 6).await).await;
    assert_eq!(tokens.body["user"]["factors"], json!(["password", "sms"]));

    // Its owner was told of all that.
    for subject in ["app was added", "recovery code was used", "New recovery codes", "app was removed"] {
        world.mail.wait_for_mail(|mail| mail.subject.contains(subject)).await;
    }
    let dump = world.dump();
    for secret in [&text(&setup.body, "secret"), &recovery[3], &recovery[3].replace('-', "")] {
        assert!(!dump.contains(secret.as_str()), "{secret} is in the database");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticator_app_is_set_up_used_and_removed_on_postgres() {
    a_life(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticator_app_is_set_up_used_and_removed_on_sqlite() {
    a_life(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_logins_at_once_with_one_code_one_gets_in() {
    let world = World::new(Engine::Postgres).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    let setup = client.post_as(&access, "/totp", &json!({})).await;
    let app = App::of(&text(&setup.body, "secret"));
    let (step, _) = confirm(&client, &access, &app).await;
    let flow = half_way(&world, &client, 2).await;

    let code = app.code(step);
    let calls = (0..32).map(|_| {
        let (client, flow, code) = (client.clone(), flow.clone(), code.clone());
        tokio::spawn(async move { client.enter(&flow, &code).await.status })
    });
    let mut statuses = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        statuses.push(call.await.unwrap());
    }

    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(StatusCode::OK), count(StatusCode::GONE)), (1, 31), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_ten_wrong_codes_in_a_row_a_right_one_waits_and_a_recovery_code_does_not() {
    let world = World::new(Engine::Postgres).await.with("password.backoff_after", "10");
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    let setup = client.post_as(&access, "/totp", &json!({})).await;
    let app = App::of(&text(&setup.body, "secret"));
    let (_, confirmed) = confirm(&client, &access, &app).await;
    let asked = async || {
        let login = client.post("/login", &json!({ "email": EMAIL, "password": PASSWORD })).await;
        text(&login.body, "flow_token")
    };

    for _ in 0..2 {
        let flow = asked().await;
        for _ in 0..5 {
            let denied = client.enter(&flow, &app.code(current_step() - 2)).await;
            assert_eq!((denied.status, &denied.body["code"]), (StatusCode::UNAUTHORIZED, &json!("otp_incorrect")));
        }
    }
    let flow = asked().await;
    let denied = client.enter(&flow, &app.code(current_step())).await;
    let by_recovery_code = client.enter(&flow, &codes(&confirmed)[0]).await;
    let still_denied = client.enter(&asked().await, &app.code(current_step())).await;
    world.execute("UPDATE buckets SET blocked_until = blocked_until - 30000000");
    let tokens = client.enter(&asked().await, &app.code(current_step())).await;

    let told = |answer: &Answer| (answer.status, answer.body["code"].clone(), answer.body["attempts_left"].clone());
    assert_eq!(told(&denied), (StatusCode::UNAUTHORIZED, json!("otp_incorrect"), json!(4)));
    assert_eq!(told(&still_denied), told(&denied));
    assert_eq!(by_recovery_code.status, StatusCode::OK, "{by_recovery_code:?}");
    assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn authenticators_change_after_a_fresh_proof_only() {
    let world = World::new(Engine::Sqlite).await.with("step_up.fresh", "1s");
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");

    let denied = loop {
        let answer = client.post_as(&access, "/totp", &json!({})).await;
        if answer.status != StatusCode::CREATED {
            break answer;
        }
    };

    assert_eq!((denied.status, &denied.body["code"]), (StatusCode::FORBIDDEN, &json!("step_up_required")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_asks_for_the_app_too_and_so_does_the_login_after_it() {
    let world = World::new(Engine::Postgres).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    let setup = client.post_as(&access, "/totp", &json!({})).await;
    let (step, confirmed) = confirm(&client, &access, &App::of(&text(&setup.body, "secret"))).await;
    let app = App::of(&text(&setup.body, "secret"));
    let new = "brass-heron-4-paper-moon";
    let login = |password: &str| json!({ "email": EMAIL, "password": password });
    let reset = async |flow: &str, otp: &str| {
        let body = json!({ "flow_token": flow, "otp": otp, "new_password": new });
        client.post("/reset_password", &body).await
    };

    let asked = client.post("/forgot_password", &json!({ "email": EMAIL })).await;
    let mailed = reset_code(&world, EMAIL, &[]).await;
    let half = reset(&text(&asked.body, "flow_token"), &mailed).await;
    assert_eq!((half.status, &half.body["channel"]), (StatusCode::ACCEPTED, &json!("totp")), "{half:?}");
    assert_eq!(half.body["next"], json!("reset_password"));
    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::OK, "nothing has changed");
    assert_eq!(client.post("/login", &login(PASSWORD)).await.status, StatusCode::ACCEPTED);
    let flow = text(&half.body, "flow_token");
    assert_eq!(reset(&flow, &mailed).await.status, StatusCode::UNAUTHORIZED);
    let done = reset(&flow, &codes(&confirmed)[0]).await;

    assert_eq!((done.status, &done.body), (StatusCode::OK, &json!({})));
    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(client.post("/login", &login(PASSWORD)).await.status, StatusCode::UNAUTHORIZED);
    let next = client.post("/login", &login(new)).await;
    assert_eq!((next.status, &next.body["channel"]), (StatusCode::ACCEPTED, &json!("totp")), "{next:?}");
    let tokens = client.enter(&text(&next.body, "flow_token"), &app.code(step)).await;
    assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
    let claims = claims(&tokens.body);
    assert_eq!((&claims["amr"], &claims["acr"]), (&json!(["pwd", "otp", "mfa"]), &json!("aal2")));
}

async fn a_lost_app(engine: Engine) {
    let world = World::new(engine).await.with("recovery.hold", "0s");
    let mut doorward = world.serve().await;
    let client = Client::of(&doorward);
    let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    let setup = client.post_as(&access, "/totp", &json!({})).await;
    confirm(&client, &access, &App::of(&text(&setup.body, "secret"))).await;

    let login = client.post("/login", &json!({ "email": EMAIL, "password": PASSWORD })).await;
    assert_eq!(login.body["channel"], json!("totp"));
    let by_mail = json!({ "flow_token": login.body["flow_token"], "channel": "email" });
    let asked = client.post("/resend_otp", &by_mail).await;
    assert_eq!((asked.status, &asked.body["next"]), (StatusCode::ACCEPTED, &json!("verify_email")), "{asked:?}");
    let is_it = |mail: &doorward_testkit::smtp_sink::Mail| mail.subject.contains("new way in") && mail.code().is_some();
    let code = world.mail.wait_for_mail(is_it).await.code().unwrap();
    let binding = client.verify_email(&text(&asked.body, "flow_token"), &code).await;
    let binding = text(&binding.body, "access_token");

    let setup = client.post_as(&binding, "/totp", &json!({})).await;
    assert_eq!(setup.status, StatusCode::CREATED, "{setup:?}");
    let app = App::of(&text(&setup.body, "secret"));
    let (step, pending) = confirm(&client, &binding, &app).await;
    assert_eq!((pending.status, &pending.body["recovery_codes"]), (StatusCode::ACCEPTED, &Value::Null), "{pending:?}");
    assert!(pending.body["pending_until"].is_string());
    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::OK, "nothing has changed yet");

    assert!(doorward.terminate());
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    world.mail.wait_for_mail(|mail| mail.subject.contains("will be replaced")).await;
    world.mail.wait_for_mail(|mail| mail.subject.contains("factor was replaced")).await;
    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::UNAUTHORIZED);
    let login = client.post("/login", &json!({ "email": EMAIL, "password": PASSWORD })).await;
    let tokens = client.enter(&text(&login.body, "flow_token"), &app.code(step)).await;
    assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
    let dump = world.dump();
    assert!(!dump.contains(&text(&setup.body, "secret")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_takes_the_place_of_a_lost_one_after_its_hold_on_sqlite() {
    a_lost_app(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_takes_the_place_of_a_lost_one_after_its_hold_on_postgres() {
    a_lost_app(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_other_proof_an_app_needs_a_fresh_password() {
    let world = World::new(Engine::Postgres).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    world.execute("UPDATE users SET phone = NULL, phone_verified_at = NULL");
    world.execute("UPDATE sessions SET created_at = created_at - interval '1 hour'");

    let asked = client.post_as(&access, "/totp", &json!({})).await;

    assert_eq!((asked.status, &asked.body["code"]), (StatusCode::FORBIDDEN, &json!("step_up_required")));
}
