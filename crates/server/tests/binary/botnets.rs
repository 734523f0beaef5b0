//! Strangers at many places who guess at one account until their guesses are no longer checked: its owner still gets in by a known device.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, PASSWORD, text, texted},
    doorward::{Doorward, Engine, World},
    strangers::{behind_a_proxy, from, guess_twenty},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
/// A place where nobody may call any more.
const WORN_OUT: u32 = 900;

/// Starts a login by SMS from there and enters the code that goes out as the n-th.
async fn by_code(world: &World, node: &Doorward, place: u32, start: &Value, n: usize) -> StatusCode {
    let (status, started, _) = from(node, place, "/login", start).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{started}");
    let proof = json!({ "flow_token": text(&started, "flow_token"), "otp": texted(world, PHONE, n).await });
    from(node, place, "/otp_verification", &proof).await.0
}

/// Twenty-five wrong passwords for each name of the account, every one from a place of its own.
async fn guess_passwords(node: &Doorward) {
    for (name, value) in [("email", EMAIL), ("phone_number", PHONE)] {
        for call in 0..25 {
            let body = json!({ name: value, "password": "not the password", "carrier": "token" });
            let (status, answer, _) = from(node, 200 + call, "/login", &body).await;
            assert_eq!((status, &answer["code"]), (StatusCode::UNAUTHORIZED, &json!("credentials_incorrect")));
        }
    }
}

/// Starts and guesses from one place until it may do neither.
async fn wear_out(node: &Doorward) {
    let start = json!({ "phone_number": "+14155559999", "carrier": "token" });
    while from(node, WORN_OUT, "/login", &start).await.0 == StatusCode::ACCEPTED {}
    let guess = json!({ "email": "nobody@example.com", "password": "not the password", "carrier": "token" });
    let mut guesses = 0;
    while from(node, WORN_OUT, "/login", &guess).await.0 == StatusCode::UNAUTHORIZED {
        guesses += 1;
    }
    assert!((20..=22).contains(&guesses), "{guesses}");
}

async fn the_owner_still_gets_in(engine: Engine) {
    let world = behind_a_proxy(engine).await.with("limits.sms", "off");
    // What a place may call is more than what it may start and guess, so that those run out.
    let world = world.with("limits.ip_credentials", "60/1m");
    // The failures of the day refuse for longer than any machine needs for this test, a backoff of seconds does not.
    let world = world.with("password.backoff_after", "60");
    let node = world.serve().await;
    let device = text(&Client::of(&node).member(&world, EMAIL, PHONE).await, "device_token");
    guess_twenty(&[&node]).await;
    guess_passwords(&node).await;
    wear_out(&node).await;
    let stranger = json!({ "phone_number": PHONE, "carrier": "token" });
    let (known, right) = (
        json!({ "phone_number": PHONE, "carrier": "token", "device_token": device }),
        json!({ "email": EMAIL, "password": PASSWORD, "carrier": "token" }),
    );

    // Strangers know the right code and the right password by now, and it does not help them.
    let code_of_a_stranger = by_code(&world, &node, 1, &stranger, 7).await;
    let (password_of_a_stranger, _, _) = from(&node, 2, "/login", &right).await;
    let code_of_the_owner = by_code(&world, &node, WORN_OUT, &known, 8).await;
    let by_password = json!({ "email": EMAIL, "password": PASSWORD, "carrier": "token", "device_token": device });
    let (password_of_the_owner, step, _) = from(&node, WORN_OUT, "/login", &by_password).await;
    assert_eq!(password_of_the_owner, StatusCode::ACCEPTED, "{step}");
    let second = json!({ "flow_token": text(&step, "flow_token"), "otp": texted(&world, PHONE, 9).await });
    let (second_factor_of_the_owner, _, _) = from(&node, WORN_OUT, "/otp_verification", &second).await;

    assert_eq!([code_of_a_stranger, password_of_a_stranger], [StatusCode::UNAUTHORIZED; 2]);
    assert_eq!([code_of_the_owner, second_factor_of_the_owner], [StatusCode::OK; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_on_a_known_device_gets_in_while_a_botnet_guesses_on_postgres() {
    the_owner_still_gets_in(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_on_a_known_device_gets_in_while_a_botnet_guesses_on_sqlite() {
    the_owner_still_gets_in(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_use_up_the_sms_of_a_number_leave_a_known_device_its_own() {
    let world = behind_a_proxy(Engine::Sqlite).await;
    let node = world.serve().await;
    let device = text(&Client::of(&node).member(&world, EMAIL, PHONE).await, "device_token");
    guess_passwords(&node).await;
    for place in 0..12 {
        from(&node, place, "/login", &json!({ "phone_number": PHONE, "carrier": "token" })).await;
    }
    texted(&world, PHONE, 5).await;
    let sent = || world.sms.messages().iter().filter(|sms| sms.to == PHONE).count();
    assert_eq!(sent(), 5);

    let by_number = json!({ "phone_number": PHONE, "carrier": "token", "device_token": device });
    let by_code = by_code(&world, &node, 1, &by_number, 6).await;
    let by_password = json!({ "email": EMAIL, "password": PASSWORD, "carrier": "token", "device_token": device });
    let (_, step, _) = from(&node, 2, "/login", &by_password).await;
    let second = json!({ "flow_token": text(&step, "flow_token"), "otp": texted(&world, PHONE, 7).await });
    let (by_both, _, _) = from(&node, 2, "/otp_verification", &second).await;

    assert_eq!([by_code, by_both], [StatusCode::OK; 2]);
    from(&node, 3, "/login", &json!({ "phone_number": PHONE, "carrier": "token" })).await;
    assert_eq!(sent(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_strangers_used_up_is_open_again_to_one_code_after_a_twentieth_of_a_day() {
    let world = behind_a_proxy(Engine::Postgres).await.with("limits.sms", "off");
    let node = world.serve().await;
    Client::of(&node).member(&world, EMAIL, PHONE).await;
    let stranger = json!({ "phone_number": PHONE, "carrier": "token" });
    guess_twenty(&[&node]).await;
    let shut = by_code(&world, &node, 1, &stranger, 7).await;

    let elapsed = "UPDATE buckets SET state = state - 72 * 60 * 1000000::bigint WHERE kind = 'wrong_codes'";
    world.execute(elapsed);
    let open = by_code(&world, &node, 2, &stranger, 8).await;
    // A right code gives its try back; a wrong one does not.
    let again = by_code(&world, &node, 3, &stranger, 9).await;
    let (_, started, _) = from(&node, 4, "/login", &stranger).await;
    let wrong = json!({ "flow_token": text(&started, "flow_token"), "otp": "000000" });
    from(&node, 4, "/otp_verification", &wrong).await;
    let shut_again = by_code(&world, &node, 5, &stranger, 11).await;

    assert_eq!([shut, shut_again], [StatusCode::UNAUTHORIZED; 2]);
    assert_eq!([open, again], [StatusCode::OK; 2]);
}
