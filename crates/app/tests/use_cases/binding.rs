use doorward_app::{
    SignedIn,
    binding::Bound,
    flow::{FlowView, LoginStep, Next, ResendError, VerifyError},
    limits::Caller,
    password_login::PasswordAttempt,
    profile::{ProfileRequest, ProfileStep},
    totp::{Confirmed, TotpError},
    undo::UndoError,
};
use doorward_kernel::{Client, Clock, PhoneNumber, Timestamp};
use doorward_limit::{Limit, Limits};
use doorward_notifier::{Body, NoticeTemplate};
use doorward_otp::{Channel, Code, ResealedSeed, SeedSealer, Step, Target, TotpSeed};
use doorward_session::{Assurance, Carrier, Scope};
use doorward_testkit::fixtures;
use doorward_user::{Password, User};

use crate::{
    totp::{enrolled, seed, shown},
    world::{PASSWORD, World, new_password, of_identifiers, stranger},
};

/// The step after a right password.
async fn after_password(world: &World, n: u32) -> FlowView {
    let attempt = PasswordAttempt {
        identifier: Target::Email(fixtures::email(n)),
        password: Password::parse(PASSWORD).unwrap(),
        flow: None,
        carrier: Carrier::Token,
        client: Client::default(),
        caller: Caller::default(),
    };
    match world.password_login.log_in(&attempt).await.unwrap() {
        LoginStep::More(flow) => flow,
        LoginStep::SignedIn(_) => panic!("one factor opened a session"),
    }
}

async fn by_mail(world: &World, flow: &FlowView, n: u32) -> Result<SignedIn, VerifyError> {
    let code = world.code(fixtures::email(n).as_str()).await;
    let attempt = world.verification.find_open(world.id(flow), &[Step::EmailCode], &Caller::default()).await?;
    world.binding.verify_email(attempt, &code, Carrier::Token, Client::default()).await
}

/// A session of that account that may only bind.
pub(crate) async fn binding(world: &World, n: u32) -> SignedIn {
    let login = after_password(world, n).await;
    let flow = world.binding.ask_by_mail(world.id(&login), &Caller::default()).await.unwrap();
    by_mail(world, &flow, n).await.unwrap()
}

async fn ask_number(world: &World, session: &SignedIn, number: &PhoneNumber) -> FlowView {
    let request = ProfileRequest { identifier: Some(Target::Phone(number.clone())), ..ProfileRequest::default() };
    match world.profile.change(session, &Password::parse(PASSWORD).unwrap(), request, &Caller::default()).await.unwrap()
    {
        ProfileStep::Prove(flow) => flow,
        ProfileStep::Done(_) => panic!("nothing is to be verified"),
    }
}

pub(crate) async fn bind(world: &World, session: &SignedIn, number: &PhoneNumber) -> Bound {
    let flow = ask_number(world, session, number).await;
    let code = world.code(number.as_str()).await;
    let attempt = world.verification.find_open(world.id(&flow), &[Step::SmsCode], &Caller::default()).await.unwrap();
    world.binding.verify_number(attempt, &code).await.unwrap()
}

async fn account(world: &World, who: &SignedIn) -> User {
    world.stores.users().find_by_id(who.user.id).await.unwrap().unwrap()
}

async fn is_live(world: &World, who: &SignedIn) -> bool {
    let found = world.stores.session_lookup().find(who.session.id).await.unwrap();
    found.is_some_and(|found| found.session.ended_at.is_none())
}

/// The key in the newest mail to account 1 that has one.
pub(crate) async fn key(world: &World) -> String {
    world.deliver().await;
    world.mail.last_undo(fixtures::email(1).as_str()).unwrap()
}

/// Somebody who logs in by number and by password, and binds number 9 in place of it.
async fn pending(world: &World) -> (SignedIn, SignedIn) {
    let member = world.member(1).await;
    let session = binding(world, 1).await;
    let bound = bind(world, &session, &fixtures::phone(9)).await;
    assert!(matches!(bound, Bound::Pending(..)), "{bound:?}");
    (member, session)
}

