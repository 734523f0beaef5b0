use std::sync::Arc;

use doorward_app::{
    flow::{FlowView, FoundFlow, LoginStep, Next, VerifyError},
    limits::{Caller, SmsPolicy},
    password_login::PasswordLoginError,
};
use doorward_kernel::{AuditKind, Client, Country, EmailAddress};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Channel, Code, Step};
use doorward_session::{Assurance, Carrier, Method, Methods};
use doorward_testkit::{fakes::PlainHasher, fixtures};
use doorward_user::{MockUsers, Password, PhoneHolders, UserStatus};

use crate::world::{PASSWORD, World, device, signed_in, wrong};

async fn start(world: &World, n: u32, flow: Option<FoundFlow>) -> FlowView {
    world.phone_login.start(fixtures::phone(n), flow, &Caller::default()).await.unwrap()
}

async fn finish(
    world: &World,
    flow: &FlowView,
    email: &EmailAddress,
    password: &str,
) -> Result<LoginStep, PasswordLoginError> {
    let attempt = world.attempt(flow, Step::Password).await?;
    let password = Password::parse(password).unwrap();
    world.phone_login.finish_with_password(attempt, email, &password, Carrier::Token, Client::default()).await
}

#[tokio::test]
async fn the_login_that_continues_a_registration_verifies_the_number() {
    let world = World::new();
    let registered = world.account(1).await;
    let continuation = world.named(&registered.continuation).await;

    let flow = world.phone_login.start(fixtures::phone(1), continuation, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    let signed_in = signed_in(world.enter(&flow, &code).await.unwrap());

    assert!(signed_in.user.has_verified(&fixtures::phone(1)));
    assert_eq!(signed_in.session.methods, Methods::new(&[Method::Sms]));
    assert_eq!(world.notices(&fixtures::email(1)).await, [NoticeTemplate::PhoneChanged]);
}

#[tokio::test]
async fn a_verified_number_logs_in_again_from_its_device_and_tells_nobody() {
    let world = World::new();
    let own = device(&world, &world.member(1).await);
    world.deliver().await;
    let before = world.mail.sent().len();

    let flow = world.phone_login.start(fixtures::phone(1), None, &own).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    let again = signed_in(world.enter(&flow, &code).await.unwrap());

    assert_eq!(world.authentication.policy.assurance(&again.session, fixtures::now()), Assurance::Aal1);
    world.deliver().await;
    assert_eq!(world.mail.sent().len(), before);
}

#[tokio::test]
async fn the_workers_are_woken_for_what_is_sent_and_for_no_session() {
    let world = World::new();
    let flow = start(&world, 1, world.named(&world.account(1).await.continuation).await).await;
    let code = world.code(fixtures::phone(1).as_str()).await;
    let woken = world.signal.notified();
    let first = signed_in(world.enter(&flow, &code).await.unwrap());
    let by_proof = world.signal.notified();

    let own = device(&world, &first);
    let flow = world.phone_login.start(fixtures::phone(1), None, &own).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    let by_start = world.signal.notified();
    world.enter(&flow, &code).await.unwrap();

    assert_eq!((by_proof, by_start, world.signal.notified()), (woken + 1, woken + 2, woken + 2));
}

#[tokio::test]
async fn a_right_code_looks_for_its_flow_and_account_at_once() {
    let mut world = World::new();
    world.member(1).await;
    let flow = start(&world, 1, None).await;
    let code = world.code(fixtures::phone(1).as_str()).await;
    // Whoever asks them for anything panics.
    world.phone_login.users = Arc::new(MockUsers::new());

    let again = signed_in(world.enter(&flow, &code).await.unwrap());

    assert!(again.user.has_verified(&fixtures::phone(1)));
}

#[tokio::test]
async fn the_worker_looks_up_no_number_that_a_start_has_just_found_verified_or_not() {
    let mut world = World::new();
    world.member(1).await;
    world.account(2).await;
    world.account(3).await;
    world.deliver().await;
    let sent = world.sms.sent().len();
    start(&world, 2, None).await;
    world.wait(2);
    start(&world, 1, None).await;
    start(&world, 3, None).await;
    let mut users = MockUsers::new();
    users
        .expect_find_by_phone()
        .withf(|number| *number == fixtures::phone(2))
        .times(1)
        .returning(|_| Ok(PhoneHolders::default()));
    Arc::make_mut(&mut world.delivery.gate.limiter).users = Arc::new(users);

    world.deliver().await;

    assert_eq!(world.sms.sent().len(), sent + 3);
}

#[tokio::test]
async fn an_unknown_number_gets_a_flow_that_never_succeeds_and_nothing_is_sent() {
    let world = World::new();
    world.member(1).await;
    world.deliver().await;
    let sent = world.sms.sent().len();

    let known = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let unknown = world.phone_login.start(fixtures::phone(9), None, &Caller::default()).await.unwrap();
    world.deliver().await;

    assert_eq!(
        (known.next, known.channel, known.attempts_left),
        (unknown.next, unknown.channel, unknown.attempts_left)
    );
    assert_eq!(world.sms.sent().len(), sent + 1);
    for left in (0..5).rev() {
        let denied = world.enter(&unknown, &Code::parse("000000").unwrap()).await;
        assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left }) if attempts_left == left));
    }
    assert!(matches!(world.enter(&unknown, &Code::parse("000000").unwrap()).await, Err(VerifyError::Closed)));
}

