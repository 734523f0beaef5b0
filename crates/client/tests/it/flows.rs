use std::time::Duration;

use doorward_client::{Channel, Client, Factor, Login, Reset};
use doorward_fixture::Doorward;

use crate::people::{EMAIL, NEW_PASSWORD, PASSWORD, PHONE, ada, member, signed_in};

#[tokio::test]
async fn who_registers_logs_in_and_sees_the_account() {
    let doorward = Doorward::start().await;

    let (_, session) = member(&doorward).await;

    let user = session.me().await.unwrap();
    assert_eq!((user.email.as_str(), user.phone_number.as_deref()), (EMAIL, Some(PHONE)));
    assert_eq!(user.factors, [Factor::Password, Factor::Sms]);
}

#[tokio::test]
async fn a_wrong_code_tells_how_many_tries_are_left_and_the_flow_goes_on() {
    let doorward = Doorward::start().await;
    let client = Client::new(doorward.url()).unwrap();
    let flow = client.register(&ada()).await.unwrap();
    let code = doorward.code(EMAIL).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };

    let refused = flow.verify_email(wrong).await.unwrap_err();
    let registered = flow.verify_email(&code).await;

    let problem = refused.problem().unwrap();
    assert_eq!((problem.code.as_str(), problem.status, problem.attempts_left), ("otp_incorrect", 401, Some(4)));
    assert!(problem.request_id.is_some());
    assert_eq!(registered.unwrap().user.email, EMAIL);
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named() {
    let doorward = Doorward::start().await;
    let client = Client::new(doorward.url()).unwrap();
    let mut registration = ada();
    (registration.email, registration.phone_number) = ("ada", "12");

    let refused = client.register(&registration).await.unwrap_err();

    let problem = refused.problem().unwrap();
    let fields: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!((problem.code.as_str(), fields), ("invalid", vec!["email", "phone_number"]));
}

#[tokio::test]
async fn a_code_is_sent_again_when_it_may_be_and_no_sooner() {
    let doorward = Doorward::start().await;
    let client = Client::new(doorward.url()).unwrap();
    let mut flow = client.register(&ada()).await.unwrap();

    let too_early = flow.resend().await.unwrap_err();
    doorward.advance(Duration::from_secs(30));
    let again = flow.resend().await.map(|info| info.channel.clone());

    assert!(too_early.is("resend_too_early"), "{too_early}");
    assert_eq!(too_early.problem().unwrap().retry_after(), Some(Duration::from_secs(30)));
    assert_eq!(again.unwrap(), "email");
    assert!(flow.show().await.unwrap().delivery.is_some());
}

#[tokio::test]
async fn a_code_goes_by_the_channel_that_is_asked_for() {
    let doorward = Doorward::start().await;
    let (client, _) = member(&doorward).await;
    let mut flow = client.login_by_phone(PHONE).await.unwrap();
    doorward.advance(Duration::from_secs(30));

    // The service of these tests has nobody who calls.
    let refused = flow.resend_by(Channel::Voice).await.unwrap_err();
    let again = flow.resend_by(Channel::Sms).await.map(|info| info.channel.clone());

    assert!(refused.is("invalid"), "{refused}");
    assert_eq!(again.unwrap(), "sms");
}

#[tokio::test]
async fn a_password_is_followed_by_the_second_factor() {
    let doorward = Doorward::start().await;
    let (client, _) = member(&doorward).await;

    let wrong = client.login_by_password(EMAIL, NEW_PASSWORD).await.unwrap_err();
    let login = client.login_by_password(EMAIL, PASSWORD).await.unwrap();

    assert!(wrong.is("credentials_incorrect"), "{wrong}");
    let Login::Code(flow) = login else { panic!("{login:?}") };
    assert_eq!(flow.info().channel, "sms");
    let session = signed_in(flow.verify_code(&doorward.code(PHONE).await).await.unwrap());
    assert_eq!(session.me().await.unwrap().email, EMAIL);
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_and_ends_every_session() {
    let doorward = Doorward::start().await;
    let (client, session) = member(&doorward).await;

    let flow = client.forgot_password(EMAIL).await.unwrap();
    let reset = flow.reset(&doorward.code(EMAIL).await, NEW_PASSWORD).await.unwrap();

    assert!(matches!(reset, Reset::Done), "{reset:?}");
    assert!(session.me().await.unwrap_err().is("refresh_invalid"));
    assert!(matches!(client.login_by_password(EMAIL, NEW_PASSWORD).await.unwrap(), Login::Code(_)));
}
