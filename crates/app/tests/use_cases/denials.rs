//! Denials of passwords: each is one wrong check, as a right one comes sooner.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use doorward_app::{
    flow::LoginStep,
    limits::Caller,
    password_login::{PasswordAttempt, PasswordLogin},
    phone_login::PhoneLogin,
    profile::{Profile, ProfileError, ProfileRequest},
};
use doorward_kernel::{AuditKind, Client, UserId};
use doorward_limit::{Limit, Limits};
use doorward_otp::{Step, Target};
use doorward_session::Carrier;
use doorward_testkit::{fakes::PlainHasher, fixtures};
use doorward_user::{HashError, Password, PasswordCheck, PasswordHasher, PasswordVerifier, UserStatus};

use crate::world::{PASSWORD, World, of_identifiers};

const WRONG: &str = "wrong-otter-9-quarry";

/// Checks passwords, and notes what it answered.
#[derive(Default)]
struct Recording(Mutex<Vec<PasswordCheck>>);

#[async_trait]
impl PasswordHasher for Recording {
    async fn hash(&self, user: UserId, password: &Password) -> Result<PasswordVerifier, HashError> {
        PlainHasher.hash(user, password).await
    }

    async fn verify(
        &self,
        password: &Password,
        verifier: Option<(UserId, PasswordVerifier)>,
    ) -> Result<PasswordCheck, HashError> {
        let check = PlainHasher.verify(password, verifier).await?;
        self.0.lock().unwrap().push(check);
        Ok(check)
    }
}

impl Recording {
    fn answers(&self) -> Vec<PasswordCheck> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

async fn log_in(world: &World, identifier: Target, password: &str) -> (bool, Vec<PasswordCheck>) {
    let hasher = Arc::new(Recording::default());
    let login = PasswordLogin { hasher: hasher.clone(), ..world.password_login.clone() };
    let attempt = PasswordAttempt {
        identifier,
        password: Password::parse(password).unwrap(),
        flow: None,
        carrier: Carrier::Token,
        client: Client::default(),
        caller: Caller::default(),
    };
    (login.log_in(&attempt).await.is_ok(), hasher.answers())
}

async fn disable(world: &World, user: UserId) {
    let event = fixtures::audit(1, AuditKind::UserDisabled);
    world.stores.accounts().set_status(user, UserStatus::Disabled, fixtures::at(1), event).await.unwrap();
}

/// A world whose limits take no notice of the first wrong passwords.
fn world_with_lock_outs() -> World {
    World::limited(Limits { password_failures: Limit::OFF, sms: Limit::OFF, ..of_identifiers() })
}

#[tokio::test]
async fn whoever_logs_in_in_vain_is_one_wrong_check() {
    let world = World::new();
    let closed = world.member(1).await;
    world.member(2).await;
    world.account(3).await;
    disable(&world, closed.user.id).await;

    for (identifier, password) in [
        (Target::Email(fixtures::email(1)), PASSWORD),
        (Target::Email(fixtures::email(1)), WRONG),
        (Target::Phone(fixtures::phone(1)), PASSWORD),
        (Target::Email(fixtures::email(2)), WRONG),
        (Target::Phone(fixtures::phone(3)), PASSWORD),
        (Target::Email(fixtures::email(9)), WRONG),
    ] {
        assert_eq!(log_in(&world, identifier, password).await, (false, vec![PasswordCheck::Wrong]));
    }
}

#[tokio::test]
async fn a_right_password_that_has_to_wait_is_one_wrong_check() {
    let world = world_with_lock_outs();
    world.member(1).await;
    let email = || Target::Email(fixtures::email(1));
    while log_in(&world, email(), PASSWORD).await.0 {
        for _ in 0..10 {
            log_in(&world, email(), WRONG).await;
        }
    }

    let denied = log_in(&world, email(), PASSWORD).await;

    assert_eq!(denied, (false, vec![PasswordCheck::Wrong]));
}

#[tokio::test]
async fn the_right_password_of_another_flow_is_one_wrong_check() {
    let world = World::new();
    world.member(1).await;
    let flow = world.password_login.start(fixtures::email(2), &Caller::default()).await.unwrap();
    let hasher = Arc::new(Recording::default());
    let login = PasswordLogin { hasher: hasher.clone(), ..world.password_login.clone() };
    let of_flow = world.verification.find_open(world.id(&flow), &[Step::Password], &Caller::default()).await.unwrap();

    let attempt = PasswordAttempt {
        identifier: Target::Email(fixtures::email(1)),
        password: Password::parse(PASSWORD).unwrap(),
        flow: Some(of_flow),
        carrier: Carrier::Token,
        client: Client::default(),
        caller: Caller::default(),
    };
    let denied = login.log_in(&attempt).await;

    assert!(denied.is_err());
    assert_eq!(hasher.answers(), [PasswordCheck::Wrong]);
}

#[tokio::test]
async fn whoever_finishes_a_login_by_phone_in_vain_is_one_wrong_check() {
    let world = World::new();
    world.account(1).await;
    world.account(2).await;
    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    let LoginStep::More(next) = world.enter(&flow, &code).await.unwrap() else { panic!("no password is asked for") };
    let hasher = Arc::new(Recording::default());
    let login = PhoneLogin { hasher: hasher.clone(), ..world.phone_login.clone() };

    for (n, password) in [(1, WRONG), (2, PASSWORD), (9, WRONG)] {
        let attempt = world.attempt(&next, Step::Password).await.unwrap();
        let password = Password::parse(password).unwrap();
        let client = Client::default();
        let denied = login.finish_with_password(attempt, &fixtures::email(n), &password, Carrier::Token, client).await;

        assert!(denied.is_err());
        assert_eq!(hasher.answers(), [PasswordCheck::Wrong], "{n}");
    }
}

#[tokio::test]
async fn a_change_in_vain_is_one_wrong_check() {
    let world = world_with_lock_outs();
    let member = world.member(1).await;
    let hasher = Arc::new(Recording::default());
    let profile = Profile { hasher: hasher.clone(), ..world.profile.clone() };
    let change = async |password: &str| {
        let request = ProfileRequest { names: fixtures::names("Ada", "King").into(), ..ProfileRequest::default() };
        let denied =
            profile.change(&member, &Password::parse(password).unwrap(), request, &Caller::default()).await.err();
        (matches!(denied, Some(ProfileError::PasswordIncorrect)), hasher.answers())
    };

    for _ in 0..9 {
        assert_eq!(change(WRONG).await, (true, vec![PasswordCheck::Wrong]));
    }
    assert_eq!(change(WRONG).await, (true, vec![PasswordCheck::Wrong]));
    assert_eq!(change(PASSWORD).await, (true, vec![PasswordCheck::Wrong]));
}
