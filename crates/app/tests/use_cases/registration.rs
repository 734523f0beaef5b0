use doorward_app::flow::{Next, VerifyError};
use doorward_kernel::AuditKind;
use doorward_notifier::NoticeTemplate;
use doorward_otp::Code;
use doorward_testkit::fixtures;

use crate::world::{PASSWORD, Workers, World, wrong};

#[tokio::test]
async fn an_account_exists_once_its_address_is_verified_and_not_before() {
    let world = World::new();
    let flow = world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;
    let code = world.code(fixtures::email(1).as_str()).await;
    assert_eq!(world.store.users(), []);

    let registered = world.verify_email(&flow, &code).await.unwrap();

    assert_eq!(world.store.users(), [registered.user]);
    assert_eq!(registered.continuation.next, Next::Login);
}

#[tokio::test]
async fn a_code_is_good_once() {
    let world = World::new();
    let flow = world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;
    let code = world.code(fixtures::email(1).as_str()).await;
    world.verify_email(&flow, &code).await.unwrap();

    world.wait(10);
    let again = world.verify_email(&flow, &code).await;

    assert!(matches!(again, Err(VerifyError::Closed)));
}

#[tokio::test]
async fn five_wrong_codes_close_a_flow_even_for_the_right_one() {
    let world = World::new();
    let flow = world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;
    let code = world.code(fixtures::email(1).as_str()).await;

    for left in (0..5).rev() {
        let denied = world.verify_email(&flow, &wrong(&code)).await;
        assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left }) if attempts_left == left));
    }

    assert!(matches!(world.verify_email(&flow, &code).await, Err(VerifyError::Closed)));
    assert_eq!(world.store.users(), []);
}

#[tokio::test]
async fn a_code_ends_at_its_last_instant() {
    let world = World::new();
    let flow = world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;
    let code = world.code(fixtures::email(1).as_str()).await;

    world.wait(600);

    assert!(matches!(world.verify_email(&flow, &code).await, Err(VerifyError::Closed)));
}

#[tokio::test]
async fn a_taken_address_answers_like_any_other_and_its_owner_is_told_once() {
    let world = World::new();
    world.account(1).await;

    let flow = world.register(&fixtures::email(1), &fixtures::phone(2), "another-good-passphrase").await;
    let again = world.register(&fixtures::email(1), &fixtures::phone(2), "another-good-passphrase").await;

    assert_eq!((flow.next, flow.attempts_left), (Next::VerifyEmail, 5));
    assert_eq!(world.notices(&fixtures::email(1)).await, [NoticeTemplate::AlreadyRegistered]);
    for flow in [flow, again] {
        let guess = Code::parse("000000").unwrap();
        let denied = world.verify_email(&flow, &guess).await;
        assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })));
    }
}

#[tokio::test]
async fn an_owner_is_told_again_a_day_later_however_often_somebody_tried() {
    let world = World::new();
    world.account(1).await;

    for _ in 0..4 {
        world.register(&fixtures::email(1), &fixtures::phone(2), PASSWORD).await;
        world.wait(43_200);
    }

    let told = world.notices(&fixtures::email(1)).await;
    assert_eq!(told, [NoticeTemplate::AlreadyRegistered, NoticeTemplate::AlreadyRegistered]);
}

#[tokio::test]
async fn a_code_and_a_notice_are_written_leased_and_handed_to_the_workers_of_this_process() {
    let mut world = World::new();
    world.account(1).await;
    world.deliver().await;
    let workers = Workers::of(&mut world.registration.verification);

    world.register(&fixtures::email(1), &fixtures::phone(2), PASSWORD).await;
    world.register(&fixtures::email(2), &fixtures::phone(2), PASSWORD).await;

    assert_eq!(workers.handed_what_is_leased(&world).await.len(), 2);
}

#[tokio::test]
async fn even_the_right_code_of_a_decoy_is_wrong() {
    let world = World::new();
    world.account(1).await;
    let flow = world.register(&fixtures::email(1), &fixtures::phone(2), PASSWORD).await;
    let challenge = world.stores.flows().find(world.id(&flow)).await.unwrap().map(|flow| flow.challenge).unwrap();
    let code = world.verification.keys.code(&challenge).unwrap();

    let denied = world.verify_email(&flow, &code).await;

    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })));
}

#[tokio::test]
async fn of_two_who_register_an_address_the_one_who_verifies_it_gets_it() {
    let world = World::new();
    let attacker = world.register(&fixtures::email(1), &fixtures::phone(2), "attacker password 1").await;
    let attackers_code = world.code(fixtures::email(1).as_str()).await;
    let victim = world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;
    let victims_code = world.code(fixtures::email(1).as_str()).await;

    let registered = world.verify_email(&victim, &victims_code).await.unwrap();

    assert!(registered.user.carries(&fixtures::phone(1)));
    for code in [attackers_code, victims_code] {
        assert!(matches!(world.verify_email(&attacker, &code).await, Err(VerifyError::Closed)));
    }
    assert_eq!(world.store.users().len(), 1);
}

#[tokio::test]
async fn a_code_is_good_in_its_own_flow_only() {
    let world = World::new();
    let mine = world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;
    let my_code = world.code(fixtures::email(1).as_str()).await;
    let theirs = world.register(&fixtures::email(2), &fixtures::phone(2), PASSWORD).await;
    let their_code = world.code(fixtures::email(2).as_str()).await;

    assert!(matches!(world.verify_email(&mine, &their_code).await, Err(VerifyError::Incorrect { .. })));
    assert!(matches!(world.verify_email(&theirs, &my_code).await, Err(VerifyError::Incorrect { .. })));
    assert!(matches!(world.enter(&mine, &my_code).await, Err(VerifyError::Closed)));
    assert!(world.verify_email(&mine, &my_code).await.is_ok());
}

#[tokio::test]
async fn every_step_leaves_its_event() {
    let world = World::new();
    let flow = world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;
    let code = world.code(fixtures::email(1).as_str()).await;
    world.verify_email(&flow, &wrong(&code)).await.unwrap_err();
    world.verify_email(&flow, &code).await.unwrap();

    let kinds: Vec<_> = world.store.audit().iter().map(|event| event.kind).collect();

    assert_eq!(kinds, [AuditKind::FlowStarted, AuditKind::FlowFailed, AuditKind::UserRegistered]);
}
