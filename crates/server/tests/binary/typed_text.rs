//! Codes, numbers, addresses and names as people type and paste them, from the form to the account.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, PASSWORD, mailed, text, texted},
    doorward::{Engine, World},
};

const FORM: &str = "application/x-www-form-urlencoded";

/// A code in Arabic digits, as a message app copies it.
fn pasted(code: &str) -> String {
    let arabic = code.chars().filter_map(|c| char::from_u32(0x660 + c.to_digit(10)?));
    format!("\u{2068}{}\u{2069}\u{a0}\r\n", arabic.collect::<String>())
}

async fn registered_with_one_name(engine: Engine) {
    let world = World::new(engine).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let (email, phone) = ("ada@example.com", "+14155552671");
    // `+` is not encoded, and the text before the address is a byte order mark.
    let body = format!(
        "first_name=%E0%B4%AE%E0%B5%8B%E0%B4%B9%E0%B4%A8%E0%B5%8D%E2%80%8D&last_name=&email=%EF%BB%BF{email}%0D%0A\
         &phone_number=+1+415%E2%80%93555-2671&password={PASSWORD}&locale=sv-FI"
    );

    let started = client.post_text("/register", FORM, body.into_bytes()).await;
    assert_eq!(started.status, StatusCode::ACCEPTED, "{started:?}");
    let code = mailed(&world, email).await;
    let registered = client.verify_email(&text(&started.body, "flow_token"), &pasted(&code)).await;

    assert_eq!(registered.status, StatusCode::CREATED, "{registered:?}");
    let user = &registered.body["user"];
    assert_eq!((&user["first_name"], &user["last_name"]), (&json!("മോഹന\u{d4d}\u{200d}"), &json!(null)));
    assert_eq!((&user["phone_number"], &user["locale"]), (&json!(phone), &json!("en")));
    assert!(!world.mail.mails().iter().any(|mail| format!("{mail:?}").contains("മോഹ")), "a mail carries a name");
    let flow = client.login(&format!("{phone}\n"), Some(&text(&registered.body, "flow_token"))).await;
    let tokens = client.enter(&flow, &pasted(&texted(&world, phone, 1).await)).await;
    assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
    let access = text(&tokens.body, "access_token");
    for (last_name, kept) in [
        (json!(" Raj a/l Kumar\t"), json!("Raj a/l Kumar")),
        (json!(null), json!("Raj a/l Kumar")),
        (json!(""), json!(null)),
    ] {
        let change = json!({ "password": PASSWORD, "first_name": "Ada", "last_name": last_name });
        let changed = client.post_as(&access, "/update_details", &change).await;
        assert_eq!((changed.status, &changed.body["user"]["last_name"]), (StatusCode::OK, &kept), "{changed:?}");
    }
    let shown: Value = world.ask(&["user", "show", "\u{feff}ADA@example.com\u{a0}"]);
    assert_eq!((&shown["first_name"], &shown["last_name"]), (&json!("Ada"), &json!(null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_one_name_and_pastes_all_the_rest_registers_on_postgres() {
    registered_with_one_name(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_one_name_and_pastes_all_the_rest_registers_on_sqlite() {
    registered_with_one_name(Engine::Sqlite).await;
}
