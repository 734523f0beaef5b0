//! Stores the result of a right password, and rehashed passwords.

use doorward_app::{
    flow::Start,
    logins::{Opening, PasswordOutcome, Rehash, RehashOutcome, RightPassword, Then},
    sessions::SessionCap,
};
use doorward_kernel::{AuditEvent, AuditKind};
use doorward_otp::{Challenge, Channel, Purpose, Step, Subject, Target, Verified};
use doorward_session::{Method, Methods, Session};
use doorward_user::User;

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
    recoveries::{complete_reset, reset_of},
    scene::{
        account, challenge_now, disabled, is_leased_until, is_live, is_open, is_recorded, is_waiting, registered,
        session_now, signed_in, started, traces, waiting,
    },
};
use crate::fixtures::{at, audit, challenge_of, email, phone, session, session_cap, start, verifier};

cases![
    a_right_password_starts_the_next_step,
    a_right_password_closes_the_step_that_asked_for_it,
    a_next_step_may_hold_its_message_for_its_process,
    a_right_password_opens_a_session,
    a_step_that_is_not_open_leads_nowhere,
    a_verifier_that_changed_in_between_is_lost,
    what_is_lost_is_said_before_what_is_closed,
    a_disabled_account_is_lost,
    a_step_that_fails_leaves_nothing,
    of_many_right_passwords_at_once_one_goes_on,
    no_more_sessions_than_its_cap_are_opened_at_once,
    no_right_password_at_the_same_time_outlives_a_reset,
    a_rehash_changes_the_verifier_and_nothing_else,
    a_rehash_undoes_no_change_of_the_password,
    of_many_rehashes_at_once_one_is_written,
];

/// A flow that asks for the password of whoever has address 1.
fn asked(n: u32) -> Challenge {
    challenge_of(n, (Purpose::Login, Step::Password), Target::Email(email(1)), Subject::Unclaimed)
}

/// The second factor of an account.
fn second(n: u32, user: &User) -> Start {
    let step = (Purpose::Login, Step::PhoneCode);
    let challenge = challenge_of(n, step, Target::Phone(phone(1)), Subject::Account(user.id));
    start(n, Challenge { verified: Verified::default().and(Channel::Password), ..challenge })
}

fn step(n: u32, user: &User, done: Option<&Challenge>) -> RightPassword {
    let then = Then::Step(Box::new(second(n, user)));
    let done = done.map(|challenge| challenge.id);
    RightPassword { user: user.id, verifier: verifier(1), done, then, now: at(60) }
}

fn opened(n: u32, user: &User) -> Opening {
    let session = Session { methods: Methods::new(&[Method::Password]), ..session(n, user) };
    let audit = AuditEvent { user: Some(user.id), session: Some(session.id), ..audit(n, AuditKind::SessionOpened) };
    Opening { cap: session_cap(n, user, &session), new_device: None, session, audit }
}

fn entry(n: u32, user: &User, done: Option<&Challenge>) -> RightPassword {
    RightPassword { then: Then::Session(Box::new(opened(n, user))), ..step(n, user, done) }
}

/// A login by password alone as session `n`, to an account that may have so many.
pub(super) async fn enter_by_password(stores: &Stores, n: u32, user: &User, most: u32) {
    let opened = opened(n, user);
    let then = Then::Session(Box::new(Opening { cap: SessionCap { most, ..opened.cap.clone() }, ..opened }));
    let outcome = go_on(stores, RightPassword { then, ..step(n, user, None) }).await;
    assert_eq!(outcome, PasswordOutcome::Done(user.clone()));
}

async fn go_on(stores: &Stores, right: RightPassword) -> PasswordOutcome {
    stores.logins().go_on(right).await.unwrap()
}

async fn a_right_password_starts_the_next_step(stores: &Stores) {
    let user = registered(stores, 1).await;
    let start = second(2, &user);

    assert_eq!(go_on(stores, step(2, &user, None)).await, PasswordOutcome::Done(user));

    assert_eq!(challenge_now(stores, start.challenge.id).await, start.challenge);
    assert!(is_waiting(stores, &start.message.unwrap()).await);
    assert!(is_recorded(stores, &start.audit).await);
}

