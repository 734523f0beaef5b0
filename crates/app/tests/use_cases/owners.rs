//! Owners' own limits, which strangers, and whoever was inside once, cannot use up.

use doorward_app::{
    SignedIn,
    limits::Caller,
    password_login::PasswordLoginError,
    profile::{ProfileError, ProfileRequest},
};
use doorward_limit::{Limit, Limits};
use doorward_otp::{EnteredCode, Step};
use doorward_testkit::fixtures;
use doorward_user::Password;

use crate::world::{PASSWORD, World, by_password, device, new_password, of_identifiers, stranger};

const WRONG: &str = "wrong-otter-9-quarry";

async fn gets_in(world: &World, password: &str, caller: &Caller) -> bool {
    let attempt = by_password(fixtures::email(1), password, caller);
    match world.password_login.log_in(&attempt).await {
        Ok(_) => true,
        Err(PasswordLoginError::Incorrect { .. }) => false,
        Err(other) => panic!("{other:?}"),
    }
}

async fn rename(world: &World, session: &SignedIn, password: &str) -> Result<(), ProfileError> {
    let names = fixtures::names("Ada", "King").into();
    let request = ProfileRequest { names, ..ProfileRequest::default() };
    let password = Password::parse(password).unwrap();
    world.profile.change(session, &password, request, &Caller::default()).await.map(drop)
}

fn sent(world: &World) -> usize {
    let to_owner = |envelope: &&doorward_notifier::Envelope| envelope.recipient.as_str() == fixtures::phone(1).as_str();
    world.sms.sent().iter().filter(to_owner).count()
}

#[tokio::test]
async fn devices_that_are_collected_bring_no_more_sms_than_one() {
    let world = World::limited(of_identifiers());
    let owner = world.member(1).await;
    world.wait(86_400 * 2);
    let before = sent(&world);

    for n in 0..40 {
        let collected = device(&world, &owner);
        world.phone_login.start(fixtures::phone(1), None, &collected).await.unwrap();
        world.phone_login.start(fixtures::phone(1), None, &stranger(n)).await.unwrap();
        world.deliver().await;
    }

    assert_eq!(sent(&world) - before, 10, "five an hour for strangers, and five for devices");
}

#[tokio::test]
async fn devices_that_are_collected_bring_no_more_guesses_than_three() {
    let world = World::limited(of_identifiers());
    let owner = world.member(1).await;

    for _ in 0..60 {
        assert!(!gets_in(&world, WRONG, &device(&world, &owner)).await);
    }

    assert!(!gets_in(&world, PASSWORD, &device(&world, &owner)).await);
    assert!(gets_in(&world, PASSWORD, &stranger(1)).await);
}

#[tokio::test]
async fn a_stolen_session_does_not_keep_the_owner_from_changing_anything() {
    let world = World::limited(Limits { sensitive_changes: Limit::OFF, ..of_identifiers() });
    let owner = world.member(1).await;
    let stolen = world.log_in(&fixtures::phone(1)).await;
    for _ in 0..25 {
        assert!(matches!(rename(&world, &stolen, WRONG).await, Err(ProfileError::PasswordIncorrect)));
    }

    assert!(matches!(rename(&world, &stolen, PASSWORD).await, Err(ProfileError::PasswordIncorrect)));
    rename(&world, &owner, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_password_that_was_just_reset_opens_the_door_however_many_were_wrong_that_day() {
    let world = World::limited(of_identifiers());
    world.member(1).await;
    for n in 0..3 {
        for _ in 0..10 {
            assert!(!gets_in(&world, WRONG, &stranger(n)).await);
        }
        world.wait(3600);
    }

    let flow = world.recovery.request(fixtures::email(1), &stranger(7)).await.unwrap();
    let code = EnteredCode::Digits(world.code(fixtures::email(1).as_str()).await);
    let attempt = world.attempt(&flow, Step::EmailCode).await.unwrap();
    world.recovery.reset(attempt, code, &new_password("plum-heron-4-anvil-moss")).await.unwrap();

    assert!(gets_in(&world, "plum-heron-4-anvil-moss", &stranger(8)).await);
}

#[tokio::test]
async fn five_mails_with_codes_a_day_go_to_an_address_and_strangers_leave_its_owner_two() {
    let world = World::limited(of_identifiers());
    let owner = world.member(1).await;
    world.wait(86_400 * 2);
    world.deliver().await;
    let before = world.mail.sent().len();
    for n in 0..4 {
        let flow = world.recovery.request(fixtures::email(1), &stranger(n)).await.unwrap();
        for _ in 0..2 {
            world.wait(60);
            world.verification.resend(world.id(&flow), None, &stranger(n)).await.unwrap();
            world.deliver().await;
        }
    }
    assert_eq!(world.mail.sent().len() - before, 3);

    for _ in 0..4 {
        let flow = world.recovery.request(fixtures::email(1), &device(&world, &owner)).await.unwrap();
        world.wait(60);
        world.verification.resend(world.id(&flow), None, &device(&world, &owner)).await.unwrap();
        world.deliver().await;
    }

    assert_eq!(world.mail.sent().len() - before, 5);
}