#[tokio::test]
async fn who_registers_with_an_address_and_guesses_does_not_shut_its_owners_way_back() {
    let world = World::limited(Limits { email: Limit::OFF, ..of_identifiers() });
    let owner = world.member(1).await;
    for n in 0..8 {
        let flow = world.register(&fixtures::email(1), &fixtures::phone(2), PASSWORD).await;
        let id = world.id(&flow);
        for place in 0..4 {
            let attempt = world.verification.find_open(id, &[Step::EmailCode], &stranger(n * 4 + place)).await.unwrap();
            let code = Code::parse("000000").unwrap();
            assert!(world.registration.verify(attempt, &code).await.is_err());
        }
    }

    let back = binding(&world, 1).await;

    assert_eq!((back.user.id, back.session.scope), (owner.user.id, Scope::Binding));
}

#[tokio::test]
async fn after_a_right_password_the_mailed_code_opens_a_session_that_may_only_bind() {
    let world = World::new();
    world.member(1).await;
    let login = after_password(&world, 1).await;

    let flow = world.binding.ask_by_mail(world.id(&login), &Caller::default()).await.unwrap();
    let session = by_mail(&world, &flow, 1).await.unwrap();

    assert_eq!((flow.next, flow.channel), (Next::VerifyEmail, Channel::Email));
    assert_eq!(session.session.scope, Scope::Binding);
    let policy = &world.authentication.policy;
    assert_eq!(policy.assurance(&session.session, fixtures::now()), Assurance::Binding);
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::BindingOpened));
    world.wait(10);
    assert!(matches!(
        world.verification.find_open(world.id(&login), &[Step::SmsCode], &Caller::default()).await,
        Err(VerifyError::Closed)
    ));
}

#[tokio::test]
async fn without_a_right_password_no_login_goes_by_mail() {
    let world = World::new();
    world.member(1).await;
    let by_number = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let decoy = world.phone_login.start(fixtures::phone(7), None, &Caller::default()).await.unwrap();

    for flow in [by_number, decoy] {
        let asked = world.binding.ask_by_mail(world.id(&flow), &Caller::default()).await;
        assert!(matches!(asked, Err(ResendError::OtherChannel)), "{asked:?}");
    }
}

#[tokio::test]
async fn who_has_no_second_factor_is_sent_a_code_by_mail_at_once() {
    let mut world = World::new();
    world.account(1).await;
    world.password_login.sms.countries = Some(vec![]);

    let flow = after_password(&world, 1).await;

    assert_eq!((flow.next, flow.channel, flow.destination.as_str()), (Next::VerifyEmail, Channel::Email, "***"));
    assert_eq!(by_mail(&world, &flow, 1).await.unwrap().session.scope, Scope::Binding);
}

#[tokio::test]
async fn with_nothing_to_replace_a_number_is_bound_at_once() {
    let world = World::new();
    world.account(1).await;
    let session = binding(&world, 1).await;

    let bound = bind(&world, &session, &fixtures::phone(9)).await;

    assert!(matches!(bound, Bound::Now(user) if user.has_verified(&fixtures::phone(9))));
}

#[tokio::test]
async fn a_verified_number_stays_for_a_day_and_is_replaced_then() {
    let world = World::new();
    let (member, _) = pending(&world).await;

    world.wait(86_399);
    assert_eq!(world.binding.apply_pending(10).await.unwrap(), 0);
    assert!(account(&world, &member).await.has_verified(&fixtures::phone(1)));
    world.wait(1);
    assert_eq!(world.binding.apply_pending(10).await.unwrap(), 1);

    assert!(account(&world, &member).await.has_verified(&fixtures::phone(9)));
    assert!(!is_live(&world, &member).await);
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::PhoneChanged));
    let by_sms = world
        .sms
        .sent()
        .into_iter()
        .filter(|sent| matches!(sent.body, Body::Notice { template: NoticeTemplate::NumberHeld, .. }));
    assert_eq!(
        by_sms.map(|sent| sent.recipient.as_str().to_owned()).collect::<Vec<_>>(),
        [fixtures::phone(1).as_str()]
    );
    assert_eq!(world.binding.apply_pending(10).await.unwrap(), 0);
}