#[tokio::test]
async fn a_number_nobody_has_verified_asks_strangers_for_the_password() {
    let world = World::new();
    world.account(1).await;

    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    let LoginStep::More(next) = world.enter(&flow, &code).await.unwrap() else { panic!("no password is asked for") };

    assert_eq!((next.next, next.channel), (Next::Login, Channel::Password));
    let denied = finish(&world, &next, &fixtures::email(1), "not the password").await;
    assert!(matches!(denied, Err(PasswordLoginError::Incorrect { attempts_left: Some(4) })));
    let denied = finish(&world, &next, &fixtures::email(2), PASSWORD).await;
    assert!(matches!(denied, Err(PasswordLoginError::Incorrect { attempts_left: Some(3) })));
    let signed_in = signed_in(finish(&world, &next, &fixtures::email(1), PASSWORD).await.unwrap());
    assert!(signed_in.user.has_verified(&fixtures::phone(1)));
    assert_eq!(signed_in.session.methods, Methods::new(&[Method::Sms, Method::Password]));
}

#[tokio::test]
async fn the_right_password_of_an_account_without_the_number_is_wrong() {
    let world = World::new();
    world.account(1).await;
    world.account(2).await;
    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    let LoginStep::More(next) = world.enter(&flow, &code).await.unwrap() else { panic!("no password is asked for") };

    let denied = finish(&world, &next, &fixtures::email(2), PASSWORD).await;

    assert!(matches!(denied, Err(PasswordLoginError::Incorrect { attempts_left: Some(4) })));
}

#[tokio::test]
async fn somebody_who_claims_a_victims_number_gains_nothing_and_loses_it() {
    let world = World::new();
    let claim = |email: EmailAddress| {
        let world = &world;
        async move {
            let flow = world.register(&email, &fixtures::phone(1), PASSWORD).await;
            let code = world.code(email.as_str()).await;
            world.verify_email(&flow, &code).await.unwrap()
        }
    };
    let squatter = claim(fixtures::email(2)).await;
    let victim = claim(fixtures::email(1)).await;

    let flow = start(&world, 1, world.named(&victim.continuation).await).await;
    let code = world.code(fixtures::phone(1).as_str()).await;
    let signed_in = signed_in(world.enter(&flow, &code).await.unwrap());

    assert_eq!(signed_in.user.id, victim.user.id);
    let squatter = world.stores.users().find_by_id(squatter.user.id).await.unwrap().unwrap();
    assert_eq!(squatter.phone, None);
    assert_eq!(world.notices(&fixtures::email(2)).await, [NoticeTemplate::PhoneDropped]);
}

#[tokio::test]
async fn whoever_verifies_a_number_takes_it_from_its_former_owner() {
    let world = World::new();
    let former = world.member(1).await;
    let email = fixtures::email(2);
    let flow = world.register(&email, &fixtures::phone(1), PASSWORD).await;
    let registered = world.verify_email(&flow, &world.code(email.as_str()).await).await.unwrap();

    let flow = start(&world, 1, world.named(&registered.continuation).await).await;
    let code = world.code(fixtures::phone(1).as_str()).await;
    signed_in(world.enter(&flow, &code).await.unwrap());

    let former = world.stores.users().find_by_id(former.user.id).await.unwrap().unwrap();
    assert_eq!(former.phone, None);
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::PhoneDropped));
}

#[tokio::test]
async fn a_continuation_is_good_for_its_own_number_only() {
    let world = World::new();
    world.member(1).await;
    let registered = world.account(2).await;

    let flow = start(&world, 1, world.named(&registered.continuation).await).await;
    let code = world.code(fixtures::phone(1).as_str()).await;
    let signed_in = signed_in(world.enter(&flow, &code).await.unwrap());

    assert_eq!(signed_in.user.email, fixtures::email(1));
}

#[tokio::test]
async fn a_disabled_account_looks_unknown() {
    let world = World::new();
    let member = world.member(1).await;
    let audit = fixtures::audit(1, AuditKind::UserDisabled);
    world.stores.accounts().set_status(member.user.id, UserStatus::Disabled, fixtures::now(), audit).await.unwrap();
    world.deliver().await;
    let sent = world.sms.sent().len();

    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    world.deliver().await;

    assert_eq!((flow.next, flow.attempts_left), (Next::OtpVerification, 5));
    assert_eq!(world.sms.sent().len(), sent);
}

#[tokio::test]
async fn nothing_is_sent_to_countries_that_are_not_served() {
    let mut world = World::new();
    world.member(1).await;
    world.deliver().await;
    let sent = world.sms.sent().len();
    let countries = Some(vec![Country::parse("GB").unwrap()]);
    world.phone_login.verification.phone_gate.policy = SmsPolicy { countries, ..SmsPolicy::default() };

    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    world.deliver().await;

    assert_eq!((flow.next, flow.attempts_left), (Next::OtpVerification, 5));
    assert_eq!(world.sms.sent().len(), sent);
}

#[tokio::test]
async fn a_wrong_code_spends_a_try_and_opens_nothing() {
    let world = World::new();
    world.member(1).await;
    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;

    let denied = world.enter(&flow, &wrong(&code)).await;

    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })));
    assert!(world.enter(&flow, &code).await.is_ok());
    assert!(matches!(world.enter(&flow, &code).await, Err(VerifyError::Closed)));
}

#[tokio::test]
async fn the_password_of_an_imported_account_lets_in() {
    let world = World::new();
    world.import(fixtures::user(1), PlainHasher::stale_verifier(fixtures::user_id(1), PASSWORD)).await;
    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    let LoginStep::More(next) = world.enter(&flow, &code).await.unwrap() else { panic!("no password is asked for") };

    assert!(finish(&world, &next, &fixtures::email(1), "not the password").await.is_err());
    let signed_in = signed_in(finish(&world, &next, &fixtures::email(1), PASSWORD).await.unwrap());

    assert!(signed_in.user.has_verified(&fixtures::phone(1)));
}
