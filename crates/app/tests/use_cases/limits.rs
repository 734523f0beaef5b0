//! What strangers who try, and strangers who make us send, come up against.

use std::{sync::Arc, time::Duration};

use doorward_app::{
    flow::{FlowView, LoginStep, ResendError, ResumeError, VerifyError},
    limits::{AdmitError, Caller},
    profile::{ProfileError, ProfileRequest},
    registration::RegistrationError,
    sessions::RefreshError,
};
use doorward_kernel::{AuditKind, Client, Country, PhoneNumber, Secret};
use doorward_limit::{Limit, Limits};
use doorward_otp::{Code, Step, Target};
use doorward_session::Carrier;
use doorward_testkit::fixtures;
use doorward_user::{HashError, MockPasswordHasher, Password};

use crate::world::{PASSWORD, World, device, of_identifiers, request, signed_in, stranger, without_limits};

pub(crate) async fn start(world: &World, number: &PhoneNumber, caller: &Caller) -> Result<FlowView, AdmitError> {
    world.phone_login.start(number.clone(), None, caller).await
}

pub(crate) async fn enter(
    world: &World,
    flow: &FlowView,
    code: &Code,
    caller: &Caller,
) -> Result<LoginStep, VerifyError> {
    let attempt = world.verification.find_open(world.id(flow), &[Step::SmsCode], caller).await?;
    world.phone_login.verify(attempt, code, Carrier::Token, Client::default()).await
}

async fn register(world: &World, n: u32, caller: &Caller) -> Result<FlowView, RegistrationError> {
    let names = fixtures::names("Ada", "Lovelace");
    world.registration.request(request(names, &fixtures::email(n), &fixtures::phone(n), PASSWORD), caller).await
}

fn recorded(world: &World, kind: AuditKind) -> usize {
    world.store.audit().iter().filter(|event| event.kind == kind).count()
}

/// Tries wrong codes in flows of four tries each, every flow from another address.
pub(crate) async fn guess(world: &World, number: &PhoneNumber, most: u32) {
    world.deliver().await;
    guess_at_once(world, number, most).await;
    world.deliver().await;
}

