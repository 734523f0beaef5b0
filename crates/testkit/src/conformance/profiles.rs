//! Names and passwords, changed at once by their owner in a session.

use doorward_app::profile::{ProfileChange, ProfileOutcome};
use doorward_kernel::{AuditEvent, AuditKind};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Challenge, Purpose, Step, Subject, Target};
use doorward_session::Session;
use doorward_user::{Name, Names, NewLastName, NewNames, User};

use super::{
    Stores,
    lockouts::{alone, consecutive, count as count_try},
    race::{CALLS, ROUNDS, count, race},
    scene::{
        account, another_session, challenge_now, disabled, is_live, is_open, is_recorded, is_waiting, session_now,
        signed_in, started, traces, waiting,
    },
};
use crate::fixtures::{at, audit, challenge_of, email, names, notice, phone, set_password, start, user_id, verifier};

cases![
    new_names_are_kept,
    a_flow_that_is_started_changes_nothing_else,
    a_new_password_takes_the_place_of_the_old,
    a_new_password_forgets_the_tries_at_the_old,
    a_new_password_ends_every_other_session,
    a_new_password_closes_open_challenges_before_its_own_flow_starts,
    a_new_password_closes_decoys_like_real_changes,
    other_changes_leave_sessions_and_flows_alone,
    a_password_that_changed_in_between_is_lost,
    a_change_in_a_session_that_has_ended_is_lost,
    no_flow_that_starts_at_the_same_time_outlives_a_new_password,
    an_account_that_is_not_active_is_not_changed,
    a_change_that_fails_leaves_nothing,
    of_many_changes_of_one_password_one_is_made,
    no_rotation_at_the_same_time_outlives_a_new_password,
    a_last_name_is_removed_and_given_again,
    one_name_is_changed_and_the_other_left,
];

/// A change of nothing.
fn nothing(session: &Session) -> ProfileChange {
    ProfileChange {
        user: session.user,
        session: session.id,
        checked: verifier(1),
        names: NewNames::default(),
        new_password: None,
        start: None,
        notices: Vec::new(),
        now: at(60),
        audit: Vec::new(),
    }
}

/// A change of the password of account 1.
pub(super) fn new_password(n: u32, session: &Session) -> ProfileChange {
    ProfileChange {
        new_password: Some(set_password(n)),
        notices: vec![notice(n, NoticeTemplate::PasswordChanged, &email(1))],
        audit: vec![AuditEvent { user: Some(session.user), ..audit(n, AuditKind::PasswordChanged) }],
        ..nothing(session)
    }
}

fn change_of_email(n: u32, session: &Session) -> Challenge {
    let step = (Purpose::ChangeEmail, Step::EmailCode);
    let challenge = challenge_of(n, step, Target::Email(email(900 + n)), Subject::Account(session.user));
    Challenge { session: Some(session.id), ..challenge }
}

fn change_of_phone(n: u32, session: &Session) -> Challenge {
    let step = (Purpose::ChangePhone, Step::PhoneCode);
    challenge_of(n, step, Target::Phone(phone(900 + n)), Subject::Account(session.user))
}

async fn change(stores: &Stores, change: ProfileChange) -> ProfileOutcome {
    stores.profiles().change(change).await.unwrap()
}

async fn new_names_are_kept(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let names = names("Grace", "Gal·la");
    let event = audit(1, AuditKind::NamesChanged);
    let attempt =
        ProfileChange { names: names.clone().into(), audit: vec![event.clone()], ..nothing(&signed_in.session) };

    let outcome = change(stores, attempt).await;

    let expected = User { names, updated_at: at(60), ..signed_in.user };
    assert_eq!(outcome, ProfileOutcome::Changed(expected.clone()));
    assert_eq!(account(stores, expected.id).await, expected);
    assert_eq!(stores.users().verifier(expected.id).await.unwrap(), Some(verifier(1)));
    assert!(is_live(stores, signed_in.session.id).await);
    assert!(is_recorded(stores, &event).await);
}

