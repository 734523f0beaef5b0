use doorward_app::{
    SignedIn,
    flow::{FlowView, LoginStep, Next, VerifyError},
    limits::Caller,
    profile::{ProfileRequest, ProfileStep},
    recovery::{ResetError, ResetStep},
};
use doorward_kernel::{AuditKind, EmailAddress};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Channel, Code, EnteredCode, Step, Target};
use doorward_testkit::{fakes::PlainHasher, fixtures};
use doorward_user::{NewPassword, Password, PasswordFault, UserStatus};

use crate::{
    totp::enrolled,
    world::{PASSWORD, World, by_password, new_password, wrong},
};

const NEW: &str = "brass-heron-4-paper-moon";

pub(crate) async fn reset(world: &World, flow: &FlowView, code: &Code, new: &NewPassword) -> Result<(), ResetError> {
    match reset_step(world, flow, EnteredCode::Digits(code.clone()), new).await? {
        ResetStep::Done => Ok(()),
        ResetStep::More(flow) => panic!("more proof is asked for: {flow:?}"),
    }
}

async fn reset_step(
    world: &World,
    flow: &FlowView,
    code: EnteredCode,
    new: &NewPassword,
) -> Result<ResetStep, ResetError> {
    let steps = [Step::EmailCode, Step::Totp];
    let attempt = world.verification.find_open(world.id(flow), &steps, &Caller::default()).await?;
    world.recovery.reset(attempt, code, new).await
}

async fn is_live(world: &World, who: &SignedIn) -> bool {
    world.stores.sessions().find(who.session.id).await.unwrap().unwrap().session.ended_at.is_none()
}

async fn change_email(world: &World, who: &SignedIn, to: &EmailAddress) -> FlowView {
    let request = ProfileRequest { identifier: Some(Target::Email(to.clone())), ..ProfileRequest::default() };
    match world.profile.change(who, &Password::parse(PASSWORD).unwrap(), request, &Caller::default()).await.unwrap() {
        ProfileStep::Verify(flow) => flow,
        ProfileStep::Done(_) => panic!("nothing is to be verified"),
    }
}

async fn verify_email(world: &World, flow: &FlowView, to: &EmailAddress) -> Result<(), VerifyError> {
    let code = world.code(to.as_str()).await;
    let attempt = world.verification.find_open(world.id(flow), &[Step::EmailCode], &Caller::default()).await?;
    world.profile.verify_email(attempt, &code).await.map(|_| ())
}

#[tokio::test]
async fn a_mailed_code_sets_a_new_password_ends_every_session_and_logs_nobody_in() {
    let world = World::new();
    let first = world.member(1).await;
    let second = world.log_in(&fixtures::phone(1)).await;
    let flow = world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();
    let code = world.code(fixtures::email(1).as_str()).await;

    reset(&world, &flow, &code, &new_password(NEW)).await.unwrap();

    assert_eq!((flow.next, flow.channel), (Next::ResetPassword, Channel::Email));
    assert!(!is_live(&world, &first).await && !is_live(&world, &second).await);
    let verifier = world.stores.users().verifier(first.user.id).await.unwrap();
    assert_eq!(verifier, Some(PlainHasher::verifier(first.user.id, NEW)));
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::PasswordReset));
    let opened = world.store.audit().iter().filter(|event| event.kind == AuditKind::SessionOpened).count();
    assert_eq!(opened, 2);
}

#[tokio::test]
async fn a_code_is_good_once() {
    let world = World::new();
    world.member(1).await;
    let flow = world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();
    let code = world.code(fixtures::email(1).as_str()).await;

    reset(&world, &flow, &code, &new_password(NEW)).await.unwrap();

    assert!(matches!(reset(&world, &flow, &code, &new_password(PASSWORD)).await, Err(ResetError::Closed)));
}

#[tokio::test]
async fn resets_live_side_by_side_and_the_first_that_succeeds_closes_the_others() {
    let world = World::new();
    world.member(1).await;
    let older = world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();
    let old_code = world.code(fixtures::email(1).as_str()).await;
    world.wait(1);

    // A stranger's, who knows the address.
    let newest = world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();
    let code = world.code(fixtures::email(1).as_str()).await;

    reset(&world, &older, &old_code, &new_password(NEW)).await.unwrap();
    assert!(matches!(reset(&world, &newest, &code, &new_password(PASSWORD)).await, Err(ResetError::Closed)));
}

