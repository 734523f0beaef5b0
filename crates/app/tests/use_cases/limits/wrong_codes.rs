//! Wrong codes by SMS: limits of the number, and its lockout.

use doorward_app::{flow::VerifyError, profile::ProfileRequest};
use doorward_limit::{Limit, Limits};
use doorward_otp::{Step, Target};
use doorward_testkit::fixtures;
use doorward_user::Password;

use super::{enter, guess, guess_at_once, start};
use crate::world::{PASSWORD, World, device, of_identifiers, signed_in, stranger, without_limits};

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
