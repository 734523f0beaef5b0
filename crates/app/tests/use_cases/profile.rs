use doorward_app::{
    SignedIn,
    flow::{FlowView, Next, VerifyError},
    limits::Caller,
    profile::{ProfileError, ProfileRequest, ProfileStep},
};
use doorward_kernel::{AuditKind, EmailAddress, PhoneNumber};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Code, Step, Target};
use doorward_testkit::fixtures;
use doorward_user::{Password, User};

use crate::world::{PASSWORD, World, new_password};

async fn change(world: &World, who: &SignedIn, request: ProfileRequest) -> Result<ProfileStep, ProfileError> {
    world.profile.change(who, &Password::parse(PASSWORD).unwrap(), request, &Caller::default()).await
}

async fn start(world: &World, who: &SignedIn, target: Target) -> FlowView {
    let request = ProfileRequest { identifier: Some(target), ..ProfileRequest::default() };
    match change(world, who, request).await.unwrap() {
        ProfileStep::Verify(flow) => flow,
        ProfileStep::Done(_) => panic!("nothing is to be verified"),
    }
}

fn to_email(email: EmailAddress) -> Target {
    Target::Email(email)
}

fn to_phone(number: PhoneNumber) -> Target {
    Target::Phone(number)
}

async fn verify_email(world: &World, flow: &FlowView, code: &Code) -> Result<User, VerifyError> {
    let attempt = world.attempt(flow, Step::EmailCode).await?;
    world.profile.verify_email(attempt, code).await
}

async fn verify_phone(world: &World, flow: &FlowView, code: &Code) -> Result<User, VerifyError> {
    let attempt = world.attempt(flow, Step::PhoneCode).await?;
    world.profile.verify_phone(attempt, code).await
}

async fn is_live(world: &World, who: &SignedIn) -> bool {
    world.stores.sessions().find(who.session.id).await.unwrap().unwrap().session.ended_at.is_none()
}

#[tokio::test]
async fn nothing_changes_without_the_current_password() {
    let world = World::new();
    let member = world.member(1).await;
    let request = ProfileRequest { names: fixtures::names("Eve", "Ill").into(), ..ProfileRequest::default() };

    let denied =
        world.profile.change(&member, &Password::parse("not the password").unwrap(), request, &Caller::default()).await;

    assert!(matches!(denied, Err(ProfileError::PasswordIncorrect)));
    assert_eq!(world.store.users(), [member.user]);
}

#[tokio::test]
async fn names_count_at_once_and_the_owner_is_told() {
    let world = World::new();
    let member = world.member(1).await;
    let names = fixtures::names("Augusta", "King");

    let step =
        change(&world, &member, ProfileRequest { names: names.clone().into(), ..ProfileRequest::default() }).await;

    assert!(matches!(step, Ok(ProfileStep::Done(user)) if user.names == names));
    assert_eq!(world.notices(&fixtures::email(1)).await, [NoticeTemplate::PhoneChanged, NoticeTemplate::NamesChanged]);
}

#[tokio::test]
async fn nobody_is_told_of_names_that_stay_as_they_are() {
    let world = World::new();
    let member = world.member(1).await;
    let request = ProfileRequest { names: member.user.names.clone().into(), ..ProfileRequest::default() };

    let step = change(&world, &member, request).await;

    assert!(matches!(step, Ok(ProfileStep::Done(user)) if user.names == member.user.names));
    assert_eq!(world.notices(&fixtures::email(1)).await, [NoticeTemplate::PhoneChanged]);
    assert!(world.store.audit().iter().all(|event| event.kind != AuditKind::NamesChanged));
}

