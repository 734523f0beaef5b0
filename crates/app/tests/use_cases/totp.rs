use std::time::Duration;

use base32::Alphabet;
use doorward_app::{
    SignedIn,
    factors::Change,
    flow::{FlowView, LoginStep, Next, VerifyError},
    limits::Caller,
    password_login::PasswordAttempt,
    profile::ProfileRequest,
    totp::{Confirmed, TotpError, TotpSetup},
};
use doorward_kernel::{Client, Clock};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Channel, Code, EnteredCode, RecoveryCode, Step, Target, TimeStep, TotpSeed};
use doorward_session::{Carrier, Method, Methods};
use doorward_testkit::fixtures;
use doorward_user::{Factor, Password};

use crate::world::{PASSWORD, World, of_identifiers, signed_in, stranger, wrong};

/// The seed that an app reads from the setup.
pub(crate) fn seed(setup: &TotpSetup) -> TotpSeed {
    let bytes = base32::decode(Alphabet::Rfc4648 { padding: false }, setup.secret.reveal()).unwrap();
    TotpSeed::from_bytes(bytes.try_into().unwrap())
}

/// The code that the app shows at this moment, or so many steps from it.
pub(crate) fn shown(world: &World, seed: &TotpSeed, steps: i64) -> Code {
    let now = TimeStep::at(world.clock.now()).0;
    seed.code(TimeStep(now.checked_add_signed(steps).unwrap()))
}

fn password() -> Password {
    Password::parse(PASSWORD).unwrap()
}

fn recovery_codes(confirmed: Confirmed) -> Vec<RecoveryCode> {
    match confirmed {
        Confirmed::Now(codes) => codes,
        Confirmed::Pending(at) => panic!("pending until {at}"),
    }
}

/// An account with an authenticator app, in a session that it was verified in; its next code is not used yet.
pub(crate) async fn enrolled(world: &World, n: u32) -> (SignedIn, TotpSeed, Vec<RecoveryCode>) {
    let member = world.member(n).await;
    let seed = seed(&world.totp.begin(&member, &Caller::default()).await.unwrap());
    let codes = recovery_codes(
        world.totp.confirm(&member, &shown(world, &seed, -1), Some(&password()), &Caller::default()).await.unwrap(),
    );
    let signed_in = world.stores.sessions().find(member.session.id).await.unwrap().unwrap();
    let session = signed_in.session.stepped_up(Method::Totp, world.clock.now());
    (SignedIn { session, ..signed_in }, seed, codes)
}

/// The login flow of that number, after the right code by SMS.
async fn half_way(world: &World, n: u32) -> FlowView {
    let flow = world.phone_login.start(fixtures::phone(n), None, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(n).as_str()).await;
    match world.enter(&flow, &code).await.unwrap() {
        LoginStep::More(flow) => flow,
        LoginStep::SignedIn(_) => panic!("nothing more is asked for"),
    }
}

async fn verify(world: &World, flow: &FlowView, code: EnteredCode) -> Result<SignedIn, VerifyError> {
    let challenge = world.attempt(flow, Step::Totp).await?;
    let step = world.phone_login.verify_totp(challenge, &code, Carrier::Token, Client::default()).await?;
    Ok(signed_in(step))
}

#[tokio::test]
async fn an_app_that_is_not_confirmed_changes_nothing() {
    let world = World::new();
    let member = world.member(1).await;

    world.totp.begin(&member, &Caller::default()).await.unwrap();

    let again = world.log_in(&fixtures::phone(1)).await;
    assert_eq!(again.user.factors(), [Factor::Password, Factor::Sms]);
    assert!(matches!(
        world.totp.remove(&member, &password(), &EnteredCode::parse("123456").unwrap(), &Caller::default()).await,
        Err(TotpError::NotActive)
    ));
}

