//! Wrong codes by SMS: limits of the number, and its lockout.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use doorward_app::{
    flow::{FlowView, LoginStep, VerifyError},
    limits::Caller,
    logins::{LoginOutcome, Logins, OpenSession, PasswordOutcome, Rehash, RehashOutcome, RightPassword},
    password_login::{PasswordLogin, PasswordLoginError},
    profile::ProfileRequest,
};
use doorward_kernel::{EmailAddress, StoreError};
use doorward_limit::{Limit, Limits};
use doorward_otp::{Code, Step, Target};
use doorward_testkit::fixtures;
use doorward_user::Password;

use super::{enter, guess, guess_at_once, start};
use crate::world::{PASSWORD, World, by_password, device, of_identifiers, signed_in, stranger, without_limits};

/// The code by SMS after the right password of the account with the address.
async fn after_password(world: &World, email: EmailAddress, caller: &Caller) -> Result<FlowView, PasswordLoginError> {
    match world.password_login.log_in(&by_password(email, PASSWORD, caller)).await? {
        LoginStep::More(flow) => Ok(flow),
        LoginStep::SignedIn(signed_in) => panic!("a session was opened: {signed_in:?}"),
    }
}

/// Logins of which the first finds its verifier replaced.
struct ReplacedOnce {
    logins: Arc<dyn Logins>,
    is_replaced: AtomicBool,
}

#[async_trait]
impl Logins for ReplacedOnce {
    async fn open(&self, open: OpenSession) -> Result<LoginOutcome, StoreError> {
        self.logins.open(open).await
    }

    async fn go_on(&self, right: RightPassword) -> Result<PasswordOutcome, StoreError> {
        if self.is_replaced.swap(true, Ordering::Relaxed) {
            self.logins.go_on(right).await
        } else {
            Ok(PasswordOutcome::Conflict)
        }
    }

    async fn rehash(&self, rehash: Rehash) -> Result<RehashOutcome, StoreError> {
        self.logins.rehash(rehash).await
    }
}

/// Makes an account that carries the number of the first one and has not verified it.
async fn claim_number(world: &World, n: u32) {
    let flow = world.register(&fixtures::email(n), &fixtures::phone(1), PASSWORD).await;
    let code = world.code(fixtures::email(n).as_str()).await;
    world.verify_email(&flow, &code).await.unwrap();
}

#[tokio::test]
async fn wrong_codes_at_a_number_count_for_it_whichever_account_claims_it() {
    let world = World::limited(Limits { sms: Limit::OFF, ..of_identifiers() });
    let owner = world.member(1).await;
    for n in [2, 3] {
        claim_number(&world, n).await;
    }
    for n in 0..5 {
        let flow = after_password(&world, fixtures::email(2), &stranger(n)).await.unwrap();
        for _ in 0..4 {
            enter(&world, &flow, &Code::parse("000000").unwrap(), &stranger(n)).await.unwrap_err();
        }
    }

    let flow = after_password(&world, fixtures::email(3), &stranger(9)).await.unwrap();
    let denied = enter(&world, &flow, &world.code(fixtures::phone(1).as_str()).await, &stranger(9)).await;

    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })), "{denied:?}");
    assert_eq!(world.log_in(&fixtures::phone(1)).await.user.id, owner.user.id);
}