async fn a_flow_that_is_started_changes_nothing_else(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let start = start(2, change_of_email(2, &signed_in.session));
    let notice = notice(2, NoticeTemplate::EmailChangeAsked, &email(1));
    let attempt =
        ProfileChange { start: Some(start.clone()), notices: vec![notice.clone()], ..nothing(&signed_in.session) };

    let outcome = change(stores, attempt).await;

    assert_eq!(outcome, ProfileOutcome::Changed(signed_in.user.clone()));
    assert_eq!(account(stores, signed_in.user.id).await, signed_in.user);
    assert_eq!(challenge_now(stores, start.challenge.id).await, start.challenge);
    assert!(is_waiting(stores, &start.message.unwrap()).await);
    assert!(is_waiting(stores, &notice).await);
    assert!(is_recorded(stores, &start.audit).await);
}

async fn a_new_password_takes_the_place_of_the_old(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let attempt = new_password(2, &signed_in.session);

    let outcome = change(stores, attempt.clone()).await;

    let user = account(stores, signed_in.user.id).await;
    assert_eq!(outcome, ProfileOutcome::Changed(user.clone()));
    assert_eq!(stores.users().verifier(user.id).await.unwrap(), Some(verifier(2)));
    assert_eq!(stores.users().credentials_by_email(&email(1)).await.unwrap(), Some((user, verifier(2))));
    assert!(is_waiting(stores, &attempt.notices[0]).await);
    assert!(is_recorded(stores, &attempt.audit[0]).await);
}

async fn a_new_password_forgets_the_tries_at_the_old(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    for authenticator in [1, 2] {
        count_try(stores, alone(authenticator), 0).await;
    }

    change(stores, new_password(2, &session)).await;

    assert_eq!(consecutive(stores, alone(1), 0).await, [1]);
    assert_eq!(consecutive(stores, alone(2), 0).await, [2]);
}

async fn a_new_password_ends_every_other_session(stores: &Stores) {
    let kept = signed_in(stores, 1).await;
    let [other, ended] = [another_session(stores, 2, &kept.user).await, another_session(stores, 3, &kept.user).await];
    let stranger = signed_in(stores, 4).await;
    stores.sessions().end(ended.session.id, at(30), audit(1, AuditKind::SessionEnded)).await.unwrap();

    change(stores, new_password(2, &kept.session)).await;

    assert_eq!(session_now(stores, kept.session.id).await, kept.session);
    assert_eq!(session_now(stores, other.session.id).await.ended_at, Some(at(60)));
    assert_eq!(session_now(stores, ended.session.id).await.ended_at, Some(at(30)));
    assert_eq!(session_now(stores, stranger.session.id).await, stranger.session);
}

async fn a_new_password_closes_open_challenges_before_its_own_flow_starts(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    let stranger = signed_in(stores, 2).await.session;
    let login =
        challenge_of(3, (Purpose::Login, Step::PhoneCode), Target::Phone(phone(1)), Subject::Account(session.user));
    let reset_step = (Purpose::ResetPassword, Step::EmailCode);
    let reset = challenge_of(8, reset_step, Target::Email(email(1)), Subject::Account(session.user));
    let closing = [login, reset, change_of_email(4, &session), change_of_phone(5, &session)];
    let staying = [change_of_email(6, &stranger), decoy(9, &stranger)];
    for (n, challenge) in (10..).zip(closing.iter().chain(&staying)) {
        started(stores, n, challenge.clone()).await;
    }
    let start = start(7, change_of_phone(7, &session));

    change(stores, ProfileChange { start: Some(start.clone()), ..new_password(2, &session) }).await;

    for challenge in closing {
        assert_eq!(challenge_now(stores, challenge.id).await.closed_at, Some(at(60)));
    }
    for challenge in staying.iter().chain([&start.challenge]) {
        assert!(is_open(stores, challenge.id, at(60)).await);
    }
}

/// A change to an address that somebody else has.
fn decoy(n: u32, session: &Session) -> Challenge {
    Challenge { subject: Subject::Decoy, ..change_of_email(n, session) }
}

