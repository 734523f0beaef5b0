//! One account's life through every port: what is written is read, and by a key.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail at once")]

mod support;

use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use doorward_app::{
    flow::{Advance, AdvanceOutcome, CountOutcome, FlowKind, Resend, ResendOutcome},
    logins::{LoginOutcome, OpenSession},
    operator::StatusOutcome,
    profile::{CompleteEmail, CompletePhone, IdentifierOutcome, ProfileChange, ProfileOutcome},
    registration::RegistrationOutcome,
    sessions::{EndOutcome, RotateOutcome},
};
use doorward_kernel::{AuditKind, DeviceGeneration, PhoneChannels};
use doorward_notifier::{Claimed, Message, Settlement, Stage, Verdict};
use doorward_otp::{Challenge, Purpose, Step, Subject, Target};
use doorward_session::Generation;
use doorward_testkit::{
    Stores,
    fixtures::{self, at, audit},
};
use doorward_user::{LoginRecord, User, UserPhone, UserStatus};

async fn register(stores: &Stores, n: u32) -> User {
    let user = fixtures::user(n);
    let start = fixtures::start_registration(n, &user);
    let challenge = start.flow.challenge.clone();
    stores.registrations().start(start).await.unwrap();
    assert_eq!(stores.registrations().draft(challenge.id).await.unwrap(), Some(fixtures::draft(n, &user)));
    assert_eq!(stores.flows().find(challenge.id).await.unwrap().map(|flow| flow.challenge), Some(challenge.clone()));

    let outcome = stores.registrations().complete(fixtures::complete_registration(n, &user)).await.unwrap();

    assert_eq!(outcome, RegistrationOutcome::Registered);
    assert_eq!(stores.registrations().draft(challenge.id).await.unwrap(), None);
    user
}

async fn log_in(stores: &Stores, n: u32, user: &User) -> User {
    let challenge = Challenge { subject: Subject::Account(user.id), ..fixtures::challenge(n) };
    stores.flows().start(fixtures::start(n + 100, challenge.clone())).await.unwrap();
    let number_verification = fixtures::number_verification(n, user, &fixtures::phone(n), &[]);
    let open =
        OpenSession { number_verification: Some(number_verification), ..fixtures::open_session(n, &challenge, user) };

    let outcome = stores.logins().open(open).await.unwrap();

    let phone = Some(UserPhone { number: fixtures::phone(n), verified_at: Some(at(1)) });
    let expected = User { phone, updated_at: at(1), ..user.clone() };
    assert_eq!(outcome, LoginOutcome::Opened(expected.clone()));
    expected
}

#[tokio::test]
async fn an_account_is_found_by_all_its_names() {
    let (stores, _fresh) = support::fresh().await;
    let claimant = register(&stores, 1).await;
    let user = register(&stores, 2).await;
    let user = log_in(&stores, 2, &user).await;

    let holders = stores.users().find_by_phone(&fixtures::phone(2)).await.unwrap();
    let claimants = stores.users().find_by_phone(&fixtures::phone(1)).await.unwrap().claimants;

    assert_eq!((holders.owner, holders.claimants), (Some(user.clone()), vec![]));
    assert_eq!(claimants, [claimant]);
    assert_eq!(stores.users().find_by_id(user.id).await.unwrap(), Some(user.clone()));
    assert_eq!(stores.users().find_by_email(&user.email).await.unwrap(), Some(user.clone()));
    assert_eq!(stores.users().verifier(user.id).await.unwrap(), Some(fixtures::verifier(2)));
    let credentials = stores.users().credentials_by_email(&user.email).await.unwrap();
    assert_eq!(credentials, Some((user, fixtures::verifier(2))));
}