#[tokio::test]
async fn the_first_right_code_switches_the_app_on() {
    let world = World::new();
    let member = world.member(1).await;
    let seed = seed(&world.totp.begin(&member, &Caller::default()).await.unwrap());
    let right = shown(&world, &seed, 0);

    let denied = world.totp.confirm(&member, &wrong(&right), Some(&password()), &Caller::default()).await;
    let codes =
        recovery_codes(world.totp.confirm(&member, &right, Some(&password()), &Caller::default()).await.unwrap());

    assert!(matches!(denied, Err(TotpError::Incorrect)));
    assert_eq!(codes.len(), RecoveryCode::SET);
    let user = world.stores.users().find_by_id(member.user.id).await.unwrap().unwrap();
    assert_eq!(user.factors(), [Factor::Password, Factor::Sms, Factor::Totp]);
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::TotpAdded));
    assert!(matches!(
        world.totp.confirm(&member, &right, Some(&password()), &Caller::default()).await,
        Err(TotpError::NotPending)
    ));
    assert!(matches!(world.totp.begin(&member, &Caller::default()).await, Err(TotpError::AlreadyActive)));
}

/// Whoever has only the number must not get past the password by an app of their own.
#[tokio::test]
async fn without_the_password_the_first_code_of_an_app_counts_after_the_hold() {
    let world = World::new();
    let member = world.member(1).await;
    let seed = seed(&world.totp.begin(&member, &Caller::default()).await.unwrap());

    let pending = world.totp.confirm(&member, &shown(&world, &seed, 0), None, &Caller::default()).await.unwrap();

    assert!(matches!(pending, Confirmed::Pending(at) if at == world.clock.now() + Duration::from_hours(24)));
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::AuthenticatorPending));
    assert!(!world.log_in(&fixtures::phone(1)).await.user.has_totp());
    world.wait(86_400);
    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 1);
    assert_eq!(half_way(&world, 1).await.channel, Channel::Totp);
    let kept = world.stores.sessions().find(member.session.id).await.unwrap().unwrap();
    assert_eq!(kept.session.ended_at, None, "what is added ends no session");
}

#[tokio::test]
async fn setups_that_are_begun_without_a_password_use_up_no_change_of_the_owner() {
    let world = World::limited(of_identifiers());
    let member = world.member(1).await;
    let begun = async || world.totp.begin(&member, &stranger(1)).await;
    for _ in 0..5 {
        begun().await.unwrap();
    }
    assert!(matches!(begun().await, Err(TotpError::Limited { .. })));

    let request = ProfileRequest { names: fixtures::names("Ada", "King").into(), ..ProfileRequest::default() };
    let changed = world.profile.change(&member, &Password::parse(PASSWORD).unwrap(), request, &stranger(2)).await;
    let elsewhere = world.totp.begin(&world.log_in(&fixtures::phone(1)).await, &stranger(3)).await;

    assert!(changed.is_ok(), "{changed:?}");
    assert!(elsewhere.is_ok(), "another session has its own");
}

#[tokio::test]
async fn beginning_anew_forgets_what_was_begun_before() {
    let world = World::new();
    let member = world.member(1).await;
    let first = seed(&world.totp.begin(&member, &Caller::default()).await.unwrap());
    let second = seed(&world.totp.begin(&member, &Caller::default()).await.unwrap());

    let denied = world.totp.confirm(&member, &shown(&world, &first, 0), Some(&password()), &Caller::default()).await;

    assert!(matches!(denied, Err(TotpError::Incorrect)));
    assert!(
        world.totp.confirm(&member, &shown(&world, &second, 0), Some(&password()), &Caller::default()).await.is_ok()
    );
}

#[tokio::test]
async fn authenticators_change_after_a_fresh_proof_only() {
    let world = World::new();
    let (member, seed, _) = enrolled(&world, 1).await;
    world.wait(600);
    let code = EnteredCode::Digits(shown(&world, &seed, 0));

    assert!(matches!(world.totp.begin(&member, &Caller::default()).await, Err(TotpError::StepUpRequired(_))));
    assert!(matches!(
        world.totp.remove(&member, &password(), &code, &Caller::default()).await,
        Err(TotpError::StepUpRequired(_))
    ));
    let renewed = world.totp.renew_recovery_codes(&member, &password(), &code, &Caller::default()).await;
    assert!(matches!(renewed, Err(TotpError::StepUpRequired(_))));
}