async fn a_new_password_closes_decoys_like_real_changes(stores: &Stores) {
    let kept = signed_in(stores, 1).await;
    let [other, ended] = [another_session(stores, 2, &kept.user).await, another_session(stores, 3, &kept.user).await];
    stores.sessions().end(ended.session.id, at(30), audit(1, AuditKind::SessionEnded)).await.unwrap();
    let decoys = [decoy(4, &kept.session), decoy(5, &other.session), decoy(6, &ended.session)];
    for (n, challenge) in (10..).zip(&decoys) {
        started(stores, n, challenge.clone()).await;
    }
    let start = start(7, decoy(7, &kept.session));

    change(stores, ProfileChange { start: Some(start.clone()), ..new_password(2, &kept.session) }).await;

    for challenge in decoys {
        assert_eq!(challenge_now(stores, challenge.id).await.closed_at, Some(at(60)));
    }
    assert!(is_open(stores, start.challenge.id, at(60)).await);
}

async fn other_changes_leave_sessions_and_flows_alone(stores: &Stores) {
    let kept = signed_in(stores, 1).await;
    let other = another_session(stores, 2, &kept.user).await;
    let open = started(stores, 3, change_of_email(3, &kept.session)).await;

    change(stores, ProfileChange { names: names("Grace", "Hopper").into(), ..nothing(&kept.session) }).await;

    assert!(is_live(stores, other.session.id).await);
    assert!(is_open(stores, open.id, at(60)).await);
}

/// Names, password and flow at once.
fn everything(n: u32, session: &Session) -> ProfileChange {
    ProfileChange {
        names: names("Grace", "Hopper").into(),
        start: Some(start(n, change_of_email(n, session))),
        ..new_password(n, session)
    }
}

async fn a_password_that_changed_in_between_is_lost(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    change(stores, new_password(2, &signed_in.session)).await;
    let other = another_session(stores, 3, &signed_in.user).await;
    let (user, before) = (account(stores, signed_in.user.id).await, traces(stores).await);
    let attempt = everything(4, &signed_in.session);

    assert_eq!(change(stores, attempt.clone()).await, ProfileOutcome::Conflict);

    assert_eq!(account(stores, user.id).await, user);
    assert_eq!(stores.users().verifier(user.id).await.unwrap(), Some(verifier(2)));
    assert_eq!(
        stores.flows().find(attempt.start.unwrap().challenge.id).await.unwrap().map(|flow| flow.challenge),
        None
    );
    assert!(is_live(stores, other.session.id).await);
    assert_eq!(traces(stores).await, before);
}

async fn a_change_in_a_session_that_has_ended_is_lost(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    stores.sessions().end(signed_in.session.id, at(30), audit(1, AuditKind::SessionEnded)).await.unwrap();
    let before = traces(stores).await;

    assert_eq!(change(stores, everything(2, &signed_in.session)).await, ProfileOutcome::SessionEnded);

    assert_eq!(account(stores, signed_in.user.id).await, signed_in.user);
    assert_eq!(stores.users().verifier(signed_in.user.id).await.unwrap(), Some(verifier(1)));
    assert_eq!(traces(stores).await, before);
}

async fn no_flow_that_starts_at_the_same_time_outlives_a_new_password(stores: &Stores) {
    for round in 1..=ROUNDS {
        let kept = signed_in(stores, round).await;
        let other = another_session(stores, 500 + round, &kept.user).await.session;

        let calls = (0..CALLS).map(|i| (i, kept.session.clone(), other.clone()));
        let started = race(stores, calls, |stores, (i, kept, other)| async move {
            let n = round * 100 + i;
            if i == CALLS / 2 {
                let attempt = ProfileChange { checked: verifier(round), ..new_password(n, &kept) };
                change(&stores, ProfileChange { new_password: Some(set_password(999)), ..attempt }).await;
                return None;
            }
            let start = start(n, change_of_email(n, &other));
            let id = start.challenge.id;
            let attempt = ProfileChange { checked: verifier(round), start: Some(start), ..nothing(&other) };
            matches!(change(&stores, attempt).await, ProfileOutcome::Changed(_)).then_some(id)
        })
        .await;

        for id in started.into_iter().flatten() {
            assert!(!is_open(stores, id, at(60)).await);
        }
    }
}

async fn an_account_that_is_not_active_is_not_changed(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    disabled(stores, 1, signed_in.user.id).await;
    let (user, before) = (account(stores, signed_in.user.id).await, traces(stores).await);

    assert_eq!(change(stores, everything(2, &signed_in.session)).await, ProfileOutcome::SessionEnded);
    let unknown = Session { user: user_id(9), ..signed_in.session };
    assert_eq!(change(stores, everything(3, &unknown)).await, ProfileOutcome::SessionEnded);

    assert_eq!(account(stores, user.id).await, user);
    assert_eq!(stores.users().verifier(user.id).await.unwrap(), Some(verifier(1)));
    assert_eq!(traces(stores).await, before);
}