#[tokio::test]
async fn the_owner_who_objects_keeps_the_number_and_every_session_ends() {
    let world = World::new();
    let (member, session) = pending(&world).await;
    let token = key(&world).await;

    world.undo.undo(&token, &Caller::default()).await.unwrap();

    assert!(!is_live(&world, &member).await && !is_live(&world, &session).await);
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::NumberCalledOff));
    assert!(matches!(world.undo.undo(&token, &Caller::default()).await, Err(UndoError::Closed)));
    world.wait(86_400);
    assert_eq!(world.binding.apply_pending(10).await.unwrap(), 0);
    assert!(account(&world, &member).await.has_verified(&fixtures::phone(1)));
}

#[tokio::test]
async fn the_same_key_undoes_the_change_after_it_took_effect() {
    let world = World::new();
    let (member, _) = pending(&world).await;
    let token = key(&world).await;
    world.wait(86_400);
    world.binding.apply_pending(10).await.unwrap();

    world.undo.undo(&token, &Caller::default()).await.unwrap();

    assert!(account(&world, &member).await.has_verified(&fixtures::phone(1)));
}

#[tokio::test]
async fn a_new_password_in_a_session_of_the_number_leaves_what_takes_the_number_from_it() {
    let world = World::new();
    let (member, _) = pending(&world).await;
    let new = ProfileRequest { new_password: Some(new_password("a-better-passphrase")), ..ProfileRequest::default() };

    world.profile.change(&member, &Password::parse(PASSWORD).unwrap(), new, &Caller::default()).await.unwrap();

    world.wait(86_400);
    assert_eq!(world.binding.apply_pending(10).await.unwrap(), 1);
}

#[tokio::test]
async fn what_somebody_else_has_verified_since_is_theirs() {
    let world = World::new();
    let (member, _) = pending(&world).await;
    world.wait(60);
    world.member(9).await;

    world.wait(86_400);
    world.binding.apply_pending(10).await.unwrap();

    assert!(account(&world, &member).await.has_verified(&fixtures::phone(1)));
    assert_eq!(world.binding.apply_pending(10).await.unwrap(), 0);
}

#[tokio::test]
async fn a_session_that_may_only_bind_lives_for_a_quarter_of_an_hour() {
    let world = World::new();
    world.member(1).await;
    let session = binding(&world, 1).await;
    let token = world.authentication.renewal(session).unwrap().access_token;
    let introspection = &world.introspection;

    assert_eq!(introspection.introspect(token.reveal()).await.unwrap(), None, "resource servers are told nothing");
    let bearer = doorward_app::sessions::Credential::Bearer(token.reveal());
    assert!(world.authentication.authenticate(bearer).await.is_ok());
    world.wait(900);
    assert!(world.authentication.authenticate(bearer).await.is_err());
}

/// Somebody with an app who binds another one in its place.
pub(crate) async fn pending_authenticator(world: &World) -> (SignedIn, SignedIn, TotpSeed, Timestamp) {
    let (member, ..) = enrolled(world, 1).await;
    let session = binding(world, 1).await;
    let seed = seed(&world.totp.begin(&session, &Caller::default()).await.unwrap());
    let code = shown(world, &seed, 0);
    match world.totp.confirm(&session, &code, None, &Caller::default()).await.unwrap() {
        Confirmed::Pending(at) => (member, session, seed, at),
        Confirmed::Now(_) => panic!("the app that was lost is replaced at once"),
    }
}

