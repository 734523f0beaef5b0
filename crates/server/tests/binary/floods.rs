//! Strangers who have one address written to by every call that writes: its mails stay few, over all kinds of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    client::{Client, text},
    doorward::{Doorward, Engine, World},
    strangers::{behind_a_proxy, from, registration},
};

const EMAIL: &str = "ada@example.com";
const NO_EMAIL: &str = "alan@example.com";
const PHONE: &str = "+14155552671";

/// The answer of a flow, without what differs by chance.
fn shape(flow: &Value) -> String {
    let members: Vec<_> = flow.as_object().unwrap().keys().map(String::as_str).collect();
    let [next, destination, left] = ["next", "destination", "attempts_left"].map(|member| &flow[member]);
    format!("{} {next} {destination} {left} {}", members.join(" "), flow["resend_at"].is_null())
}

/// Fifty resets, fifty registrations, and a resend of each second one, all for the address and from
/// as many places; what the answers look like.
async fn flood(node: &Doorward, first: u32, email: &str) -> BTreeSet<String> {
    let mut shapes = BTreeSet::new();
    for place in first..first + 50 {
        let forgot = json!({ "email": email, "carrier": "token" });
        let (forgotten, of_reset, _) = from(node, place, "/forgot_password", &forgot).await;
        let (registered, flow, _) = from(node, 100 + place, "/register", &registration(email, PHONE)).await;
        let named = if place % 2 == 0 { &of_reset } else { &flow };
        let named = json!({ "flow_token": text(named, "flow_token") });
        let (again, sent, _) = from(node, 200 + place, "/resend_otp", &named).await;
        shapes.insert(format!("reset {forgotten} {}", shape(&of_reset)));
        shapes.insert(format!("registration {registered} {}", shape(&flow)));
        shapes.insert(format!("resend {again} {}", shape(&sent)));
    }
    shapes
}

/// Counts the mails to the address, with codes and without.
fn mails(world: &World, email: &str) -> [usize; 2] {
    let mails = world.mail.mails();
    let to: Vec<_> = mails.iter().filter(|mail| mail.to.iter().any(|to| to == email)).collect();
    let codes = to.iter().filter(|mail| mail.code().is_some()).count();
    [codes, to.len() - codes]
}

async fn at_most_five_codes(engine: Engine) {
    let world = behind_a_proxy(engine).await.with("otp.resend_after", r#"["0s"]"#);
    let node = world.serve().await;
    Client::of(&node).member(&world, EMAIL, PHONE).await;
    world.mail.wait_for_mail(|mail| mail.subject.contains("number")).await;
    let notices = mails(&world, EMAIL)[1];

    let of_owner = flood(&node, 1000, EMAIL).await;
    let of_nobody = flood(&node, 2000, NO_EMAIL).await;
    // A mail to another address leaves after all of them.
    from(&node, 1, "/register", &registration("grace@example.com", PHONE)).await;
    world.mail.wait_for_mail(|mail| mail.to.iter().any(|to| to == "grace@example.com")).await;

    assert_eq!(of_owner, of_nobody.iter().map(|shape| shape.replace(NO_EMAIL, EMAIL)).collect());
    assert_eq!(of_owner.len(), 4, "{of_owner:#?}");
    let [codes_to_owner, told_owner] = mails(&world, EMAIL);
    let [codes_to_nobody, told_nobody] = mails(&world, NO_EMAIL);
    // What is not sent to nobody counts as well, so some of the five are never seen.
    assert!((1..=5).contains(&codes_to_owner), "{codes_to_owner}");
    assert!((1..=5).contains(&codes_to_nobody), "{codes_to_nobody}");
    assert_eq!((told_owner - notices, told_nobody), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_for_an_address_gets_at_most_five_codes_and_the_answers_are_alike_on_postgres() {
    at_most_five_codes(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_for_an_address_gets_at_most_five_codes_and_the_answers_are_alike_on_sqlite() {
    at_most_five_codes(Engine::Sqlite).await;
}