async fn a_right_password_closes_the_step_that_asked_for_it(stores: &Stores) {
    let user = registered(stores, 1).await;
    let asked = started(stores, 3, asked(3)).await;

    assert_eq!(go_on(stores, step(2, &user, Some(&asked))).await, PasswordOutcome::Done(user.clone()));

    assert_eq!(challenge_now(stores, asked.id).await.closed_at, Some(at(60)));
    assert!(is_open(stores, second(2, &user).challenge.id, at(60)).await);
}

async fn a_next_step_may_hold_its_message_for_its_process(stores: &Stores) {
    let user = registered(stores, 1).await;
    let start = Start { leased_until: Some(at(90)), ..second(2, &user) };
    let id = start.message.clone().unwrap().id;

    go_on(stores, RightPassword { then: Then::Step(Box::new(start)), ..step(2, &user, None) }).await;

    assert!(is_leased_until(stores, id, at(90)).await);
}

async fn a_right_password_opens_a_session(stores: &Stores) {
    let user = registered(stores, 1).await;
    let asked = started(stores, 3, asked(3)).await;
    let Opening { session, audit, .. } = opened(2, &user);

    assert_eq!(go_on(stores, entry(2, &user, Some(&asked))).await, PasswordOutcome::Done(user));

    assert_eq!(session_now(stores, session.id).await, session);
    assert!(is_recorded(stores, &audit).await);
    assert_eq!(challenge_now(stores, asked.id).await.closed_at, Some(at(60)));
}

async fn a_step_that_is_not_open_leads_nowhere(stores: &Stores) {
    let user = registered(stores, 1).await;
    let closed = started(stores, 3, Challenge { closed_at: Some(at(1)), ..asked(3) }).await;
    let expired = started(stores, 4, Challenge { expires_at: at(60), ..asked(4) }).await;
    let exhausted = started(stores, 5, Challenge { tries: 5, ..asked(5) }).await;
    let before = traces(stores).await;

    for challenge in [closed, expired, exhausted] {
        assert_eq!(go_on(stores, step(2, &user, Some(&challenge))).await, PasswordOutcome::Closed);
        assert_eq!(go_on(stores, entry(2, &user, Some(&challenge))).await, PasswordOutcome::Closed);
    }

    assert_eq!(stores.flows().find(second(2, &user).challenge.id).await.unwrap().map(|flow| flow.challenge), None);
    assert!(!is_live(stores, opened(2, &user).session.id).await);
    assert_eq!(traces(stores).await, before);
}

async fn a_verifier_that_changed_in_between_is_lost(stores: &Stores) {
    let user = registered(stores, 1).await;
    let asked = started(stores, 3, asked(3)).await;
    let before = traces(stores).await;
    let stale = |right: RightPassword| RightPassword { verifier: verifier(9), ..right };

    assert_eq!(go_on(stores, stale(step(2, &user, Some(&asked)))).await, PasswordOutcome::Conflict);
    assert_eq!(go_on(stores, stale(entry(2, &user, None))).await, PasswordOutcome::Conflict);

    assert!(is_open(stores, asked.id, at(60)).await);
    assert_eq!(traces(stores).await, before);
}

async fn what_is_lost_is_said_before_what_is_closed(stores: &Stores) {
    let user = registered(stores, 1).await;
    let closed = started(stores, 3, Challenge { closed_at: Some(at(1)), ..asked(3) }).await;
    let right = RightPassword { verifier: verifier(9), ..step(2, &user, Some(&closed)) };

    assert_eq!(go_on(stores, right).await, PasswordOutcome::Conflict);
}

async fn a_disabled_account_is_lost(stores: &Stores) {
    let user = registered(stores, 1).await;
    disabled(stores, 1, user.id).await;
    let before = traces(stores).await;

    assert_eq!(go_on(stores, step(2, &user, None)).await, PasswordOutcome::Conflict);
    assert_eq!(go_on(stores, entry(2, &user, None)).await, PasswordOutcome::Conflict);

    assert_eq!(traces(stores).await, before);
}

async fn a_step_that_fails_leaves_nothing(stores: &Stores) {
    let user = registered(stores, 1).await;
    let asked = started(stores, 3, asked(3)).await;
    let mut start = second(2, &user);
    start.message = waiting(stores).await.pop();
    let before = traces(stores).await;

    let right = RightPassword { then: Then::Step(Box::new(start)), ..step(2, &user, Some(&asked)) };
    assert!(stores.logins().go_on(right).await.is_err());

    assert!(is_open(stores, asked.id, at(60)).await);
    assert_eq!(traces(stores).await, before);
}

