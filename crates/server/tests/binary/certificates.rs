//! Providers that show the certificate of another host: nothing is sent to them, and no secret of ours is logged.

use reqwest::StatusCode;

use crate::{
    client::{Client, mailed, text, texted},
    doorward::{Engine, TWILIO_TOKEN, World},
    keys::until,
    tls::Authority,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

/// Waits until a try has failed for the certificate.
async fn refused(world: &World) {
    until("the certificate is refused", async || world.run(&["outbox", "list"]).contains("certificate")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sms_provider_with_the_certificate_of_another_host_is_sent_nothing() {
    let world = World::new(Engine::Sqlite).await;
    let authority = Authority::new();
    let stub = world.sms.base_url().trim_start_matches("http://").to_owned();
    let [wrong, right] = [authority.front("elsewhere.example", &stub).await, authority.front("localhost", &stub).await];
    let world = world.trusting(&authority.file()).with("twilio.base_url", &format!("https://localhost:{wrong}"));
    let mut node = world.serve().await;
    let client = Client::of(&node);
    let flow = client.register(EMAIL, PHONE).await;
    let verified = client.verify_email(&flow, &mailed(&world, EMAIL).await).await;
    assert_eq!(verified.status, StatusCode::CREATED, "{verified:?}");
    let flow = client.login(PHONE, Some(&text(&verified.body, "flow_token"))).await;
    refused(&world).await;
    assert_eq!(world.sms.requests().len(), 0);
    assert!(!node.log().contains(TWILIO_TOKEN));

    node.kill();
    let world = world.with("twilio.base_url", &format!("https://localhost:{right}"));
    let node = world.serve().await;

    let code = texted(&world, PHONE, 1).await;
    assert_eq!(Client::of(&node).enter(&flow, &code).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_with_the_certificate_of_another_host_is_handed_nothing() {
    let world = World::new(Engine::Sqlite).await;
    let authority = Authority::new();
    let sink = world.mail.url().trim_start_matches("smtp://").to_owned();
    let [wrong, right] = [authority.front("elsewhere.example", &sink).await, authority.front("localhost", &sink).await];
    let world = world.trusting(&authority.file()).with("smtp.url", &format!("smtps://localhost:{wrong}"));
    let mut node = world.serve().await;
    Client::of(&node).register(EMAIL, PHONE).await;
    refused(&world).await;
    assert_eq!(world.mail.mails().len(), 0);

    node.kill();
    let world = world.with("smtp.url", &format!("smtps://localhost:{right}"));
    let _node = world.serve().await;

    assert_eq!(world.mail.wait_for(1).await.len(), 1);
}
