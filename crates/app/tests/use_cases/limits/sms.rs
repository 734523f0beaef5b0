//! Limits of SMS to one number, and what is never sent.

use doorward_app::flow::VerifyError;
use doorward_kernel::{AuditKind, Country, PhoneNumber};
use doorward_limit::{Limit, Limits};
use doorward_otp::Code;
use doorward_testkit::fixtures;

use super::{enter, recorded, register, start};
use crate::world::{World, of_identifiers, stranger};

#[tokio::test]
async fn resends_of_strangers_take_like_their_starts_and_leave_the_two_that_are_kept() {
    let world = World::limited(Limits::default());
    let mut flows =
        vec![register(&world, 1, &stranger(0)).await.unwrap(), register(&world, 1, &stranger(1)).await.unwrap()];
    world.wait(30);

    let mut again = Vec::new();
    for (n, flow) in (10..).zip(&flows) {
        again.push(world.verification.resend(world.id(flow), None, &stranger(n)).await.unwrap());
    }
    world.deliver().await;

    assert_eq!(world.mail.sent().len(), 3);
    assert!(again.iter().all(|flow| flow.resend_at == again[0].resend_at));
    let code = world.code(fixtures::email(1).as_str()).await;
    assert!(world.verify_email(&flows.remove(0), &code).await.is_ok(), "the codes that were sent stay right");
}

#[tokio::test]
async fn every_spelling_of_a_number_takes_from_one_bucket() {
    let world = World::limited(of_identifiers());
    world.member(1).await;
    let sent = world.sms.sent().len();
    let e164 = fixtures::phone(1).as_str().to_owned();
    let spellings =
        [e164.clone(), format!("{} {}", &e164[..3], &e164[3..]), format!("{}-({})", &e164[..2], &e164[2..])];

    for n in 0..30 {
        let number = PhoneNumber::parse(&spellings[n as usize % 3], None).unwrap();
        start(&world, &number, &stranger(n)).await.unwrap();
    }
    world.deliver().await;

    // Five an hour, of which the owner's own login took one.
    assert_eq!(world.sms.sent().len() - sent, 4);
    assert_eq!(recorded(&world, AuditKind::SmsBudgetExhausted), 26);
}

#[tokio::test]
async fn starts_for_nobody_use_up_nothing_of_what_is_there_for_all() {
    let limits = Limits { sms_budget: Limit::parse("3/1d").unwrap(), ..of_identifiers() };
    let world = World::limited(limits);
    world.member(1).await;
    world.deliver().await;
    let sent = world.sms.sent().len();

    for n in 0..30 {
        start(&world, &fixtures::phone(100 + n), &stranger(n)).await.unwrap();
    }
    start(&world, &fixtures::phone(1), &stranger(77)).await.unwrap();
    world.deliver().await;

    assert_eq!(world.sms.sent().len() - sent, 1);
}

#[tokio::test]
async fn a_paused_gate_sends_no_sms_answers_like_any_and_lets_mail_out() {
    let world = World::limited(of_identifiers());
    world.member(1).await;
    world.deliver().await;
    let sent = world.sms.sent().len();
    world.operator().pause_sms().await.unwrap();
    world.settle().await;

    let paused = start(&world, &fixtures::phone(1), &stranger(1)).await.unwrap();
    register(&world, 2, &stranger(2)).await.unwrap();
    world.deliver().await;

    assert_eq!(world.sms.sent().len(), sent);
    assert!(world.mail.last_code(fixtures::email(2).as_str()).is_some());
    assert_eq!(recorded(&world, AuditKind::SmsPaused), 1);
    let denied = enter(&world, &paused, &Code::parse("000000").unwrap(), &stranger(1)).await;
    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })));
    world.operator().resume_sms().await.unwrap();
    world.settle().await;
    world.log_in(&fixtures::phone(1)).await;
}

#[tokio::test]
async fn what_a_rule_holds_back_uses_up_nothing_of_the_number() {
    let world = World::limited(Limits { sms: Limit::parse("1/1d").unwrap(), ..of_identifiers() });
    world.member(1).await;
    world.deliver().await;
    world.wait(86_400);
    world.operator().pause_sms().await.unwrap();
    world.settle().await;
    for n in 0..3 {
        start(&world, &fixtures::phone(1), &stranger(n)).await.unwrap();
    }
    world.operator().resume_sms().await.unwrap();
    world.settle().await;
    world.deliver().await;
    let sent = world.sms.sent().len();

    for n in 3..6 {
        start(&world, &fixtures::phone(1), &stranger(n)).await.unwrap();
    }
    world.deliver().await;

    assert_eq!(world.sms.sent().len(), sent + 1);
}

#[tokio::test]
async fn a_kind_of_number_that_earns_money_or_gets_no_sms_is_sent_nothing_and_recorded() {
    let world = World::limited(of_identifiers());

    for (n, number) in (1..).zip(["+19002530000", "+4918012345", "+882161234567"]) {
        start(&world, &PhoneNumber::parse(number, None).unwrap(), &stranger(n)).await.unwrap();
    }
    world.deliver().await;

    assert_eq!((world.sms.sent().len(), recorded(&world, AuditKind::SmsNumberKind)), (0, 3));
}

#[tokio::test]
async fn a_country_that_is_not_served_is_sent_nothing_and_recorded() {
    let mut world = World::limited(of_identifiers());
    world.member(1).await;
    world.deliver().await;
    let sent = world.sms.sent().len();
    world.phone_login.verification.phone_gate.policy.countries = Some(vec![Country::parse("LV").unwrap()]);

    start(&world, &fixtures::phone(1), &stranger(1)).await.unwrap();
    world.deliver().await;

    assert_eq!((world.sms.sent().len() - sent, recorded(&world, AuditKind::SmsCountryDenied)), (0, 1));
}