/// The same before anything that can wait is written.
async fn guess_at_once(world: &World, number: &PhoneNumber, most: u32) {
    let mut tried = 0;
    while tried < most {
        let caller = stranger(tried);
        let flow = start(world, number, &caller).await.unwrap();
        for _ in 0..4.min(most - tried) {
            let denied = enter(world, &flow, &Code::parse("000000").unwrap(), &caller).await;
            assert!(matches!(denied, Err(VerifyError::Incorrect { .. })), "{denied:?}");
            tried += 1;
        }
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
    let doorward_app::profile::ProfileStep::Prove(flow) = step else { panic!("nothing is to be verified") };
    let attempt = world.attempt(&flow, Step::SmsCode).await.unwrap();
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

#[tokio::test]
async fn failures_of_a_host_are_refused_explicitly_and_a_success_clears_none() {
    let off = || Limit::OFF;
    let of_sends = Limits { sms: off(), sms_prefix: off(), sms_country: off(), ip_sends: off(), ..Limits::default() };
    let world = World::limited(Limits { wrong_codes: off(), ..of_sends });
    for n in 1..=2 {
        let names = fixtures::names("Ada", "Lovelace");
        let request = request(names, &fixtures::email(n), &fixtures::phone(n), PASSWORD);
        let flow = world.registration.request(request, &stranger(n)).await.unwrap();
        let code = world.code(fixtures::email(n).as_str()).await;
        world.registration.verify(world.attempt(&flow, Step::EmailCode).await.unwrap(), &code).await.unwrap();
    }
    let here = stranger(70);
    let mut wrongs = 0;
    let refusal = loop {
        let flow = start(&world, &fixtures::phone(1), &here).await.unwrap();
        world.wait(2);
        match enter(&world, &flow, &Code::parse("000000").unwrap(), &here).await {
            Err(VerifyError::Incorrect { .. }) => wrongs += 1,
            Err(VerifyError::Limited { retry_after }) => break retry_after,
            other => panic!("{other:?}"),
        }
        if [5, 10, 15].contains(&wrongs) {
            // Somebody's right code on the same host.
            let flow = start(&world, &fixtures::phone(2), &here).await.unwrap();
            let code = world.code(fixtures::phone(2).as_str()).await;
            enter(&world, &flow, &code, &here).await.unwrap();
        }
        assert!(wrongs < 30, "never refused");
    };

    // Twenty at once, and one more in thirty seconds while they are made.
    assert!((20..=22).contains(&wrongs), "{wrongs}");
    assert!([5, 10, 30, 60].contains(&refusal), "{refusal}");
    let flow = start(&world, &fixtures::phone(1), &stranger(71)).await.unwrap();
    let elsewhere = enter(&world, &flow, &Code::parse("000000").unwrap(), &stranger(71)).await;
    assert!(matches!(elsewhere, Err(VerifyError::Incorrect { .. })), "{elsewhere:?}");
}

#[tokio::test]
async fn starts_of_a_host_are_refused_explicitly() {
    let world = World::limited(Limits::default());
    let here = stranger(1);

    for _ in 0..5 {
        start(&world, &fixtures::phone(1), &here).await.unwrap();
    }

    let refused = start(&world, &fixtures::phone(2), &here).await;
    assert!(matches!(refused, Err(AdmitError::Limited { retry_after: 300 })), "{refused:?}");
    let refused = register(&world, 2, &here).await;
    assert!(matches!(refused, Err(RegistrationError::Limited { .. })), "{refused:?}");
    assert!(start(&world, &fixtures::phone(2), &stranger(2)).await.is_ok());
}

#[tokio::test]
async fn a_known_device_starts_though_its_host_is_used_up() {
    let world = World::limited(Limits { sms: Limit::OFF, ..Limits::default() });
    let owner = world.member(1).await;
    let here = stranger(99);
    while start(&world, &fixtures::phone(7), &here).await.is_ok() {}

    let own = device(&world, &owner);
    let started = start(&world, &fixtures::phone(1), &own).await;
    let forged = Caller { device: Some(Secret::new("dt_forged".to_owned())), ..here };

    assert!(started.is_ok());
    assert!(start(&world, &fixtures::phone(1), &forged).await.is_err());
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
    let asked = doorward_notifier::NoticeTemplate::AlreadyRegistered;
    assert_eq!(told.iter().filter(|notice| **notice == asked).count(), 1);
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
    world.sms_control().pause().await.unwrap();
    world.settle().await;

    let paused = start(&world, &fixtures::phone(1), &stranger(1)).await.unwrap();
    register(&world, 2, &stranger(2)).await.unwrap();
    world.deliver().await;

    assert_eq!(world.sms.sent().len(), sent);
    assert!(world.mail.last_code(fixtures::email(2).as_str()).is_some());
    assert_eq!(recorded(&world, AuditKind::SmsPaused), 1);
    let denied = enter(&world, &paused, &Code::parse("000000").unwrap(), &stranger(1)).await;
    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })));
    world.sms_control().resume().await.unwrap();
    world.settle().await;
    world.log_in(&fixtures::phone(1)).await;
}

