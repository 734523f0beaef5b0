//! Refusals as incidents in the audit: one of each kind and subject in a while.

use std::sync::Arc;

use doorward_app::{clients::Credentials, flow::VerifyError, limits::AdmitError};
use doorward_kernel::{AuditKind, Client, Secret};
use doorward_limit::{Limit, Limits};
use doorward_otp::{Code, Step};
use doorward_session::Carrier;
use doorward_testkit::fixtures;

use super::{WRONG, flood, limit, recorded, try_password, unhindered};
use crate::world::{PASSWORD, World, stranger};

#[tokio::test]
async fn a_hundred_refusals_of_a_host_are_one_event_in_ten_minutes() {
    let world = World::limited(Limits { ip_sends: limit("1/1d"), ..unhindered() });

    assert_eq!(flood(&world, &stranger(1)).await, 99);
    assert_eq!(recorded(&world, AuditKind::IpSendsLimited).await, 1);
    world.wait(599);
    assert_eq!(flood(&world, &stranger(1)).await, 100);
    assert_eq!(recorded(&world, AuditKind::IpSendsLimited).await, 1);
    world.wait(1);
    assert_eq!(flood(&world, &stranger(1)).await, 100);

    assert_eq!(recorded(&world, AuditKind::IpSendsLimited).await, 2);
}

#[tokio::test]
async fn two_hosts_are_two_events_and_two_buckets_are_too() {
    let limits = Limits { ip_sends: limit("1/1d"), ip_credentials: limit("2/1d"), ..unhindered() };
    let world = World::limited(limits);

    flood(&world, &stranger(1)).await;
    flood(&world, &stranger(2)).await;

    assert_eq!(recorded(&world, AuditKind::IpSendsLimited).await, 2);
    assert_eq!(recorded(&world, AuditKind::IpCredentialsLimited).await, 0);
    let network = World::limited(Limits { net_sends: limit("1/1d"), ..unhindered() });
    flood(&network, &stranger(1)).await;
    assert_eq!(recorded(&network, AuditKind::NetSendsLimited).await, 1);
}

#[tokio::test]
async fn events_of_refusals_name_nobody() {
    let world = World::limited(Limits { ip_sends: limit("1/1d"), ..unhindered() });

    flood(&world, &stranger(1)).await;
    world.settle().await;

    let told = world.store.audit().into_iter().find(|event| event.kind == AuditKind::IpSendsLimited).unwrap();
    assert_eq!((told.user, told.session, told.challenge), (None, None, None));
}

#[tokio::test]
async fn an_identifier_that_is_used_up_silently_is_one_event_an_hour() {
    let world = World::limited(Limits { password_failures: limit("3/1d"), ..unhindered() });
    world.member(1).await;
    world.member(2).await;

    assert_eq!(try_password(&world, 1, WRONG, 3).await, 0);
    assert_eq!(recorded(&world, AuditKind::PasswordFailuresLimited).await, 0);
    assert_eq!(try_password(&world, 1, PASSWORD, 50).await, 0);
    assert_eq!(try_password(&world, 2, WRONG, 50).await, 0);
    assert_eq!(recorded(&world, AuditKind::PasswordFailuresLimited).await, 2);
    world.wait(3600);
    assert_eq!(try_password(&world, 1, PASSWORD, 50).await, 0);

    assert_eq!(recorded(&world, AuditKind::PasswordFailuresLimited).await, 3);
}

#[tokio::test]
async fn every_wait_of_an_authenticator_is_one_event_and_its_end_is_another() {
    let world = World::limited(unhindered());
    world.member(1).await;

    try_password(&world, 1, WRONG, 9).await;
    assert_eq!(recorded(&world, AuditKind::AuthenticatorWaiting).await, 0);
    try_password(&world, 1, WRONG, 50).await;
    assert_eq!(recorded(&world, AuditKind::AuthenticatorWaiting).await, 1);
    for _ in 11..30 {
        world.wait(3600);
        try_password(&world, 1, WRONG, 10).await;
    }
    assert_eq!(recorded(&world, AuditKind::AuthenticatorWaiting).await, 20);
    assert_eq!(recorded(&world, AuditKind::AuthenticatorDisabled).await, 0);
    for _ in 0..10 {
        world.wait(3600);
        try_password(&world, 1, WRONG, 10).await;
    }

    assert_eq!(recorded(&world, AuditKind::AuthenticatorWaiting).await, 20);
    assert_eq!(recorded(&world, AuditKind::AuthenticatorDisabled).await, 1);
}

#[tokio::test]
async fn a_right_password_after_nine_wrong_ones_makes_nothing_wait() {
    let world = World::limited(unhindered());
    world.member(1).await;

    try_password(&world, 1, WRONG, 9).await;
    assert_eq!(try_password(&world, 1, PASSWORD, 1).await, 1);

    assert_eq!(recorded(&world, AuditKind::AuthenticatorWaiting).await, 0);
}

#[tokio::test]
async fn wrong_codes_are_one_event_an_hour_and_a_disabled_number_is_one() {
    let limits = Limits { wrong_codes: limit("5/1d"), sms: Limit::OFF, ..unhindered() };
    let mut world = World::limited(limits);
    world.member(1).await;
    world.settle().await;
    world.verification.lockouts.policy.disable_after = 3;

    for _ in 1..=2 {
        for place in 0..10 {
            let flow = world.phone_login.start(fixtures::phone(1), None, &stranger(place)).await.unwrap();
            let attempt = world.attempt(&flow, Step::PhoneCode).await.unwrap();
            let code = Code::parse("000000").unwrap();
            let denied = world.phone_login.verify(attempt, &code, Carrier::Token, Client::default()).await;
            assert!(matches!(denied, Err(VerifyError::Incorrect { .. })), "{denied:?}");
        }
        assert_eq!(recorded(&world, AuditKind::AuthenticatorDisabled).await, 1);
        world.wait(86_400);
    }
    assert_eq!(recorded(&world, AuditKind::WrongCodesLimited).await, 0);
    world.verification.lockouts.policy.disable_after = 30;
    Arc::make_mut(&mut world.verification.lockouts.limiter).limits =
        Arc::new(Limits { wrong_codes: limit("1/1d"), ..unhindered() });
    for place in 0..10 {
        let flow = world.phone_login.start(fixtures::phone(2), None, &stranger(place)).await.unwrap();
        let attempt = world.attempt(&flow, Step::PhoneCode).await.unwrap();
        let code = Code::parse("000000").unwrap();
        world.phone_login.verify(attempt, &code, Carrier::Token, Client::default()).await.unwrap_err();
    }

    assert_eq!(recorded(&world, AuditKind::WrongCodesLimited).await, 1);
}

#[tokio::test]
async fn wrong_secrets_of_resource_servers_are_one_event_a_host() {
    let world = World::new();
    let introspection = &world.introspection;
    let credentials = Credentials { client: None, secret: Secret::new("cs_wrong".to_owned()) };

    for _ in 0..50 {
        for host in [1, 2] {
            let known = introspection.is_for(&credentials, &stranger(host)).await;
            assert!(matches!(known, Ok(false) | Err(AdmitError::Limited { .. })), "{known:?}");
        }
    }

    assert_eq!(recorded(&world, AuditKind::ClientFailuresLimited).await, 2);
}