#[tokio::test]
async fn thirty_wrong_codes_in_a_row_leave_a_claimed_number_one_try_an_hour() {
    let limits = Limits { sms: Limit::OFF, wrong_codes: Limit::OFF, ..of_identifiers() };
    let world = World::limited(limits);
    for n in [2, 3] {
        claim_number(&world, n).await;
    }
    for n in 0..6 {
        let flow = after_password(&world, fixtures::email(2), &stranger(n)).await.unwrap();
        for _ in 0..5 {
            enter(&world, &flow, &Code::parse("000000").unwrap(), &stranger(n)).await.unwrap_err();
        }
    }
    world.deliver().await;

    let flow = after_password(&world, fixtures::email(3), &stranger(8)).await.unwrap();
    let denied = enter(&world, &flow, &world.code(fixtures::phone(1).as_str()).await, &stranger(8)).await;
    world.wait(3_600);
    let flow = after_password(&world, fixtures::email(3), &stranger(9)).await.unwrap();
    let opened = enter(&world, &flow, &world.code(fixtures::phone(1).as_str()).await, &stranger(9)).await;

    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })), "{denied:?}");
    assert!(opened.is_ok(), "{opened:?}");
}

#[tokio::test]
async fn a_code_after_a_password_that_was_never_sent_is_never_right() {
    let limits = Limits { sms: Limit::parse("1/1d").unwrap(), ..of_identifiers() };
    let world = World::limited(limits);
    world.member(1).await;
    let flow = after_password(&world, fixtures::email(1), &stranger(1)).await.unwrap();
    let challenge = world.named(&flow).await.unwrap().challenge;
    let code = world.verification.keys.code(&challenge).unwrap();

    let guessed = enter(&world, &flow, &code, &stranger(1)).await;
    let by_mail = world.binding.ask_by_mail(world.id(&flow), &stranger(1)).await;

    assert!(matches!(guessed, Err(VerifyError::Incorrect { attempts_left: 4 })), "{guessed:?}");
    assert!(by_mail.is_ok(), "another way leads on");
}

#[tokio::test]
async fn a_right_password_sends_to_a_number_nobody_has_verified_as_often_as_any_start_of_the_host() {
    let world = World::limited(Limits { sms: Limit::OFF, ip_sends: Limit::parse("3/1d").unwrap(), ..of_identifiers() });
    claim_number(&world, 2).await;
    world.wait(86_400);
    let here = stranger(1);
    let mut sent = 0;
    let refused = loop {
        match after_password(&world, fixtures::email(2), &here).await {
            Ok(_) => sent += 1,
            Err(refused) => break refused,
        }
        assert!(sent < 10, "never refused");
    };

    assert!(matches!(refused, PasswordLoginError::Limited { .. }), "{refused:?}");
    assert_eq!(sent, 3);
    assert!(start(&world, &fixtures::phone(9), &here).await.is_err());
    assert!(after_password(&world, fixtures::email(2), &stranger(2)).await.is_ok());
}

#[tokio::test]
async fn a_right_password_takes_one_start_of_the_host_though_its_verifier_is_replaced_meanwhile() {
    let world = World::limited(Limits { sms: Limit::OFF, ip_sends: Limit::parse("1/1d").unwrap(), ..of_identifiers() });
    claim_number(&world, 2).await;
    world.wait(86_400);
    let logins = Arc::new(ReplacedOnce { logins: world.stores.store.clone(), is_replaced: AtomicBool::default() });
    let login = PasswordLogin { logins, ..world.password_login.clone() };

    let flow = login.log_in(&by_password(fixtures::email(2), PASSWORD, &stranger(1))).await;

    assert!(matches!(flow, Ok(LoginStep::More(_))), "{flow:?}");
}

#[tokio::test]
async fn a_right_password_sends_to_its_owner_s_number_though_the_starts_of_the_host_are_used_up() {
    let world = World::limited(Limits { sms: Limit::OFF, ip_sends: Limit::parse("3/1d").unwrap(), ..of_identifiers() });
    world.member(1).await;
    let here = stranger(1);
    while start(&world, &fixtures::phone(9), &here).await.is_ok() {}

    for _ in 0..3 {
        after_password(&world, fixtures::email(1), &here).await.unwrap();
    }
}