#[tokio::test]
async fn what_a_rule_holds_back_uses_up_nothing_of_the_number() {
    let world = World::limited(Limits { sms: Limit::parse("1/1d").unwrap(), ..of_identifiers() });
    world.member(1).await;
    world.deliver().await;
    world.wait(86_400);
    world.sms_control().pause().await.unwrap();
    world.settle().await;
    for n in 0..3 {
        start(&world, &fixtures::phone(1), &stranger(n)).await.unwrap();
    }
    world.sms_control().resume().await.unwrap();
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
async fn a_limit_of_mails_that_is_all_reserve_leaves_strangers_none() {
    let world = World::limited(Limits { email: Limit::parse("2/1d").unwrap(), ..of_identifiers() });

    register(&world, 1, &stranger(1)).await.unwrap();
    world.deliver().await;

    assert_eq!((world.mail.sent().len(), recorded(&world, AuditKind::EmailBudgetExhausted)), (0, 1));
}

#[tokio::test]
async fn a_country_that_is_not_served_is_sent_nothing_and_recorded() {
    let mut world = World::limited(of_identifiers());
    world.member(1).await;
    world.deliver().await;
    let sent = world.sms.sent().len();
    world.phone_login.verification.sms.policy.countries = Some(vec![Country::parse("LV").unwrap()]);

    start(&world, &fixtures::phone(1), &stranger(1)).await.unwrap();
    world.deliver().await;

    assert_eq!((world.sms.sent().len() - sent, recorded(&world, AuditKind::SmsCountryDenied)), (0, 1));
}

#[tokio::test]
async fn changes_of_an_account_are_few_and_wrong_passwords_cost_none_of_them() {
    let world = World::limited(of_identifiers());
    let owner = world.member(1).await;
    let change = async |password: &str| {
        let request = ProfileRequest { names: fixtures::names("Ada", "King").into(), ..ProfileRequest::default() };
        world.profile.change(&owner, &Password::parse(password).unwrap(), request, &stranger(1)).await
    };
    for _ in 0..8 {
        assert!(matches!(change("not the password").await, Err(ProfileError::PasswordIncorrect)));
    }

    for _ in 0..5 {
        assert!(change(PASSWORD).await.is_ok());
    }

    assert!(matches!(change(PASSWORD).await, Err(ProfileError::Limited { retry_after: 3600 })));
}

#[tokio::test]
async fn after_twenty_wrong_passwords_in_a_session_the_right_one_is_wrong() {
    let world = World::limited(of_identifiers());
    let owner = world.member(1).await;
    let change = async |password: &str| {
        let request = ProfileRequest { names: fixtures::names("Ada", "King").into(), ..ProfileRequest::default() };
        world.profile.change(&owner, &Password::parse(password).unwrap(), request, &stranger(1)).await
    };

    for _ in 0..20 {
        assert!(matches!(change("not the password").await, Err(ProfileError::PasswordIncorrect)));
    }

    assert!(matches!(change(PASSWORD).await, Err(ProfileError::PasswordIncorrect)));
}

#[tokio::test]
async fn a_session_is_refreshed_ten_times_a_minute() {
    let world = World::limited(of_identifiers());
    let owner = world.member(1).await;
    let mut grant = world.authentication.grant(owner).unwrap();
    for _ in 0..10 {
        let doorward_app::sessions::Holding::RefreshToken(token, _) = &grant.holding else { panic!("no token") };
        grant = world.authentication.refresh(token.reveal(), &Caller::default()).await.unwrap();
    }

    let doorward_app::sessions::Holding::RefreshToken(token, _) = &grant.holding else { panic!("no token") };
    let refused = world.authentication.refresh(token.reveal(), &Caller::default()).await;

    assert!(matches!(refused, Err(RefreshError::Limited { retry_after: 10 })), "{refused:?}");
    world.wait(6);
    assert!(world.authentication.refresh(token.reveal(), &Caller::default()).await.is_ok());
}

#[tokio::test]
async fn a_flow_that_is_closed_still_takes_from_its_caller() {
    let world = World::limited(Limits::default());
    let here = stranger(1);
    let flow = start(&world, &fixtures::phone(1), &here).await.unwrap();
    world.wait(600);

    let mut closed = 0;
    while let Err(VerifyError::Closed) = enter(&world, &flow, &Code::parse("000000").unwrap(), &here).await {
        closed += 1;
    }
    let resent = world.verification.resend(world.id(&flow), None, &here).await;

    assert_eq!(closed, 20);
    assert!(matches!(resent, Err(ResendError::Limited { retry_after: 5 })), "{resent:?}");
}

#[tokio::test]
async fn flows_that_are_closed_cost_a_call_to_ask_for() {
    let world = World::limited(Limits { ip_credentials: Limit::parse("3/1d").unwrap(), ..Limits::default() });
    let flow = start(&world, &fixtures::phone(1), &stranger(9)).await.unwrap();
    world.wait(3600);

    let mut asked = Vec::new();
    for _ in 0..4 {
        asked.push(world.verification.resumed(Some(world.id(&flow)), &[], &stranger(1)).await.unwrap_err());
    }

    assert!(matches!(asked[2], ResumeError::Closed), "{asked:?}");
    assert!(matches!(asked[3], ResumeError::Limited { .. }), "{asked:?}");
}