async fn seed_of(world: &World, who: &SignedIn) -> TotpSeed {
    let app = world.stores.authenticators().find(who.user.id).await.unwrap().unwrap();
    world.keys.open_seed(who.user.id, &app.seed).unwrap()
}

/// Who knows password and mailbox must not get past the number by an app of their own.
#[tokio::test]
async fn an_app_that_would_be_asked_for_instead_of_the_number_is_held() {
    let world = World::new();
    let member = world.member(1).await;
    let session = binding(&world, 1).await;

    let seed = seed(&world.totp.begin(&session, &Caller::default()).await.unwrap());
    let confirmed = world.totp.confirm(&session, &shown(&world, &seed, 0), None, &Caller::default()).await.unwrap();

    assert!(matches!(confirmed, Confirmed::Pending(_)), "{confirmed:?}");
    assert!(!account(&world, &member).await.has_totp());
    world.deliver().await;
    let told = world
        .sms
        .sent()
        .into_iter()
        .filter(|sent| matches!(&sent.body, Body::Notice { template: NoticeTemplate::AuthenticatorHeld, .. }));
    assert_eq!(told.map(|sent| sent.recipient.as_str().to_owned()).collect::<Vec<_>>(), [fixtures::phone(1).as_str()]);
    world.wait(86_400);
    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 1);
    assert!(account(&world, &member).await.has_totp());
    assert_eq!(seed_of(&world, &member).await.base32().reveal(), seed.base32().reveal());
}

#[tokio::test]
async fn where_there_is_no_other_factor_an_app_is_bound_at_once() {
    let world = World::new();
    world.account(1).await;
    let session = binding(&world, 1).await;

    let seed = seed(&world.totp.begin(&session, &Caller::default()).await.unwrap());
    let confirmed = world.totp.confirm(&session, &shown(&world, &seed, 0), None, &Caller::default()).await.unwrap();

    assert!(matches!(confirmed, Confirmed::Now(codes) if codes.len() == 10));
}

#[tokio::test]
async fn an_app_that_was_lost_counts_for_a_day_and_is_replaced_then() {
    let world = World::new();
    let (member, _, seed, at) = pending_authenticator(&world).await;
    let old = seed_of(&world, &member).await;

    assert_eq!(at, world.clock.now() + std::time::Duration::from_hours(24));
    world.wait(86_399);
    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 0);
    assert_eq!(seed_of(&world, &member).await.base32().reveal(), old.base32().reveal());
    world.wait(1);
    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 1);

    assert_eq!(seed_of(&world, &member).await.base32().reveal(), seed.base32().reveal());
    assert!(!is_live(&world, &member).await);
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::AuthenticatorHeld));
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::AuthenticatorReplaced));
    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 0);
}

#[tokio::test]
async fn the_owner_who_objects_keeps_the_app() {
    let world = World::new();
    let (member, session, ..) = pending_authenticator(&world).await;
    let old = seed_of(&world, &member).await;
    let token = key(&world).await;

    world.undo.undo(&token, &Caller::default()).await.unwrap();

    assert!(!is_live(&world, &member).await && !is_live(&world, &session).await);
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::AuthenticatorCalledOff));
    world.wait(86_400);
    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 0);
    assert_eq!(seed_of(&world, &member).await.base32().reveal(), old.base32().reveal());
}

/// Password and mailbox ask first; number and password confirm one meanwhile.
#[tokio::test]
async fn an_app_that_the_owner_confirms_stays_when_the_hold_of_an_earlier_one_ends() {
    let world = World::new();
    let member = world.member(1).await;
    let session = binding(&world, 1).await;
    let theirs = seed(&world.totp.begin(&session, &Caller::default()).await.unwrap());
    world.totp.confirm(&session, &shown(&world, &theirs, 0), None, &Caller::default()).await.unwrap();
    world.wait(60);
    let own = seed(&world.totp.begin(&member, &Caller::default()).await.unwrap());
    let password = Password::parse(PASSWORD).unwrap();
    let confirmed = world.totp.confirm(&member, &shown(&world, &own, 0), Some(&password), &Caller::default()).await;
    assert!(matches!(confirmed, Ok(Confirmed::Now(_))), "{confirmed:?}");

    world.wait(86_400);
    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 0);

    assert_eq!(seed_of(&world, &member).await.base32().reveal(), own.base32().reveal());
}