#[tokio::test]
async fn twenty_wrong_codes_shut_an_identifier_for_strangers_and_not_for_its_owners_device() {
    let world = World::limited(Limits { sms: Limit::OFF, ..of_identifiers() });
    let owner = world.member(1).await;
    let number = fixtures::phone(1);
    guess(&world, &number, 20).await;

    let flow = start(&world, &number, &stranger(50)).await.unwrap();
    let code = world.code(number.as_str()).await;
    let denied = enter(&world, &flow, &code, &stranger(50)).await;
    let own = device(&world, &owner);
    let flow = start(&world, &number, &own).await.unwrap();
    let code = world.code(number.as_str()).await;
    let opened = enter(&world, &flow, &code, &own).await.unwrap();

    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })), "{denied:?}");
    assert_eq!(signed_in(opened).user.id, owner.user.id);
}

#[tokio::test]
async fn a_used_up_identifier_comes_back_with_time_and_not_with_a_login_of_its_owner() {
    let world = World::limited(Limits { sms: Limit::OFF, ..of_identifiers() });
    let owner = world.member(1).await;
    let number = fixtures::phone(1);
    guess(&world, &number, 20).await;
    let own = device(&world, &owner);
    let flow = start(&world, &number, &own).await.unwrap();
    let code = world.code(number.as_str()).await;
    enter(&world, &flow, &code, &own).await.unwrap();

    let flow = start(&world, &number, &stranger(50)).await.unwrap();
    let code = world.code(number.as_str()).await;
    assert!(enter(&world, &flow, &code, &stranger(50)).await.is_err());

    world.wait(86_400 / 20);
    let flow = start(&world, &number, &stranger(51)).await.unwrap();
    let code = world.code(number.as_str()).await;
    assert!(enter(&world, &flow, &code, &stranger(51)).await.is_ok());
}

#[tokio::test]
async fn right_codes_use_up_nothing() {
    let world = World::limited(Limits { sms: Limit::OFF, ..of_identifiers() });
    world.member(1).await;

    for _ in 0..40 {
        world.log_in(&fixtures::phone(1)).await;
    }
}

#[tokio::test]
async fn thirty_wrong_codes_in_a_row_disable_a_number_until_it_is_bound_anew() {
    let limits = Limits { sms: Limit::OFF, wrong_codes: Limit::OFF, ..of_identifiers() };
    let world = World::limited(limits);
    let owner = world.member(1).await;
    let number = fixtures::phone(1);
    guess(&world, &number, 29).await;
    world.log_in(&number).await;
    guess(&world, &number, 30).await;
    world.wait(1_000_000);

    let flow = start(&world, &number, &stranger(50)).await.unwrap();
    let code = world.code(number.as_str()).await;
    let denied = enter(&world, &flow, &code, &device(&world, &owner)).await;
    let request = ProfileRequest { identifier: Some(Target::Phone(number.clone())), ..ProfileRequest::default() };
    let password = Password::parse(PASSWORD).unwrap();
    let step = world.profile.change(&owner, &password, request, &stranger(1)).await.unwrap();
    let doorward_app::profile::ProfileStep::Verify(flow) = step else { panic!("nothing is to be verified") };
    let attempt = world.attempt(&flow, Step::PhoneCode).await.unwrap();
    world.profile.verify_phone(attempt, &world.code(number.as_str()).await).await.unwrap();

    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })), "{denied:?}");
    world.log_in(&number).await;
}

#[tokio::test]
async fn a_right_code_clears_the_wrong_ones_before_it_and_none_that_follow_at_once() {
    let world = World::limited(Limits { wrong_codes: Limit::OFF, ..without_limits() });
    world.member(1).await;
    let number = fixtures::phone(1);
    guess(&world, &number, 20).await;
    world.log_in(&number).await;

    guess_at_once(&world, &number, 30).await;
    world.deliver().await;

    let flow = start(&world, &number, &stranger(50)).await.unwrap();
    let code = world.code(number.as_str()).await;
    let denied = enter(&world, &flow, &code, &stranger(50)).await;
    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })), "{denied:?}");
}