#[tokio::test]
async fn a_setup_that_waited_too_long_is_not_confirmed() {
    let world = World::new();
    let member = world.member(1).await;
    let seed = seed(&world.totp.begin(&member, &Caller::default()).await.unwrap());

    world.wait(900);

    let session = member.session.clone().stepped_up(Method::Sms, world.clock.now());
    let again = SignedIn { session, ..member };
    assert!(matches!(
        world.totp.confirm(&again, &shown(&world, &seed, 0), Some(&password()), &Caller::default()).await,
        Err(TotpError::NotPending)
    ));
}

#[tokio::test]
async fn an_account_with_an_app_steps_up_by_it() {
    let world = World::new();
    let (member, seed, codes) = enrolled(&world, 1).await;
    world.wait(600);
    let code = EnteredCode::Digits(shown(&world, &seed, 0));
    assert!(matches!(
        world.totp.remove(&member, &password(), &code, &Caller::default()).await,
        Err(TotpError::StepUpRequired(_))
    ));

    let flow = world.step_up.start(&member, &Caller::default()).await.unwrap();
    let challenge = world.attempt(&flow, Step::Totp).await.unwrap();
    let current = world.stores.sessions().find(member.session.id).await.unwrap();
    let renewed = world.step_up.verify(challenge, code, current).await.unwrap();

    assert_eq!((flow.next, flow.channel), (Next::OtpVerification, Channel::Totp));
    let recovery = EnteredCode::Recovery(codes[0].clone());
    assert!(world.totp.remove(&renewed, &password(), &recovery, &Caller::default()).await.is_ok());
}

#[tokio::test]
async fn a_login_by_number_asks_for_a_code_of_the_app() {
    let world = World::new();
    let (_, seed, _) = enrolled(&world, 1).await;

    let flow = half_way(&world, 1).await;
    let session = verify(&world, &flow, EnteredCode::Digits(shown(&world, &seed, 0))).await.unwrap().session;

    assert_eq!((flow.next, flow.channel, flow.resend_at), (Next::OtpVerification, Channel::Totp, None));
    assert_eq!(session.methods, Methods::new(&[Method::Sms, Method::Totp]));
    assert!(matches!(
        verify(&world, &flow, EnteredCode::Digits(shown(&world, &seed, 0))).await,
        Err(VerifyError::Closed)
    ));
}

#[tokio::test]
async fn a_code_counts_once_and_neither_early_nor_late() {
    let world = World::new();
    let (_, seed, _) = enrolled(&world, 1).await;
    world.wait(90);
    let flow = half_way(&world, 1).await;

    for steps in [1, -2] {
        let denied = verify(&world, &flow, EnteredCode::Digits(shown(&world, &seed, steps))).await;
        assert!(matches!(denied, Err(VerifyError::Incorrect { .. })), "{steps}");
    }
    let code = EnteredCode::Digits(shown(&world, &seed, -1));
    assert!(verify(&world, &flow, code.clone()).await.is_ok());
    let denied = verify(&world, &half_way(&world, 1).await, code).await;
    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })));
}

#[tokio::test]
async fn a_recovery_code_stands_in_once_for_its_user_alone() {
    let world = World::new();
    let (_, _, codes) = enrolled(&world, 1).await;
    let (_, _, foreign) = enrolled(&world, 2).await;
    let typed = EnteredCode::parse(&codes[0].grouped().reveal().to_lowercase()).unwrap();

    let denied = verify(&world, &half_way(&world, 1).await, EnteredCode::Recovery(foreign[0].clone())).await;
    let session = verify(&world, &half_way(&world, 1).await, typed.clone()).await.unwrap().session;

    assert!(matches!(denied, Err(VerifyError::Incorrect { .. })));
    assert_eq!(session.methods, Methods::new(&[Method::Sms, Method::RecoveryCode]));
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::RecoveryCodeUsed));
    let again = verify(&world, &half_way(&world, 1).await, typed).await;
    assert!(matches!(again, Err(VerifyError::Incorrect { .. })));
}

