use doorward_app::{
    SignedIn,
    flow::{FlowView, VerifyError},
    limits::Caller,
    profile::{ProfileRequest, ProfileStep},
    undo::UndoError,
};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Step, Target};
use doorward_testkit::fixtures;
use doorward_user::{Password, User};

use crate::{
    totp::enrolled,
    world::{PASSWORD, World},
};

async fn start(world: &World, who: &SignedIn, target: Target) -> FlowView {
    let request = ProfileRequest { identifier: Some(target), ..ProfileRequest::default() };
    match world.profile.change(who, &Password::parse(PASSWORD).unwrap(), request, &Caller::default()).await.unwrap() {
        ProfileStep::Verify(flow) => flow,
        ProfileStep::Done(_) => panic!("nothing is to be verified"),
    }
}

/// Changes address or number, and verifies the new one.
async fn change(world: &World, who: &SignedIn, target: Target) -> User {
    let to = match &target {
        Target::Email(email) => email.as_str().to_owned(),
        Target::Phone(number) => number.as_str().to_owned(),
    };
    let is_email = target.email().is_some();
    let flow = start(world, who, target).await;
    let code = world.code(&to).await;
    let steps = [Step::EmailCode, Step::PhoneCode];
    let attempt = world.verification.find_open(world.id(&flow), &steps, &Caller::default()).await.unwrap();
    if is_email {
        world.profile.verify_email(attempt, &code).await.unwrap()
    } else {
        world.profile.verify_phone(attempt, &code).await.unwrap()
    }
}

async fn token(world: &World, to: u32) -> String {
    world.deliver().await;
    world.mail.last_undo(fixtures::email(to).as_str()).unwrap()
}

async fn account(world: &World, who: &SignedIn) -> User {
    world.stores.users().find_by_id(who.user.id).await.unwrap().unwrap()
}

async fn is_live(world: &World, who: &SignedIn) -> bool {
    world.stores.sessions().find(who.session.id).await.unwrap().unwrap().session.ended_at.is_none()
}

fn email(n: u32) -> Target {
    Target::Email(fixtures::email(n))
}

fn phone(n: u32) -> Target {
    Target::Phone(fixtures::phone(n))
}

#[tokio::test]
async fn the_old_address_takes_a_change_back_ends_sessions_and_both_are_told() {
    let world = World::new();
    let member = world.member(1).await;
    change(&world, &member, email(2)).await;
    let pending = start(&world, &member, email(3)).await;
    let token = token(&world, 1).await;

    world.undo.undo(&token, &Caller::default()).await.unwrap();

    assert_eq!(account(&world, &member).await.email, fixtures::email(1));
    assert!(!is_live(&world, &member).await);
    let closed = world.verification.find_open(world.id(&pending), &[Step::EmailCode], &Caller::default()).await;
    assert!(matches!(closed, Err(VerifyError::Closed)));
    for n in [1, 2] {
        assert!(world.notices(&fixtures::email(n)).await.contains(&NoticeTemplate::ChangeUndone));
    }
    assert!(world.mail.last_undo(fixtures::email(2).as_str()).is_none(), "the new address undoes nothing");
}

#[tokio::test]
async fn a_key_is_good_once_and_for_72_hours() {
    let world = World::new();
    let member = world.member(1).await;
    change(&world, &member, email(2)).await;
    let used = token(&world, 1).await;
    world.undo.undo(&used, &Caller::default()).await.unwrap();
    assert!(matches!(world.undo.undo(&used, &Caller::default()).await, Err(UndoError::Closed)));

    let again = world.log_in(&fixtures::phone(1)).await;
    change(&world, &again, email(2)).await;
    let late = token(&world, 1).await;
    world.wait(72 * 3600);

    assert!(matches!(world.undo.undo(&late, &Caller::default()).await, Err(UndoError::Closed)));
    assert_eq!(account(&world, &member).await.email, fixtures::email(2));
}

#[tokio::test]
async fn a_key_that_we_did_not_make_undoes_nothing() {
    let world = World::new();
    let member = world.member(1).await;
    change(&world, &member, email(2)).await;
    let token = token(&world, 1).await;

    for other in ["", "un_", &token[3..], &format!("{token}A"), &token[..token.len() - 1], &token.to_uppercase()] {
        assert!(matches!(world.undo.undo(other, &Caller::default()).await, Err(UndoError::Closed)), "{other}");
    }

    assert_eq!(account(&world, &member).await.email, fixtures::email(2));
}

