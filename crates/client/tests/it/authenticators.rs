//! Authenticator apps: bound, asked for in each flow, and removed.

use std::time::Duration;

use doorward_client::{AuthenticatorSetup, Bound, Client, Factor, Login, RecoveryCodes, Reset, Session, StepUp};
use doorward_fixture::Doorward;

use crate::people::{EMAIL, NEW_PASSWORD, PASSWORD, PHONE, member, signed_in};

/// A code of the app, of a later half-minute than any before: each is good once.
fn next_code(doorward: &Doorward, secret: &str) -> String {
    doorward.advance(Duration::from_secs(30));
    doorward.authenticator_code(secret)
}

/// Somebody who has bound an app; its secret comes along, and the recovery codes.
async fn with_authenticator(doorward: &Doorward) -> (Client, Session, String, RecoveryCodes) {
    let (client, session) = member(doorward).await;
    let setup = session.bind_authenticator().await.unwrap();
    let secret = setup.key().secret.clone();
    let bound = setup.confirm(&next_code(doorward, &secret), Some(PASSWORD)).await.unwrap();
    let Bound::Active(codes) = bound else { panic!("{bound:?}") };
    (client, session, secret, codes)
}

#[tokio::test]
async fn an_app_is_bound_by_its_first_code() {
    let doorward = Doorward::start().await;
    let (_, session) = member(&doorward).await;

    let setup: AuthenticatorSetup = session.bind_authenticator().await.unwrap();
    let refused = setup.confirm("000000", Some(PASSWORD)).await.unwrap_err();
    let bound = setup.confirm(&next_code(&doorward, &setup.key().secret), Some(PASSWORD)).await.unwrap();

    assert!(refused.is("otp_incorrect"), "{refused}");
    assert!(setup.key().otpauth_url.starts_with("otpauth://totp/"), "{}", setup.key().otpauth_url);
    let Bound::Active(codes) = &bound else { panic!("{bound:?}") };
    assert_eq!(codes.codes.len(), 10);
    assert!(!format!("{setup:?} {bound:?}").contains(&codes.codes[0]));
    assert_eq!(session.me().await.unwrap().factors, [Factor::Password, Factor::Sms, Factor::Totp]);
}

#[tokio::test]
async fn a_session_that_has_shown_a_number_alone_binds_an_app_for_later() {
    let doorward = Doorward::start().await;
    let (_, session) = member(&doorward).await;

    let setup = session.bind_authenticator().await.unwrap();
    let bound = setup.confirm(&next_code(&doorward, &setup.key().secret), None).await.unwrap();

    let Bound::Pending { until } = bound else { panic!("{bound:?}") };
    assert!(until > session.me().await.unwrap().updated_at, "{until}");
}

#[tokio::test]
async fn a_login_asks_for_a_code_of_the_app_or_takes_a_recovery_code() {
    let doorward = Doorward::start().await;
    let (client, _, secret, recovery) = with_authenticator(&doorward).await;

    for code in [next_code(&doorward, &secret), recovery.codes[0].clone()] {
        let login = client.login_by_password(EMAIL, PASSWORD).await.unwrap();

        let Login::Authenticator(flow) = login else { panic!("{login:?}") };
        assert_eq!(flow.info().channel, "totp");
        let session = signed_in(flow.verify_code(&code).await.unwrap());
        assert_eq!(session.me().await.unwrap().email, EMAIL);
    }
}

#[tokio::test]
async fn who_has_lost_the_app_is_asked_by_mail() {
    let doorward = Doorward::start().await;
    let (client, ..) = with_authenticator(&doorward).await;

    let login = client.login_by_password(EMAIL, PASSWORD).await.unwrap();
    let Login::Authenticator(flow) = login else { panic!("{login:?}") };
    let flow = flow.ask_by_mail().await.unwrap();
    let session = flow.verify_email(&doorward.code(EMAIL).await).await.unwrap();

    // It may bind a number or an app and nothing else.
    assert!(session.me().await.unwrap_err().is("binding_required"));
    session.bind_authenticator().await.unwrap();
}

#[tokio::test]
async fn a_step_up_asks_for_a_code_of_the_app() {
    let doorward = Doorward::start().await;
    let (_, session, secret, _) = with_authenticator(&doorward).await;
    let before = session.tokens().await;

    let asked = session.step_up().await.unwrap();
    let StepUp::Authenticator(flow) = asked else { panic!("{asked:?}") };
    flow.verify_code(&next_code(&doorward, &secret)).await.unwrap();

    assert_ne!(session.tokens().await.access_token, before.access_token);
}

#[tokio::test]
async fn a_forgotten_password_is_set_by_mail_and_app() {
    let doorward = Doorward::start().await;
    let (client, _, secret, _) = with_authenticator(&doorward).await;

    let flow = client.forgot_password(EMAIL).await.unwrap();
    let reset = flow.reset(&doorward.code(EMAIL).await, NEW_PASSWORD).await.unwrap();
    let Reset::Authenticator(flow) = reset else { panic!("{reset:?}") };
    flow.reset(&next_code(&doorward, &secret), NEW_PASSWORD).await.unwrap();

    assert!(client.login_by_password(EMAIL, PASSWORD).await.unwrap_err().is("credentials_incorrect"));
    assert!(matches!(client.login_by_password(EMAIL, NEW_PASSWORD).await.unwrap(), Login::Authenticator(_)));
}

#[tokio::test]
async fn recovery_codes_are_renewed_and_the_app_is_removed() {
    let doorward = Doorward::start().await;
    let (client, session, secret, former) = with_authenticator(&doorward).await;

    let renewed = session.renew_recovery_codes(PASSWORD, &next_code(&doorward, &secret)).await.unwrap();
    let spent = session.remove_authenticator(PASSWORD, &former.codes[0]).await.unwrap_err();
    session.remove_authenticator(PASSWORD, &renewed.codes[0]).await.unwrap();

    assert!(spent.is("otp_incorrect"), "{spent}");
    assert_eq!(session.me().await.unwrap().factors, [Factor::Password, Factor::Sms]);
    let login = client.login_by_password(EMAIL, PASSWORD).await.unwrap();
    let Login::Code(flow) = login else { panic!("{login:?}") };
    signed_in(flow.verify_code(&doorward.code(PHONE).await).await.unwrap());
}