#[tokio::test]
async fn a_wrong_or_late_code_holds_no_app() {
    let world = World::new();
    let (_, session, ..) = pending_authenticator(&world).await;
    let seed = seed(&world.totp.begin(&session, &Caller::default()).await.unwrap());

    let denied = world.totp.confirm(&session, &shown(&world, &seed, 1), None, &Caller::default()).await;
    assert!(matches!(denied, Err(TotpError::Incorrect)), "{denied:?}");
    world.wait(900);
    let late = world.totp.confirm(&session, &shown(&world, &seed, 0), None, &Caller::default()).await;

    assert!(matches!(late, Err(TotpError::NotPending)), "{late:?}");
    world.wait(86_400);
    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 0);
}

#[tokio::test]
async fn an_app_whose_seed_nobody_can_open_replaces_none() {
    let world = World::new();
    let (member, ..) = pending_authenticator(&world).await;
    let pending = world.stores.pending_authenticators().find_of(member.user.id).await.unwrap().unwrap();
    let resealed = ResealedSeed { user: member.user.id, from: pending.seed, to: fixtures::sealed_seed(1) };
    world.stores.epoch_uses().reseal_seeds(vec![resealed]).await.unwrap();

    world.wait(86_400);
    world.totp.apply_pending(10).await.unwrap();

    assert!(is_live(&world, &member).await);
    seed_of(&world, &member).await;
}

/// Who has just changed the address could otherwise bind what they like.
#[tokio::test]
async fn a_new_address_opens_no_session_for_a_day() {
    let world = World::new();
    let member = world.member(1).await;
    let request = ProfileRequest { identifier: Some(Target::Email(fixtures::email(2))), ..ProfileRequest::default() };
    let password = Password::parse(PASSWORD).unwrap();
    let step = world.profile.change(&member, &password, request, &Caller::default()).await.unwrap();
    let ProfileStep::Prove(flow) = step else { panic!("nothing is to be verified") };
    let code = world.code(fixtures::email(2).as_str()).await;
    let attempt = world.attempt(&flow, Step::EmailCode).await.unwrap();
    world.profile.verify_email(attempt, &code).await.unwrap();
    let login = after_password(&world, 2).await;

    let flow = world.binding.ask_by_mail(world.id(&login), &Caller::default()).await.unwrap();

    assert_eq!((flow.next, flow.destination.as_str()), (Next::VerifyEmail, "***"));
    assert!(matches!(by_mail(&world, &flow, 2).await, Err(VerifyError::Incorrect { attempts_left: 4 })));
    world.wait(86_401);
    binding(&world, 2).await;
}

#[tokio::test]
async fn a_number_whose_code_was_not_sent_is_guessed_at_like_any_other() {
    let world = World::new();
    world.member(1).await;
    let session = binding(&world, 1).await;
    world.sms_control().pause().await.unwrap();
    world.settle().await;

    let flow = ask_number(&world, &session, &fixtures::phone(7)).await;
    let attempt = world.attempt(&flow, Step::SmsCode).await.unwrap();
    let denied = world.binding.verify_number(attempt, &Code::parse("000000").unwrap()).await;

    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })), "{denied:?}");
}