#[tokio::test]
async fn a_change_of_number_is_taken_back_by_who_reads_the_address() {
    let world = World::new();
    let member = world.member(1).await;
    change(&world, &member, phone(2)).await;

    world.undo.undo(&token(&world, 1).await, &Caller::default()).await.unwrap();

    assert!(account(&world, &member).await.has_verified(&fixtures::phone(1)));
    assert!(!is_live(&world, &member).await);
}

#[tokio::test]
async fn whoever_takes_a_change_back_takes_back_all_since() {
    let world = World::new();
    let member = world.member(1).await;
    change(&world, &member, email(2)).await;
    let key = token(&world, 1).await;
    world.wait(1);
    change(&world, &member, phone(3)).await;
    world.wait(1);
    change(&world, &member, email(4)).await;
    let of_thief = token(&world, 2).await;

    world.undo.undo(&key, &Caller::default()).await.unwrap();

    let account = account(&world, &member).await;
    assert_eq!(account.email, fixtures::email(1));
    assert!(account.has_verified(&fixtures::phone(1)));
    assert!(matches!(world.undo.undo(&of_thief, &Caller::default()).await, Err(UndoError::Closed)));
}

#[tokio::test]
async fn an_address_that_somebody_else_has_verified_since_stays_theirs() {
    let world = World::new();
    let member = world.member(1).await;
    change(&world, &member, email(2)).await;
    let key = token(&world, 1).await;
    let flow = world.register(&fixtures::email(1), &fixtures::phone(5), PASSWORD).await;
    let code = world.code(fixtures::email(1).as_str()).await;
    world.verify_email(&flow, &code).await.unwrap();

    assert!(matches!(world.undo.undo(&key, &Caller::default()).await, Err(UndoError::Taken)));

    assert_eq!(account(&world, &member).await.email, fixtures::email(2));
    assert!(is_live(&world, &member).await);
}

#[tokio::test]
async fn a_later_number_goes_even_when_the_former_one_has_gone_to_somebody_else() {
    let world = World::new();
    let member = world.member(1).await;
    change(&world, &member, email(2)).await;
    let key = token(&world, 1).await;
    change(&world, &member, phone(3)).await;
    let other = world.member(4).await;
    change(&world, &other, phone(1)).await;

    world.undo.undo(&key, &Caller::default()).await.unwrap();

    let restored = account(&world, &member).await;
    assert_eq!((restored.email, restored.phone), (fixtures::email(1), None));
    assert!(account(&world, &other).await.has_verified(&fixtures::phone(1)));
}

#[tokio::test]
async fn what_was_prepared_before_the_change_is_taken_back_with_it() {
    let world = World::new();
    let (member, ..) = enrolled(&world, 1).await;
    change(&world, &member, phone(3)).await;
    world.wait(60);
    change(&world, &member, email(2)).await;

    world.undo.undo(&token(&world, 1).await, &Caller::default()).await.unwrap();

    let account = account(&world, &member).await;
    assert_eq!((account.email.clone(), account.has_totp()), (fixtures::email(1), false));
    assert!(account.has_verified(&fixtures::phone(1)));
}

#[tokio::test]
async fn what_an_account_had_for_long_stays_when_a_change_is_taken_back() {
    let world = World::new();
    let (member, ..) = enrolled(&world, 1).await;
    world.wait(72 * 3600);
    change(&world, &member, email(2)).await;

    world.undo.undo(&token(&world, 1).await, &Caller::default()).await.unwrap();

    assert!(account(&world, &member).await.has_totp());
}

#[tokio::test]
async fn the_notice_of_an_added_app_takes_it_back_with_all_since() {
    let world = World::new();
    let (member, ..) = enrolled(&world, 1).await;
    let key = token(&world, 1).await;
    world.wait(60);
    change(&world, &member, email(2)).await;

    world.undo.undo(&key, &Caller::default()).await.unwrap();

    let account = account(&world, &member).await;
    assert_eq!((account.email.clone(), account.has_totp()), (fixtures::email(1), false));
    assert!(!is_live(&world, &member).await);
}
