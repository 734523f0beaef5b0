//! Limits of mails to one address.

use std::{sync::Arc, time::Duration};

use doorward_app::{
    SignedIn,
    flow::{FlowView, VerifyError},
    limits::Caller,
    profile::{ProfileRequest, ProfileStep},
    registration::RegistrationError,
};
use doorward_kernel::AuditKind;
use doorward_limit::{Limit, Limits};
use doorward_notifier::{NoticeTemplate, Recipient};
use doorward_otp::Target;
use doorward_testkit::fixtures;
use doorward_user::{HashError, MockPasswordHasher, Password};

use super::{recorded, register};
use crate::{
    recovery::reset,
    world::{PASSWORD, World, device, new_password, of_identifiers, stranger},
};

async fn change_address(world: &World, who: &SignedIn, to: u32) -> FlowView {
    let identifier = Some(Target::Email(fixtures::email(to)));
    let request = ProfileRequest { identifier, ..ProfileRequest::default() };
    let password = Password::parse(PASSWORD).unwrap();
    match world.profile.change(who, &password, request, &Caller::default()).await.unwrap() {
        ProfileStep::Verify(flow) => flow,
        ProfileStep::Done(_) => panic!("nothing is to be verified"),
    }
}

#[tokio::test]
async fn fifty_registrations_of_one_address_send_three_mails_and_look_alike() {
    let world = World::limited(Limits::default());

    let mut flows = Vec::new();
    for n in 0..50 {
        flows.push(register(&world, 1, &stranger(n)).await.unwrap());
    }
    world.deliver().await;

    assert_eq!(world.mail.sent().len(), 3);
    let shape = |flow: &FlowView| {
        (flow.next, flow.channel, flow.destination.clone(), flow.expires_at, flow.resend_at, flow.attempts_left)
    };
    assert!(flows.iter().all(|flow| shape(flow) == shape(&flows[0])));
    let last = flows.last().unwrap();
    let denied = world.verify_email(last, &world.code(fixtures::email(1).as_str()).await).await;
    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })), "{denied:?}");
    assert_eq!(recorded(&world, AuditKind::EmailBudgetExhausted), 47);
}

#[tokio::test]
async fn a_registration_whose_password_cannot_be_hashed_now_costs_no_mail() {
    let mut world = World::limited(Limits { email: Limit::parse("3/1d").unwrap(), ..of_identifiers() });
    let mut busy = MockPasswordHasher::new();
    busy.expect_hash().returning(|_, _| Err(HashError::Overloaded { retry_after: Duration::from_secs(2) }));
    let hasher = std::mem::replace(&mut world.registration.hasher, Arc::new(busy));
    for n in 0..5 {
        assert!(matches!(register(&world, 1, &stranger(n)).await, Err(RegistrationError::Hash(_))));
    }
    world.registration.hasher = hasher;

    register(&world, 1, &stranger(5)).await.unwrap();

    assert!(world.try_code(fixtures::email(1).as_str()).await.is_some());
}

#[tokio::test]
async fn nobody_silences_the_notice_to_an_owner() {
    let world = World::limited(of_identifiers());
    world.member(1).await;
    world.wait(86_400 * 2);

    for n in 0..9 {
        register(&world, 1, &stranger(n)).await.unwrap();
    }

    let told = world.notices(&fixtures::email(1)).await;
    let asked = NoticeTemplate::AlreadyRegistered;
    assert_eq!(told.iter().filter(|notice| **notice == asked).count(), 1);
}

#[tokio::test]
async fn a_limit_of_mails_that_is_all_reserve_leaves_strangers_none() {
    let world = World::limited(Limits { email: Limit::parse("2/1d").unwrap(), ..of_identifiers() });

    register(&world, 1, &stranger(1)).await.unwrap();
    world.deliver().await;

    assert_eq!((world.mail.sent().len(), recorded(&world, AuditKind::EmailBudgetExhausted)), (0, 1));
}

#[tokio::test]
async fn changes_to_an_owner_s_address_leave_the_owner_the_two_that_are_kept() {
    let world = World::limited(of_identifiers());
    let owner = world.member(1).await;
    world.wait(86_400 * 2);
    for n in [2, 3] {
        let other = world.member(n).await;
        for _ in 0..2 {
            let flow = change_address(&world, &other, 1).await;
            world.wait(30);
            world.verification.resend(world.id(&flow), None, &Caller::default()).await.unwrap();
        }
    }

    let flow = world.recovery.request(fixtures::email(1), &device(&world, &owner)).await.unwrap();
    let code = world.code(fixtures::email(1).as_str()).await;

    assert!(reset(&world, &flow, &code, &new_password("brass-heron-4-paper-moon")).await.is_ok());
}

#[tokio::test]
async fn a_change_whose_code_is_sent_again_mails_a_stranger_s_three_at_most() {
    let world = World::limited(of_identifiers());
    let other = world.member(2).await;
    world.deliver().await;
    let sent = world.mail.sent().len();

    for _ in 0..2 {
        let flow = change_address(&world, &other, 9).await;
        for wait in [30, 60] {
            world.wait(wait);
            world.verification.resend(world.id(&flow), None, &Caller::default()).await.unwrap();
        }
    }
    world.deliver().await;

    let to = Recipient::Email(fixtures::email(9));
    let to_it = world.mail.sent().into_iter().skip(sent).filter(|mail| mail.recipient == to).count();
    assert_eq!((to_it, recorded(&world, AuditKind::EmailBudgetExhausted)), (3, 3));
}