#[tokio::test]
async fn a_new_password_ends_other_sessions_and_pending_changes() {
    let world = World::new();
    let member = world.member(1).await;
    let other = world.log_in(&fixtures::phone(1)).await;
    let pending = start(&world, &member, to_email(fixtures::email(2))).await;
    let code = world.code(fixtures::email(2).as_str()).await;
    let request =
        ProfileRequest { new_password: Some(new_password("a-better-passphrase")), ..ProfileRequest::default() };

    change(&world, &member, request).await.unwrap();

    assert!(is_live(&world, &member).await);
    assert!(!is_live(&world, &other).await);
    assert!(matches!(verify_email(&world, &pending, &code).await, Err(VerifyError::Closed)));
    assert!(matches!(change(&world, &member, ProfileRequest::default()).await, Err(ProfileError::PasswordIncorrect)));
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::PasswordChanged));
}

#[tokio::test]
async fn a_new_address_counts_once_it_is_verified_and_the_old_one_is_told_twice() {
    let world = World::new();
    let member = world.member(1).await;
    let other = world.log_in(&fixtures::phone(1)).await;
    let flow = start(&world, &member, to_email(fixtures::email(2))).await;
    assert_eq!(world.store.users()[0].email, fixtures::email(1));
    let code = world.code(fixtures::email(2).as_str()).await;

    let user = verify_email(&world, &flow, &code).await.unwrap();

    assert_eq!(user.email, fixtures::email(2));
    assert!(is_live(&world, &member).await && !is_live(&world, &other).await);
    let told = world.notices(&fixtures::email(1)).await;
    assert!(told.contains(&NoticeTemplate::EmailChangeAsked) && told.contains(&NoticeTemplate::EmailChanged));
    assert_eq!(world.notices(&fixtures::email(2)).await, [NoticeTemplate::EmailChanged]);
}

#[tokio::test]
async fn a_taken_address_answers_alike_and_can_never_be_verified() {
    let world = World::new();
    let member = world.member(1).await;
    world.account(2).await;

    let flow = start(&world, &member, to_email(fixtures::email(2))).await;

    assert_eq!((flow.next, flow.attempts_left), (Next::VerifyEmail, 5));
    assert!(world.notices(&fixtures::email(2)).await.contains(&NoticeTemplate::AlreadyRegistered));
    let challenge = world.stores.flows().find(world.id(&flow)).await.unwrap().map(|flow| flow.challenge).unwrap();
    let code = world.verification.keys.code(&challenge).unwrap();
    assert!(matches!(verify_email(&world, &flow, &code).await, Err(VerifyError::Incorrect { .. })));
}

#[tokio::test]
async fn an_address_that_somebody_else_verifies_first_is_lost() {
    let world = World::new();
    let member = world.member(1).await;
    let flow = start(&world, &member, to_email(fixtures::email(2))).await;
    let code = world.code(fixtures::email(2).as_str()).await;
    world.account(2).await;

    let late = verify_email(&world, &flow, &code).await;

    assert!(matches!(late, Err(VerifyError::Closed)));
}

#[tokio::test]
async fn a_new_number_counts_once_it_is_verified() {
    let world = World::new();
    let member = world.member(1).await;
    let flow = start(&world, &member, to_phone(fixtures::phone(2))).await;
    assert!(world.store.users()[0].has_verified(&fixtures::phone(1)));
    let code = world.code(fixtures::phone(2).as_str()).await;

    let user = verify_phone(&world, &flow, &code).await.unwrap();

    assert!(user.has_verified(&fixtures::phone(2)));
    let told = world.notices(&fixtures::email(1)).await;
    assert!(told.contains(&NoticeTemplate::PhoneChangeAsked) && told.contains(&NoticeTemplate::PhoneChanged));
    assert!(world.log_in(&fixtures::phone(2)).await.user.has_verified(&fixtures::phone(2)));
}

#[tokio::test]
async fn a_verified_number_moves_from_its_former_owner() {
    let world = World::new();
    let former = world.member(1).await;
    let member = world.member(2).await;
    let flow = start(&world, &member, to_phone(fixtures::phone(1))).await;
    let code = world.code(fixtures::phone(1).as_str()).await;

    verify_phone(&world, &flow, &code).await.unwrap();

    let former = world.stores.users().find_by_id(former.user.id).await.unwrap().unwrap();
    assert_eq!(former.phone, None);
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::PhoneDropped));
}