async fn of_many_right_passwords_at_once_one_goes_on(stores: &Stores) {
    let user = registered(stores, 1).await;
    for round in 1..=ROUNDS {
        let asked = started(stores, 1000 + round, asked(1000 + round)).await;

        let rights = (0..CALLS).map(|i| match i % 2 {
            0 => step(round * 100 + i, &user, Some(&asked)),
            _ => entry(round * 100 + i, &user, Some(&asked)),
        });
        let outcomes = race(stores, rights, |stores, right| async move { go_on(&stores, right).await }).await;

        assert_eq!(count(&outcomes, &PasswordOutcome::Done(user.clone())), 1);
        assert_eq!(count(&outcomes, &PasswordOutcome::Closed), outcomes.len() - 1);
    }
}

async fn no_more_sessions_than_its_cap_are_opened_at_once(stores: &Stores) {
    let user = registered(stores, 1).await;

    let rights = (0..CALLS).map(|i| {
        let opening = opened(100 + i, &user);
        let opening = Opening { cap: SessionCap { most: 5, ..opening.cap }, ..opening };
        RightPassword { then: Then::Session(Box::new(opening)), ..step(100 + i, &user, None) }
    });
    race(stores, rights, |stores, right| async move { go_on(&stores, right).await }).await;

    let mut live = 0;
    for i in 0..CALLS {
        live += u32::from(is_live(stores, opened(100 + i, &user).session.id).await);
    }
    assert_eq!(live, 5);
}

async fn no_right_password_at_the_same_time_outlives_a_reset(stores: &Stores) {
    for round in 1..=ROUNDS {
        let user = signed_in(stores, round).await.user;
        let reset = started(stores, 2000 + round, reset_of(2000 + round, &user)).await;

        let calls = (0..CALLS).map(|i| (i, user.clone(), reset.clone()));
        race(stores, calls, |stores, (i, user, reset)| async move {
            let n = round * 100 + i;
            if i == CALLS / 2 {
                stores.profiles().complete_reset(complete_reset(n, &user, &reset)).await.unwrap();
            } else {
                let right = if i % 2 == 0 { step(n, &user, None) } else { entry(n, &user, None) };
                go_on(&stores, RightPassword { verifier: verifier(round), ..right }).await;
            }
        })
        .await;

        for i in 0..CALLS {
            let n = round * 100 + i;
            assert!(!is_live(stores, opened(n, &user).session.id).await);
            let step = stores.flows().find(second(n, &user).challenge.id).await.unwrap().map(|flow| flow.challenge);
            assert!(step.is_none_or(|step| step.closed_at.is_some()));
        }
    }
}

fn rehash(n: u32, user: &User, old: u32) -> Rehash {
    let audit = AuditEvent { user: Some(user.id), ..audit(n, AuditKind::PasswordRehashed) };
    Rehash { user: user.id, old: verifier(old), new: verifier(n), audit }
}

async fn a_rehash_changes_the_verifier_and_nothing_else(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let attempt = rehash(2, &signed_in.user, 1);

    assert_eq!(stores.logins().rehash(attempt.clone()).await.unwrap(), RehashOutcome::Rehashed);

    assert_eq!(stores.users().verifier(signed_in.user.id).await.unwrap(), Some(verifier(2)));
    assert_eq!(account(stores, signed_in.user.id).await, signed_in.user);
    assert!(is_live(stores, signed_in.session.id).await);
    assert!(is_recorded(stores, &attempt.audit).await);
}

async fn a_rehash_undoes_no_change_of_the_password(stores: &Stores) {
    let user = registered(stores, 1).await;
    let before = traces(stores).await;

    assert_eq!(stores.logins().rehash(rehash(3, &user, 2)).await.unwrap(), RehashOutcome::Conflict);

    assert_eq!(stores.users().verifier(user.id).await.unwrap(), Some(verifier(1)));
    assert_eq!(traces(stores).await, before);
}

async fn of_many_rehashes_at_once_one_is_written(stores: &Stores) {
    let user = registered(stores, 1).await;

    let rehashes = (0..CALLS).map(|i| rehash(100 + i, &user, 1));
    let outcomes =
        race(stores, rehashes, |stores, rehash| async move { stores.logins().rehash(rehash).await.unwrap() }).await;

    assert_eq!(count(&outcomes, &RehashOutcome::Rehashed), 1);
}