async fn a_change_that_fails_leaves_nothing(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let other = another_session(stores, 2, &signed_in.user).await;
    let attempt = everything(3, &signed_in.session);
    let mut start = attempt.start.clone().unwrap();
    start.message = waiting(stores).await.pop();
    let before = traces(stores).await;

    let failed = stores.profiles().change(ProfileChange { start: Some(start), ..attempt }).await;

    assert!(failed.is_err());
    assert_eq!(account(stores, signed_in.user.id).await, signed_in.user);
    assert_eq!(stores.users().verifier(signed_in.user.id).await.unwrap(), Some(verifier(1)));
    assert!(is_live(stores, other.session.id).await);
    assert_eq!(traces(stores).await, before);
}

async fn of_many_changes_of_one_password_one_is_made(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    for round in 1..=ROUNDS {
        let old = stores.users().verifier(session.user).await.unwrap().expect("there is a password");
        let (sent, recorded) = traces(stores).await;

        let attempts = (0..CALLS).map(|i| {
            let mut attempt = new_password(round * 100 + i, &session);
            attempt.checked = old.clone();
            attempt
        });
        let outcomes = race(stores, attempts, |stores, attempt| async move {
            let new = attempt.new_password.clone().map(|password| password.verifier);
            matches!(change(&stores, attempt).await, ProfileOutcome::Changed(_)).then_some(new).flatten()
        })
        .await;

        assert_eq!(count(&outcomes, &None), outcomes.len() - 1);
        let winner = outcomes.into_iter().flatten().next();
        assert_eq!(stores.users().verifier(session.user).await.unwrap(), winner);
        assert_eq!(traces(stores).await, (sent + 1, recorded + 1));
    }
}

async fn no_rotation_at_the_same_time_outlives_a_new_password(stores: &Stores) {
    for round in 1..=ROUNDS {
        let kept = signed_in(stores, round).await;
        let other = another_session(stores, 500 + round, &kept.user).await;
        let generation = other.session.generation;

        let calls = (0..CALLS).map(|i| (i, kept.session.clone(), other.session.clone()));
        race(stores, calls, |stores, (i, kept, other)| async move {
            if i == CALLS / 2 {
                let mut attempt = new_password(round * 100 + i, &kept);
                (attempt.checked, attempt.new_password) = (verifier(round), Some(set_password(9)));
                change(&stores, attempt).await;
            } else {
                let event = audit(round * 100 + i, AuditKind::SessionRefreshed);
                stores.sessions().rotate(other.id, generation, at(60), event).await.unwrap();
            }
        })
        .await;

        assert!(is_live(stores, kept.session.id).await);
        assert!(!is_live(stores, other.session.id).await);
    }
}

async fn a_last_name_is_removed_and_given_again(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let removed = NewNames { last: NewLastName::Removed, ..NewNames::default() };
    let given = NewNames { last: NewLastName::Changed(names("Ada", "King").last.unwrap()), ..NewNames::default() };
    let first = account(stores, signed_in.user.id).await.names.first;

    change(stores, ProfileChange { names: removed.clone(), ..nothing(&signed_in.session) }).await;
    let without = account(stores, signed_in.user.id).await;
    change(stores, ProfileChange { names: given, ..nothing(&signed_in.session) }).await;

    assert_eq!(without.names, Names { first: first.clone(), last: None });
    assert_eq!(without.updated_at, nothing(&signed_in.session).now);
    let names = account(stores, signed_in.user.id).await.names;
    assert_eq!(names, Names { first, last: Some(Name::parse("King").unwrap()) });
}

async fn one_name_is_changed_and_the_other_left(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let new = names("Grace", "Hopper");
    let first = NewNames { first: Some(new.first.clone()), ..NewNames::default() };
    let last = NewNames { first: None, ..new.clone().into() };

    // As two calls do that have read the account before either wrote.
    for names in [first, last] {
        change(stores, ProfileChange { names, ..nothing(&signed_in.session) }).await;
    }

    assert_eq!(account(stores, signed_in.user.id).await.names, new);
}