#[tokio::test]
async fn a_flow_is_resent_counted_advanced_and_forgotten() {
    let (stores, _fresh) = support::fresh().await;
    let challenge = fixtures::challenge(1);
    stores.flows().start(fixtures::start(1, challenge.clone())).await.unwrap();
    let resend = Resend {
        challenge: challenge.id,
        sends: 1,
        now: at(40),
        phone_channels: PhoneChannels::SMS,
        message: Some(fixtures::message(1)),
        audit: audit(1, AuditKind::FlowResent),
    };
    let next = Challenge { created_at: at(60), ..fixtures::challenge(2) };
    let advance = Advance { done: challenge.id, next: fixtures::start(2, next.clone()), now: at(60) };

    let first = stores.flows().resend(resend.clone()).await.unwrap();
    let again = stores.flows().resend(resend).await.unwrap();
    let counted = stores.flows().count_wrong(challenge.id, at(50), audit(1, AuditKind::FlowFailed)).await.unwrap();
    let advanced = stores.flows().advance(advance.clone()).await.unwrap();
    let late = stores.flows().advance(advance).await.unwrap();
    let found = stores.flows().find(challenge.id).await.unwrap().map(|flow| flow.challenge);
    let forgotten = stores.flows().purge_ended(FlowKind::Other, at(61), 10).await.unwrap();

    assert_eq!((first, again), (ResendOutcome::Resent, ResendOutcome::Conflict));
    assert_eq!(counted, CountOutcome::Counted { attempts_left: 4 });
    assert_eq!((advanced, late), (AdvanceOutcome::Advanced, AdvanceOutcome::Closed));
    assert_eq!(
        found,
        Some(Challenge {
            tries: 1,
            sends: 2,
            sent_at: at(40),
            closed_at: Some(at(60)),
            successor: Some(next.id),
            ..challenge
        })
    );
    assert_eq!(forgotten, 1);
    assert_eq!(stores.flows().find(next.id).await.unwrap().map(|flow| flow.challenge), Some(next));
}

#[tokio::test]
async fn a_session_is_renewed_used_and_ended() {
    let (stores, _fresh) = support::fresh().await;
    let user = register(&stores, 1).await;
    let user = log_in(&stores, 1, &user).await;
    let id = fixtures::session(1, &user).id;
    let from = Generation(0);

    let rotated = stores.sessions().rotate(id, from, at(5), audit(1, AuditKind::SessionRefreshed)).await.unwrap();
    let lost = stores.sessions().rotate(id, from, at(6), audit(2, AuditKind::SessionRefreshed)).await.unwrap();
    stores.sessions().touch(id, at(9)).await.unwrap();
    stores.sessions().touch(id, at(8)).await.unwrap();
    let signed_in = stores.sessions().find(id).await.unwrap().unwrap();
    let reused = stores.sessions().end_reused(id, fixtures::message(3), at(10), audit(3, AuditKind::SessionReused));
    let reused = reused.await.unwrap();
    let ended = stores.sessions().end(id, at(11), audit(4, AuditKind::SessionEnded)).await.unwrap();

    assert_eq!((rotated, lost), (RotateOutcome::Rotated, RotateOutcome::Conflict));
    assert_eq!((reused, ended), (EndOutcome::Ended, EndOutcome::AlreadyEnded));
    let session = signed_in.session;
    assert_eq!((session.generation, session.rotated_at, session.last_seen_at), (Generation(1), at(5), at(9)));
    assert_eq!(signed_in.user, user);
}

#[tokio::test]
async fn a_profile_is_changed_and_closed() {
    let (stores, _fresh) = support::fresh().await;
    let user = register(&stores, 1).await;
    let user = log_in(&stores, 1, &user).await;
    let session = fixtures::session(1, &user).id;
    let change_of =
        |n, purpose, step, target| fixtures::challenge_of(n, (purpose, step), target, Subject::Account(user.id));
    let email = change_of(5, Purpose::ChangeEmail, Step::EmailCode, Target::Email(fixtures::email(5)));
    let phone = change_of(6, Purpose::ChangePhone, Step::PhoneCode, Target::Phone(fixtures::phone(6)));
    let change = ProfileChange {
        user: user.id,
        session,
        names: fixtures::names("Ada", "Lovelace").into(),
        checked: fixtures::verifier(1),
        new_password: Some(fixtures::set_password(9)),
        start: Some(fixtures::start(5, email.clone())),
        notices: vec![fixtures::message(5)],
        now: at(20),
        audit: vec![audit(5, AuditKind::NamesChanged), audit(5, AuditKind::PasswordChanged)],
    };
    let complete_email = CompleteEmail {
        challenge: email.id,
        user: user.id,
        session: Some(session),
        email: fixtures::email(5),
        change: fixtures::email_change(6, &user, &fixtures::email(5)),
        notices: vec![fixtures::message(6)],
        now: at(21),
        audit: audit(6, AuditKind::EmailChanged),
    };
    let complete_phone = CompletePhone {
        challenge: phone.id,
        user: user.id,
        session: None,
        number_verification: fixtures::number_verification(7, &user, &fixtures::phone(6), &[]),
        change: Some(fixtures::phone_change(7, &user, &fixtures::phone(6))),
        now: at(22),
    };

    let changed = stores.profiles().change(change.clone()).await.unwrap();
    let lost = stores.profiles().change(change).await.unwrap();
    stores.flows().start(fixtures::start(6, phone)).await.unwrap();
    let with_email = stores.profiles().complete_email(complete_email).await.unwrap();
    let with_phone = stores.profiles().complete_phone(complete_phone).await.unwrap();
    let disabled = UserStatus::Disabled;
    let closed =
        stores.accounts().set_status(user.id, disabled, at(30), audit(8, AuditKind::UserDisabled)).await.unwrap();
    let again =
        stores.accounts().set_status(user.id, disabled, at(31), audit(9, AuditKind::UserDisabled)).await.unwrap();

    let user = User { names: fixtures::names("Ada", "Lovelace"), updated_at: at(20), ..user };
    assert_eq!((changed, lost), (ProfileOutcome::Changed(user.clone()), ProfileOutcome::Conflict));
    let user = User { email: fixtures::email(5), updated_at: at(21), ..user };
    assert_eq!(with_email, IdentifierOutcome::Changed(user.clone()));
    let phone = Some(UserPhone { number: fixtures::phone(6), verified_at: Some(at(22)) });
    let user = User { phone, updated_at: at(22), ..user };
    assert_eq!(with_phone, IdentifierOutcome::Changed(user.clone()));
    assert_eq!((closed, again), (StatusOutcome::Changed, StatusOutcome::Unchanged));
    let signed_in = stores.sessions().find(session).await.unwrap().unwrap();
    assert_eq!(signed_in.session.ended_at, Some(at(22)));
    let logins = LoginRecord { devices: DeviceGeneration(1), ..LoginRecord::default() };
    assert_eq!(signed_in.user, User { status: UserStatus::Disabled, logins, updated_at: at(30), ..user });
}

