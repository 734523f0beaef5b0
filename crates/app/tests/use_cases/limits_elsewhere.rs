//! Limits of passwords, resets, undos and introspection.

use doorward_app::{
    flow::{FlowView, LoginStep, Next},
    limits::{AdmitError, Caller},
    password_login::{PasswordAttempt, PasswordLoginError},
    recovery::ResetError,
    sessions::RefreshError,
    undo::UndoError,
};
use doorward_kernel::{AuditKind, Client, Secret};
use doorward_limit::{Limit, Limits};
use doorward_otp::{Code, EnteredCode, Step, Target};
use doorward_session::Carrier;
use doorward_testkit::fixtures;
use doorward_user::Password;

use crate::world::{PASSWORD, World, device, new_password, of_identifiers, stranger};

/// None but those of identifiers, and none for SMS.
fn without_sms() -> Limits {
    Limits { sms: Limit::OFF, ..of_identifiers() }
}

async fn log_in(
    world: &World,
    identifier: Target,
    password: &str,
    caller: &Caller,
) -> Result<LoginStep, PasswordLoginError> {
    let password = Password::parse(password).unwrap();
    let (carrier, client, caller) = (Carrier::Token, Client::default(), caller.clone());
    world.password_login.log_in(&PasswordAttempt { identifier, password, flow: None, carrier, client, caller }).await
}

fn email() -> Target {
    Target::Email(fixtures::email(1))
}

fn is_denied(outcome: &Result<LoginStep, PasswordLoginError>) -> bool {
    matches!(outcome, Err(PasswordLoginError::Incorrect { attempts_left: None }))
}

async fn reset(world: &World, flow: &FlowView, code: &Code) -> Result<(), ResetError> {
    let attempt = world.attempt(flow, Step::EmailCode).await?;
    let code = EnteredCode::Digits(code.clone());
    world.recovery.reset(attempt, code, &new_password("some-quite-other-words-7")).await.map(drop)
}

#[tokio::test]
async fn twenty_wrong_passwords_shut_an_address_for_strangers_and_not_for_its_owners_device() {
    let world = World::limited(without_sms());
    let owner = world.member(1).await;
    for n in 0..20 {
        assert!(is_denied(&log_in(&world, email(), "not the password", &stranger(n)).await));
    }

    let own = device(&world, &owner);
    let flow = world.password_login.start(fixtures::email(1), &own).await.unwrap();
    let of_flow = world.verification.find_open(world.id(&flow), &[Step::Password], &own).await.unwrap();
    let attempt = PasswordAttempt {
        identifier: email(),
        password: Password::parse(PASSWORD).unwrap(),
        flow: Some(of_flow),
        carrier: Carrier::Token,
        client: Client::default(),
        caller: own.clone(),
    };

    assert!(is_denied(&log_in(&world, email(), PASSWORD, &stranger(50)).await));
    assert!(log_in(&world, email(), PASSWORD, &own).await.is_ok());
    assert!(world.password_login.log_in(&attempt).await.is_ok());
}