#[tokio::test]
async fn new_recovery_codes_take_the_place_of_the_old() {
    let world = World::new();
    let (member, seed, old) = enrolled(&world, 1).await;
    let wrong_password = Password::parse("not the password").unwrap();
    let code = EnteredCode::Digits(shown(&world, &seed, 0));

    let denied = world.totp.renew_recovery_codes(&member, &wrong_password, &code, &Caller::default()).await;
    let new = world.totp.renew_recovery_codes(&member, &password(), &code, &Caller::default()).await.unwrap();

    assert!(matches!(denied, Err(TotpError::PasswordIncorrect)));
    let flow = half_way(&world, 1).await;
    assert!(verify(&world, &flow, EnteredCode::Recovery(old[0].clone())).await.is_err());
    assert!(verify(&world, &flow, EnteredCode::Recovery(new[0].clone())).await.is_ok());
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::RecoveryCodesMade));
}

#[tokio::test]
async fn a_removed_app_is_asked_for_no_more() {
    let world = World::new();
    let (member, _, codes) = enrolled(&world, 1).await;

    world
        .totp
        .remove(&member, &password(), &EnteredCode::Recovery(codes[0].clone()), &Caller::default())
        .await
        .unwrap();

    let again = world.log_in(&fixtures::phone(1)).await;
    assert_eq!(again.user.totp_enabled_at, None);
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::TotpRemoved));
    assert!(world.totp.begin(&again, &Caller::default()).await.is_ok());
}

#[tokio::test]
async fn the_password_of_a_number_nobody_verified_is_followed_by_the_app() {
    let world = World::new();
    let (member, seed, _) = enrolled(&world, 1).await;
    world.store.unverify_number(member.user.id);
    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    let LoginStep::More(asked) = world.enter(&flow, &code).await.unwrap() else { panic!("no password is asked for") };
    let challenge = world.attempt(&asked, Step::Password).await.unwrap();
    let step = world
        .phone_login
        .finish_with_password(challenge, &fixtures::email(1), &password(), Carrier::Token, Client::default())
        .await
        .unwrap();
    let LoginStep::More(asked) = step else { panic!("no code of the app is asked for") };

    let signed_in = verify(&world, &asked, EnteredCode::Digits(shown(&world, &seed, 0))).await.unwrap();

    assert_eq!(signed_in.session.methods, Methods::new(&[Method::Sms, Method::Password, Method::Totp]));
    assert!(signed_in.user.has_verified(&fixtures::phone(1)));
}

#[tokio::test]
async fn a_recovery_code_in_place_of_an_sms_spends_a_try() {
    let world = World::new();
    let (_, _, codes) = enrolled(&world, 1).await;
    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let challenge = world.attempt(&flow, Step::PhoneCode).await.unwrap();

    let denied = world.verification.sent_code(&challenge, EnteredCode::Recovery(codes[0].clone())).await;

    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })));
}

#[tokio::test]
async fn no_other_proof_is_asked_for_right_after_an_app_was_confirmed_or_removed() {
    let world = World::new();
    let (member, _, codes) = enrolled(&world, 1).await;
    let now = || world.stores.sessions().find(member.session.id);
    let fresh = |signed_in| world.authentication.require_fresh(&signed_in, Change::ReplaceAddress);

    assert_eq!(fresh(now().await.unwrap().unwrap()), Ok(()));
    world.wait(599);
    let confirmed = now().await.unwrap().unwrap();
    let recovery = EnteredCode::Recovery(codes[0].clone());
    world.totp.remove(&confirmed, &password(), &recovery, &Caller::default()).await.unwrap();
    world.wait(599);

    assert_eq!(fresh(now().await.unwrap().unwrap()), Ok(()));
}

#[tokio::test]
async fn the_app_that_is_asked_for_after_number_and_password_shows_the_number() {
    let world = World::new();
    let (_, seed, _) = enrolled(&world, 1).await;
    let attempt = PasswordAttempt {
        identifier: Target::Phone(fixtures::phone(1)),
        password: password(),
        flow: None,
        carrier: Carrier::Token,
        client: Client::default(),
        caller: Caller::default(),
    };

    let LoginStep::More(flow) = world.password_login.log_in(&attempt).await.unwrap() else { panic!("one factor") };

    assert_eq!((flow.channel, flow.destination.as_str()), (Channel::Totp, "+1***01"));
    let signed_in = verify(&world, &flow, EnteredCode::Digits(shown(&world, &seed, 0))).await.unwrap();
    assert_eq!(signed_in.session.methods, Methods::new(&[Method::Password, Method::Totp]));
}
