//! Backoff after wrong passwords in a row.

use doorward_app::{
    limits::Caller,
    password_login::{PasswordAttempt, PasswordLoginError},
};
use doorward_kernel::{Client, EmailAddress, Secret};
use doorward_limit::{Limit, Limits};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Step, Target};
use doorward_session::{Carrier, SessionTokens};
use doorward_testkit::fixtures;
use doorward_user::Password;

use crate::world::{PASSWORD, World, new_password, of_identifiers};

/// Without the bucket of the day, which would refuse the twenty-first anyway.
fn world() -> World {
    World::limited(Limits { password_failures: Limit::OFF, sms: Limit::OFF, ..of_identifiers() })
}

async fn try_one(world: &World, identifier: Target, password: &str, caller: &Caller) -> bool {
    let attempt = PasswordAttempt {
        identifier,
        password: Password::parse(password).unwrap(),
        flow: None,
        carrier: Carrier::Token,
        client: Client::default(),
        caller: caller.clone(),
    };
    match world.password_login.log_in(&attempt).await {
        Ok(_) => true,
        Err(PasswordLoginError::Incorrect { .. }) => false,
        Err(other) => panic!("{other:?}"),
    }
}

fn email(n: u32) -> Target {
    Target::Email(fixtures::email(n))
}

async fn is_right(world: &World, caller: &Caller) -> bool {
    try_one(world, email(1), PASSWORD, caller).await
}

/// Wrong passwords, each as soon as it is looked at.
async fn fail(world: &World, times: u32, caller: &Caller) {
    for _ in 0..times {
        assert!(!try_one(world, email(1), "wrong-otter-9-quarry", caller).await);
    }
}

#[tokio::test]
async fn nine_wrong_passwords_cost_nothing_and_a_right_one_ends_the_row() {
    let world = world();
    world.member(1).await;
    let stranger = Caller::default();

    for _ in 0..3 {
        fail(&world, 9, &stranger).await;
        assert!(is_right(&world, &stranger).await);
    }
}

#[tokio::test]
async fn from_the_tenth_on_right_and_wrong_wait_alike_and_longer_each_time() {
    let world = world();
    world.member(1).await;
    let stranger = Caller::default();
    fail(&world, 9, &stranger).await;

    for seconds in [30, 60, 120, 300, 900, 3600, 3600] {
        fail(&world, 1, &stranger).await;
        world.wait(seconds - 1);
        assert!(!is_right(&world, &stranger).await, "after {seconds}");
        fail(&world, 3, &stranger).await;
        world.wait(1);
    }
    assert!(is_right(&world, &stranger).await);
}

#[tokio::test]
async fn a_right_password_that_counted_as_the_tenth_or_thirtieth_blocks_no_other_node() {
    for row in [9, 29] {
        let world = world();
        world.member(1).await;
        for _ in 0..row {
            fail(&world, 1, &Caller::default()).await;
            world.wait(3600);
        }

        assert!(is_right(&world, &Caller::default()).await);

        let rows = world.store.lockouts();
        assert!(rows.iter().all(|lockout| lockout.blocked_until.is_none()), "{rows:?} after {row}");
    }
}

#[tokio::test]
async fn a_known_device_does_not_wait_for_strangers() {
    let world = world();
    let owner = world.member(1).await;
    let token = world.keys.device_token(owner.user.device_owner()).reveal().clone();
    let own = Caller { device: Some(Secret::new(token)), ..Caller::default() };
    fail(&world, 12, &Caller::default()).await;

    assert!(!is_right(&world, &Caller::default()).await);
    assert!(is_right(&world, &own).await);
    assert!(!is_right(&world, &Caller::default()).await);
}

#[tokio::test]
async fn nobody_s_address_waits_like_any_other() {
    let world = world();
    world.member(1).await;
    for n in [1, 2] {
        for _ in 0..12 {
            assert!(!try_one(&world, email(n), "wrong-otter-9-quarry", &Caller::default()).await);
        }
    }

    world.settle().await;
    let rows = world.store.lockouts();

    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0], rows[1]);
}

#[tokio::test]
async fn all_names_of_an_account_share_one_row() {
    let world = world();
    world.member(1).await;
    let stranger = Caller::default();
    let shouted = EmailAddress::parse(&fixtures::email(1).as_str().to_uppercase()).unwrap();
    for name in [email(1), Target::Email(shouted), Target::Phone(fixtures::phone(1))] {
        for _ in 0..3 {
            assert!(!try_one(&world, name.clone(), "wrong-otter-9-quarry", &stranger).await);
        }
    }
    fail(&world, 1, &stranger).await;

    assert!(!try_one(&world, Target::Phone(fixtures::phone(1)), PASSWORD, &stranger).await);
    world.settle().await;
    assert_eq!(world.store.lockouts().len(), 1);
    world.wait(30);
    assert!(try_one(&world, Target::Phone(fixtures::phone(1)), PASSWORD, &stranger).await);
    assert!(is_right(&world, &stranger).await);
}

#[tokio::test]
async fn thirty_in_a_row_disable_a_password_until_it_is_set_anew() {
    let world = world();
    world.member(1).await;
    let stranger = Caller::default();
    for _ in 0..30 {
        fail(&world, 1, &stranger).await;
        world.wait(3600);
    }
    world.wait(100 * 86_400);
    assert!(!is_right(&world, &stranger).await);

    let flow = world.recovery.request(fixtures::email(1), &stranger).await.unwrap();
    let code = world.code(fixtures::email(1).as_str()).await;
    let attempt = world.attempt(&flow, Step::EmailCode).await.unwrap();
    let code = doorward_otp::EnteredCode::Digits(code);
    world.recovery.reset(attempt, code, &new_password("plum-heron-4-anvil-moss")).await.unwrap();

    assert!(try_one(&world, email(1), "plum-heron-4-anvil-moss", &stranger).await);
}

#[tokio::test]
async fn the_owner_is_told_once_that_tries_wait_and_once_that_none_is_looked_at_any_more() {
    let world = world();
    world.member(1).await;
    world.deliver().await;
    let stranger = Caller::default();
    let told = async || {
        let notices = world.notices(&fixtures::email(1)).await;
        let count = |template| notices.iter().filter(|notice| **notice == template).count();
        (count(NoticeTemplate::PasswordsTried), count(NoticeTemplate::PasswordDisabled))
    };
    fail(&world, 9, &stranger).await;
    assert_eq!(told().await, (0, 0));

    fail(&world, 9, &stranger).await;
    assert_eq!(told().await, (1, 0));
    for _ in 10..30 {
        world.wait(3600);
        fail(&world, 2, &stranger).await;
    }

    assert_eq!(told().await, (1, 1));
    for _ in 0..12 {
        assert!(!try_one(&world, email(2), "wrong-otter-9-quarry", &stranger).await);
    }
    assert!(world.notices(&fixtures::email(2)).await.is_empty());
}