#[tokio::test]
async fn messages_are_claimed_oldest_first_and_settled() {
    let (stores, _fresh) = support::fresh().await;
    let start = |n| {
        let start = fixtures::start(n, fixtures::challenge(n));
        let message = start.message.map(|message| Message { created_at: at(10 - u64::from(n)), ..message });
        doorward_app::flow::Start { message, ..start }
    };
    for n in 1..=3 {
        stores.flows().start(start(n)).await.unwrap();
    }

    let claimed = stores.outbox().claim(at(10), at(20), 10).await.unwrap();
    let verdicts = [
        Verdict::Done,
        Verdict::Retry { at: at(12), reason: "busy".to_owned() },
        Verdict::Dead { at: at(11), reason: "no such number".to_owned() },
    ];
    let settle = |(claimed, verdict): (&Claimed, _)| {
        let (id, leased_until) = (claimed.message.id, claimed.leased_until);
        Settlement { id, leased_until, verdict }
    };
    stores.outbox().settle(claimed.iter().zip(verdicts).map(settle).collect()).await.unwrap();
    let early = stores.outbox().claim(at(11), at(21), 10).await.unwrap();
    let later = stores.outbox().claim(at(30), at(40), 10).await.unwrap();

    let messages: Vec<_> = claimed.iter().map(|claimed| claimed.message.clone()).collect();
    assert_eq!(messages, [3, 2, 1].map(|n| start(n).message.unwrap()));
    assert_eq!(early, []);
    assert_eq!(later.iter().map(|one| (one.message.id, one.tries)).collect::<Vec<_>>(), [(messages[1].id, 1)]);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_does_not_stop_those_behind_it() {
    let (stores, fresh) = support::fresh().await;
    for n in 1..=2 {
        stores.flows().start(fixtures::start(n, fixtures::challenge(n))).await.unwrap();
    }
    let mut connection = SqliteConnection::establish(fresh.store.path().to_str().unwrap()).unwrap();
    let spoil = "UPDATE outbox SET template = 'unknown' WHERE id = (SELECT min(id) FROM outbox)";
    connection.batch_execute(spoil).unwrap();

    let claimed = stores.outbox().claim(at(1), at(2), 10).await.unwrap();
    let later = stores.outbox().claim(at(2), at(3), 10).await.unwrap();

    let id = fixtures::start(2, fixtures::challenge(2)).message.unwrap().id;
    let ids = |claimed: Vec<Claimed>| claimed.into_iter().map(|claimed| claimed.message.id).collect::<Vec<_>>();
    assert_eq!((ids(claimed), ids(later)), (vec![id], vec![id]));
    let listed = stores.outbox().list(Stage::Waiting, 10).await.unwrap();
    assert_eq!(listed.iter().map(|entry| entry.message.id).collect::<Vec<_>>(), [id]);
    assert_eq!(stores.outbox().list(Stage::Dead, 10).await.unwrap(), [], "it cannot be shown either");
}