#[tokio::test]
async fn the_key_of_the_notice_ends_a_session_that_may_only_bind() {
    let world = World::new();
    let member = world.member(1).await;
    let session = binding(&world, 1).await;
    let token = key(&world).await;

    world.undo.undo(&token, &Caller::default()).await.unwrap();

    assert!(!is_live(&world, &session).await && !is_live(&world, &member).await);
    assert!(matches!(world.undo.undo(&token, &Caller::default()).await, Err(UndoError::Closed)));
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::BindingEnded));
}

/// Sets an app up in a session that may only bind.
pub(crate) async fn bind_app(world: &World, session: &SignedIn) -> Confirmed {
    let seed = seed(&world.totp.begin(session, &Caller::default()).await.unwrap());
    world.totp.confirm(session, &shown(world, &seed, 0), None, &Caller::default()).await.unwrap()
}

/// Somebody who has password and mailbox logs out, so that nobody can end their session any more.
#[tokio::test]
async fn the_key_of_the_notice_calls_off_what_a_session_did_that_was_logged_out() {
    let world = World::new();
    let member = world.member(1).await;
    let session = binding(&world, 1).await;
    let token = key(&world).await;
    world.wait(60);
    bind(&world, &session, &fixtures::phone(9)).await;
    let app = bind_app(&world, &session).await;
    assert!(matches!(app, Confirmed::Pending(_)), "{app:?}");
    world.authentication.logout(&session).await.unwrap();

    world.undo.undo(&token, &Caller::default()).await.unwrap();

    assert!(!is_live(&world, &member).await);
    assert!(matches!(world.undo.undo(&token, &Caller::default()).await, Err(UndoError::Closed)));
    world.wait(86_400);
    assert_eq!(world.binding.apply_pending(10).await.unwrap() + world.totp.apply_pending(10).await.unwrap(), 0);
    let account = account(&world, &member).await;
    assert!(account.has_verified(&fixtures::phone(1)) && !account.has_totp());
}

#[tokio::test]
async fn the_key_of_the_notice_takes_back_what_has_come_to_count_since() {
    let world = World::new();
    let member = world.member(1).await;
    let session = binding(&world, 1).await;
    let token = key(&world).await;
    bind(&world, &session, &fixtures::phone(9)).await;
    bind_app(&world, &session).await;
    world.wait(86_400);
    assert_eq!(world.binding.apply_pending(10).await.unwrap() + world.totp.apply_pending(10).await.unwrap(), 2);

    world.undo.undo(&token, &Caller::default()).await.unwrap();

    let account = account(&world, &member).await;
    assert!(account.has_verified(&fixtures::phone(1)) && !account.has_totp());
}

#[tokio::test]
async fn the_key_of_the_notice_takes_back_what_was_bound_at_once() {
    let world = World::new();
    world.account(1).await;
    let session = binding(&world, 1).await;
    let token = key(&world).await;
    world.wait(60);
    let bound = bind(&world, &session, &fixtures::phone(9)).await;
    assert!(matches!(bound, Bound::Now(_)), "{bound:?}");

    world.undo.undo(&token, &Caller::default()).await.unwrap();

    assert_eq!(account(&world, &session).await.phone, session.user.phone);
}

/// What came before the session was opened is none of its doing.
#[tokio::test]
async fn the_key_of_the_notice_takes_back_nothing_from_before() {
    let world = World::new();
    let (member, ..) = enrolled(&world, 1).await;
    world.wait(60);
    binding(&world, 1).await;

    world.undo.undo(&key(&world).await, &Caller::default()).await.unwrap();

    assert!(account(&world, &member).await.has_totp());
}

#[tokio::test]
async fn the_key_of_the_notice_is_good_for_72_hours() {
    let world = World::new();
    let member = world.member(1).await;
    let session = binding(&world, 1).await;
    let token = key(&world).await;
    world.authentication.logout(&session).await.unwrap();
    world.wait(72 * 3600);

    assert!(matches!(world.undo.undo(&token, &Caller::default()).await, Err(UndoError::Closed)));
    assert!(is_live(&world, &member).await);
}