#[tokio::test]
async fn a_code_dies_with_time_with_a_new_password_and_with_a_new_address() {
    for n in 0..3 {
        let world = World::new();
        let member = world.member(1).await;
        let flow = world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();
        let code = world.code(fixtures::email(1).as_str()).await;

        match n {
            0 => world.wait(600),
            1 => {
                let new_password = Some(new_password("a-better-passphrase"));
                let request = ProfileRequest { new_password, ..ProfileRequest::default() };
                world
                    .profile
                    .change(&member, &Password::parse(PASSWORD).unwrap(), request, &Caller::default())
                    .await
                    .unwrap();
            }
            _ => {
                let change = change_email(&world, &member, &fixtures::email(2)).await;
                verify_email(&world, &change, &fixtures::email(2)).await.unwrap();
            }
        }

        assert!(matches!(reset(&world, &flow, &code, &new_password(NEW)).await, Err(ResetError::Closed)), "{n}");
    }
}

#[tokio::test]
async fn pending_changes_and_logins_die_with_a_reset() {
    let world = World::new();
    let member = world.member(1).await;
    let change = change_email(&world, &member, &fixtures::email(2)).await;
    let login = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    let flow = world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();

    reset(&world, &flow, &world.code(fixtures::email(1).as_str()).await, &new_password(NEW)).await.unwrap();

    assert!(matches!(verify_email(&world, &change, &fixtures::email(2)).await, Err(VerifyError::Closed)));
    let late: Result<LoginStep, _> = world.enter(&login, &code).await;
    assert!(matches!(late, Err(VerifyError::Closed)));
}

#[tokio::test]
async fn strangers_see_no_difference_and_nothing_is_sent_to_them() {
    let world = World::new();
    world.member(1).await;
    let disabled = world.member(2).await.user.id;
    let event = fixtures::audit(1, AuditKind::UserDisabled);
    world.stores.accounts().set_status(disabled, UserStatus::Disabled, fixtures::at(1), event).await.unwrap();
    world.register(&fixtures::email(3), &fixtures::phone(3), PASSWORD).await;
    world.deliver().await;
    let sent = world.mail.sent().len();

    let known = world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();
    let mut flows = vec![
        world.recovery.request(EmailAddress::parse("PERSON9@example.com").unwrap(), &Caller::default()).await.unwrap(),
    ];
    for n in [2, 3] {
        flows.push(world.recovery.request(fixtures::email(n), &Caller::default()).await.unwrap());
    }

    world.deliver().await;
    assert_eq!(world.mail.sent().len(), sent + 1);
    for flow in &flows {
        let shape = |flow: &FlowView| {
            let times = (flow.expires_at, flow.resend_at);
            (flow.next, flow.channel, flow.destination.clone(), times, flow.attempts_left)
        };
        assert_eq!(shape(flow), shape(&known));
        for left in (0..5).rev() {
            let challenge = world.named(flow).await.unwrap().challenge;
            let code = world.verification.keys.code(&challenge).unwrap();
            let denied = reset(&world, flow, &code, &new_password(NEW)).await;
            assert!(matches!(denied, Err(ResetError::Incorrect { attempts_left }) if attempts_left == left));
        }
    }
}

#[tokio::test]
async fn the_mail_goes_to_the_address_on_file() {
    let world = World::new();
    world.member(1).await;

    let flow =
        world.recovery.request(EmailAddress::parse("pERSON1@EXAMPLE.com").unwrap(), &Caller::default()).await.unwrap();

    assert_eq!(flow.destination, "p***@example.com");
    assert!(world.try_code(fixtures::email(1).as_str()).await.is_some());
    assert!(world.try_code("pERSON1@example.com").await.is_none());
}

#[tokio::test]
async fn a_password_that_is_refused_spends_no_try() {
    let world = World::new();
    world.member(1).await;
    let flow = world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();
    let code = world.code(fixtures::email(1).as_str()).await;
    let of_address = new_password("person1@example.com");
    let of_name = new_password("lovelace-9");

    for refused in [reset(&world, &flow, &wrong(&code), &of_address).await, reset(&world, &flow, &code, &of_name).await]
    {
        assert!(matches!(refused, Err(ResetError::Password(faults)) if faults == [PasswordFault::Personal]));
    }
    // The name of the owner is nothing that a wrong code may be used to guess.
    let denied = reset(&world, &flow, &wrong(&code), &of_name).await;
    assert!(matches!(denied, Err(ResetError::Incorrect { attempts_left: 4 })));
    reset(&world, &flow, &code, &new_password(NEW)).await.unwrap();
}

