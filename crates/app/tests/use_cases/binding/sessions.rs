//! Sessions that may only bind: who gets one, and for how long.

use doorward_app::{
    flow::{Next, ResendError, VerifyError},
    limits::Caller,
    profile::{ProfileRequest, ProfileStep},
};
use doorward_limit::{Limit, Limits};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Channel, Code, Step, Target};
use doorward_session::{Assurance, Scope};
use doorward_testkit::fixtures;
use doorward_user::Password;

use super::{after_password, binding, by_mail};
use crate::world::{PASSWORD, World, of_identifiers, stranger};

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
        world.verification.find_open(world.id(&login), &[Step::PhoneCode], &Caller::default()).await,
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

/// Who has just changed the address could otherwise bind what they like.
#[tokio::test]
async fn a_new_address_opens_no_session_for_a_day() {
    let world = World::new();
    let member = world.member(1).await;
    let request = ProfileRequest { identifier: Some(Target::Email(fixtures::email(2))), ..ProfileRequest::default() };
    let password = Password::parse(PASSWORD).unwrap();
    let step = world.profile.change(&member, &password, request, &Caller::default()).await.unwrap();
    let ProfileStep::Verify(flow) = step else { panic!("nothing is to be verified") };
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