#[tokio::test]
async fn a_used_up_address_that_nobody_has_is_denied_like_any_other() {
    let world = World::limited(Limits { ip_failures: Limit::parse("30/1d").unwrap(), ..without_sms() });
    world.member(1).await;

    for n in [1, 9] {
        let (here, address) = (stranger(n), Target::Email(fixtures::email(n)));
        for _ in 0..30 {
            assert!(is_denied(&log_in(&world, address.clone(), "not the password", &here).await));
        }
        let refused = log_in(&world, address, "not the password", &here).await;
        assert!(matches!(refused, Err(PasswordLoginError::Limited { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn right_passwords_use_up_nothing() {
    let world = World::limited(Limits { ip_failures: Limit::parse("2/1d").unwrap(), ..without_sms() });
    world.member(1).await;

    for _ in 0..30 {
        assert!(log_in(&world, email(), PASSWORD, &stranger(1)).await.is_ok());
    }
}

#[tokio::test]
async fn while_sms_is_paused_a_right_password_leads_on_by_mail() {
    let world = World::limited(without_sms());
    world.member(1).await;
    world.operator().pause_sms().await.unwrap();
    world.settle().await;

    let step = log_in(&world, email(), PASSWORD, &stranger(1)).await.unwrap();
    let LoginStep::More(flow) = step else { panic!("one factor opened a session") };
    let by_mail = world.binding.ask_by_mail(world.id(&flow), &stranger(1)).await.unwrap();
    let code = world.code(fixtures::email(1).as_str()).await;
    let attempt = world.attempt(&by_mail, Step::EmailCode).await.unwrap();

    assert_eq!(flow.next, Next::OtpVerification);
    assert!(world.binding.verify_email(attempt, &code, Carrier::Token, Client::default()).await.is_ok());
}

#[tokio::test]
async fn strangers_who_ask_for_resets_neither_fill_a_mailbox_nor_take_the_code_away() {
    let world = World::limited(without_sms());
    let owner = world.member(1).await;
    world.wait(100_000);
    world.deliver().await;
    let mails = world.mail.sent().len();
    let mut last = None;
    for n in 0..3 {
        last = Some(world.recovery.request(fixtures::email(1), &stranger(n)).await.unwrap());
        // Mails of one instant go out in any order.
        world.wait(1);
    }
    let code = world.code(fixtures::email(1).as_str()).await;

    let withheld = world.recovery.request(fixtures::email(1), &stranger(4)).await.unwrap();
    world.deliver().await;
    assert_eq!(world.mail.sent().len() - mails, 3);
    assert!(matches!(reset(&world, &withheld, &code).await, Err(ResetError::Incorrect { attempts_left: 4 })));

    world.recovery.request(fixtures::email(1), &device(&world, &owner)).await.unwrap();
    let code_of_device = world.code(fixtures::email(1).as_str()).await;
    assert_eq!(world.mail.sent().len() - mails, 4);
    assert_ne!(code.reveal(), code_of_device.reveal());
    reset(&world, last.as_ref().unwrap(), &code).await.unwrap();
}

#[tokio::test]
async fn a_withheld_reset_leaves_the_one_that_was_sent_open() {
    let world = World::limited(without_sms());
    world.member(1).await;
    world.wait(100_000);
    for n in 0..2 {
        world.recovery.request(fixtures::email(1), &stranger(n)).await.unwrap();
    }
    world.deliver().await;
    let sent = world.recovery.request(fixtures::email(1), &stranger(3)).await.unwrap();
    let code = world.code(fixtures::email(1).as_str()).await;
    for n in 4..9 {
        world.recovery.request(fixtures::email(1), &stranger(n)).await.unwrap();
    }

    reset(&world, &sent, &code).await.unwrap();

    let withheld = world.store.audit().iter().filter(|event| event.kind == AuditKind::EmailBudgetExhausted).count();
    assert_eq!(withheld, 5);
}

#[tokio::test]
async fn a_host_that_calls_too_often_is_told_to_wait_everywhere() {
    let world = World::limited(Limits { ip_credentials: Limit::parse("1/1h").unwrap(), ..without_sms() });
    let (email, here) = (fixtures::email(1), stranger(1));
    world.password_login.start(email.clone(), &here).await.unwrap();

    let started = world.password_login.start(email.clone(), &here).await;
    assert!(matches!(started, Err(AdmitError::Limited { retry_after: 3600 })), "{started:?}");
    assert!(matches!(world.recovery.request(email, &here).await, Err(AdmitError::Limited { .. })));
    assert!(matches!(world.undo.undo("un_junk", &here).await, Err(UndoError::Limited { .. })));
    assert!(matches!(world.authentication.refresh("rt_junk", &here).await, Err(RefreshError::Limited { .. })));
    let tried = log_in(&world, self::email(), PASSWORD, &here).await;
    assert!(matches!(tried, Err(PasswordLoginError::Limited { .. })), "{tried:?}");
}

#[tokio::test]
async fn wrong_secrets_of_servers_are_counted_per_host_and_right_ones_are_not() {
    let world = World::limited(without_sms());
    let introspection = &world.introspection;
    let name = doorward_app::clients::ClientName::parse("orders").unwrap();
    let registered = introspection.clients.add(name).await.unwrap().unwrap();
    let credentials = |secret: &str| doorward_app::clients::Credentials {
        client: Some(registered.server.id),
        secret: Secret::new(secret.to_owned()),
    };
    let (right, here) = (credentials(registered.secret.reveal()), stranger(1));
    for _ in 0..30 {
        assert!(introspection.is_for(&right, &here).await.unwrap());
    }

    for _ in 0..10 {
        assert!(!introspection.is_for(&credentials("cs_wrong"), &here).await.unwrap());
    }
    let refused = introspection.is_for(&credentials("cs_wrong"), &here).await;

    assert!(matches!(refused, Err(AdmitError::Limited { .. })), "{refused:?}");
    assert!(introspection.is_for(&right, &here).await.unwrap(), "a neighbour's failures shut nobody out");
}