#[tokio::test]
async fn a_new_address_recovers_nothing_for_a_day() {
    let world = World::new();
    let member = world.member(1).await;
    let change = change_email(&world, &member, &fixtures::email(2)).await;
    assert!(world.recovery.request(fixtures::email(1), &Caller::default()).await.is_ok());
    assert!(
        world.try_code(fixtures::email(1).as_str()).await.is_some(),
        "the old one recovers until the new one counts"
    );
    verify_email(&world, &change, &fixtures::email(2)).await.unwrap();
    world.deliver().await;
    let sent = world.mail.sent().len();

    for _ in 0..2 {
        world.recovery.request(fixtures::email(2), &Caller::default()).await.unwrap();
    }
    world.deliver().await;
    assert_eq!(world.mail.sent().len(), sent);
    world.wait(24 * 3600 + 1);
    world.recovery.request(fixtures::email(2), &Caller::default()).await.unwrap();

    world.deliver().await;
    assert_eq!(world.mail.sent().len(), sent + 1);
}

#[tokio::test]
async fn an_account_with_an_app_is_asked_for_a_code_of_it_before_anything_changes() {
    let world = World::new();
    let (member, _, codes) = enrolled(&world, 1).await;
    let flow = world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();
    let code = EnteredCode::Digits(world.code(fixtures::email(1).as_str()).await);
    let new = new_password(NEW);
    let verifier = world.stores.users().verifier(member.user.id).await.unwrap();

    let ResetStep::More(next) = reset_step(&world, &flow, code.clone(), &new).await.unwrap() else {
        panic!("one proof was enough");
    };
    assert_eq!((next.next, next.channel), (Next::ResetPassword, Channel::Totp));
    assert_eq!(world.stores.users().verifier(member.user.id).await.unwrap(), verifier);
    assert!(is_live(&world, &member).await);
    world.wait(10);
    assert!(matches!(reset_step(&world, &flow, code.clone(), &new).await, Err(ResetError::Closed)));

    let denied = reset_step(&world, &next, code, &new).await;
    assert!(matches!(denied, Err(ResetError::Incorrect { attempts_left: 4 })));
    let done = reset_step(&world, &next, EnteredCode::Recovery(codes[0].clone()), &new).await.unwrap();

    assert!(matches!(done, ResetStep::Done));
    assert!(!is_live(&world, &member).await);
    let again = reset_step(&world, &next, EnteredCode::Recovery(codes[1].clone()), &new).await;
    assert!(matches!(again, Err(ResetError::Closed)));
}

#[tokio::test]
async fn a_password_that_is_refused_spends_no_code_of_the_app() {
    let world = World::new();
    let (_, _, codes) = enrolled(&world, 1).await;
    let flow = world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();
    let code = EnteredCode::Digits(world.code(fixtures::email(1).as_str()).await);
    let ResetStep::More(next) = reset_step(&world, &flow, code, &new_password(NEW)).await.unwrap() else {
        panic!("one proof was enough");
    };
    let recovery = EnteredCode::Recovery(codes[0].clone());

    let refused = reset_step(&world, &next, recovery.clone(), &new_password("lovelace-lovelace")).await;

    assert!(matches!(refused, Err(ResetError::Password(_))));
    assert!(matches!(reset_step(&world, &next, recovery, &new_password(NEW)).await, Ok(ResetStep::Done)));
}

#[tokio::test]
async fn only_a_code_that_is_good_ends_the_wrong_passwords_in_a_row() {
    let world = World::new();
    let (_, _, codes) = enrolled(&world, 1).await;
    let (_, _, foreign) = enrolled(&world, 2).await;
    for _ in 0..3 {
        let attempt = by_password(fixtures::email(1), "wrong-otter-9-quarry", &Caller::default());
        world.password_login.log_in(&attempt).await.unwrap_err();
    }
    let consecutive = || world.store.lockouts().iter().map(|lockout| lockout.consecutive).sum::<u32>();
    let flow = world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();
    let code = EnteredCode::Digits(world.code(fixtures::email(1).as_str()).await);
    let ResetStep::More(next) = reset_step(&world, &flow, code, &new_password(NEW)).await.unwrap() else {
        panic!("one proof was enough");
    };

    let denied = reset_step(&world, &next, EnteredCode::Recovery(foreign[0].clone()), &new_password(NEW)).await;
    assert!(matches!(denied, Err(ResetError::Incorrect { attempts_left: 4 })));
    assert_eq!(consecutive(), 3);

    let done = reset_step(&world, &next, EnteredCode::Recovery(codes[0].clone()), &new_password(NEW)).await;
    assert!(matches!(done, Ok(ResetStep::Done)));
    assert_eq!(consecutive(), 0);
}
