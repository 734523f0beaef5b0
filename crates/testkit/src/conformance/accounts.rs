//! Opened and closed by an operator.

use doorward_app::operator::StatusOutcome;
use doorward_kernel::{AuditEvent, AuditKind, UserId};
use doorward_otp::{Challenge, Purpose, Step, Subject, Target};
use doorward_session::{Generation, Session};
use doorward_user::{User, UserStatus};

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
    scene::{
        account, another_session, challenge_now, is_live, is_open, is_recorded, registered, session_now, signed_in,
        signed_out, started, traces,
    },
};
use crate::fixtures::{at, audit, challenge_of, email, open_session, phone, user_id};

cases![
    a_disabled_account_keeps_all_but_its_status,
    disabling_ends_the_sessions_of_the_account,
    disabling_closes_the_open_challenges_of_the_account,
    disabling_closes_decoys_like_real_changes,
    an_enabled_account_starts_without_sessions,
    the_status_an_account_has_changes_nothing,
    an_unknown_account_is_not_found,
    of_many_operators_at_once_one_changes_the_status,
    no_login_at_the_same_time_leaves_a_session_behind,
    no_rotation_at_the_same_time_keeps_a_session_alive,
];

fn event(n: u32, user: UserId, status: UserStatus) -> AuditEvent {
    let kind = match status {
        UserStatus::Active => AuditKind::UserEnabled,
        UserStatus::Disabled => AuditKind::UserDisabled,
    };
    AuditEvent { user: Some(user), ..audit(n, kind) }
}

async fn set(stores: &Stores, n: u32, user: UserId, status: UserStatus) -> StatusOutcome {
    stores.accounts().set_status(user, status, at(60), event(n, user, status)).await.unwrap()
}

async fn a_disabled_account_keeps_all_but_its_status(stores: &Stores) {
    let user = signed_in(stores, 1).await.user;

    assert_eq!(set(stores, 1, user.id, UserStatus::Disabled).await, StatusOutcome::Changed);

    let expected = User { status: UserStatus::Disabled, updated_at: at(60), ..signed_out(user.clone()) };
    assert_eq!(account(stores, user.id).await, expected);
    assert!(is_recorded(stores, &event(1, user.id, UserStatus::Disabled)).await);
}

async fn disabling_ends_the_sessions_of_the_account(stores: &Stores) {
    let first = signed_in(stores, 1).await;
    let [second, ended] =
        [another_session(stores, 2, &first.user).await, another_session(stores, 3, &first.user).await];
    let other = signed_in(stores, 4).await;
    stores.sessions().end(ended.session.id, at(30), audit(1, AuditKind::SessionEnded)).await.unwrap();

    set(stores, 1, first.user.id, UserStatus::Disabled).await;

    for session in [first.session, second.session] {
        assert_eq!(session_now(stores, session.id).await, Session { ended_at: Some(at(60)), ..session });
    }
    assert_eq!(session_now(stores, ended.session.id).await.ended_at, Some(at(30)));
    assert_eq!(session_now(stores, other.session.id).await, other.session);
}

async fn disabling_closes_the_open_challenges_of_the_account(stores: &Stores) {
    let user = registered(stores, 1).await;
    let owned = Subject::Account(user.id);
    let of_account = [
        challenge_of(10, (Purpose::Login, Step::PhoneCode), Target::Phone(phone(1)), owned),
        challenge_of(11, (Purpose::ChangeEmail, Step::EmailCode), Target::Email(email(9)), owned),
        challenge_of(12, (Purpose::ChangePhone, Step::PhoneCode), Target::Phone(phone(9)), owned),
    ];
    let of_others = [
        challenge_of(13, (Purpose::Login, Step::PhoneCode), Target::Phone(phone(1)), Subject::Account(user_id(2))),
        challenge_of(14, (Purpose::Login, Step::PhoneCode), Target::Phone(phone(1)), Subject::Unclaimed),
        challenge_of(15, (Purpose::Login, Step::PhoneCode), Target::Phone(phone(1)), Subject::Decoy),
    ];
    for (n, challenge) in (10..).zip(of_account.iter().chain(&of_others)) {
        started(stores, n, challenge.clone()).await;
    }

    set(stores, 1, user.id, UserStatus::Disabled).await;

    for challenge in of_account {
        assert_eq!(challenge_now(stores, challenge.id).await.closed_at, Some(at(60)));
    }
    for challenge in of_others {
        assert!(is_open(stores, challenge.id, at(60)).await);
    }
}

async fn disabling_closes_decoys_like_real_changes(stores: &Stores) {
    let (first, other) = (signed_in(stores, 1).await, signed_in(stores, 2).await);
    let decoy = |n, session: &Session| Challenge {
        session: Some(session.id),
        ..challenge_of(n, (Purpose::ChangeEmail, Step::EmailCode), Target::Email(email(9)), Subject::Decoy)
    };
    let (own, others) = (decoy(10, &first.session), decoy(11, &other.session));
    started(stores, 10, own.clone()).await;
    started(stores, 11, others.clone()).await;

    set(stores, 1, first.user.id, UserStatus::Disabled).await;

    assert_eq!(challenge_now(stores, own.id).await.closed_at, Some(at(60)));
    assert!(is_open(stores, others.id, at(60)).await);
}

async fn an_enabled_account_starts_without_sessions(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    set(stores, 1, signed_in.user.id, UserStatus::Disabled).await;
    let step = (Purpose::Login, Step::PhoneCode);
    let late = challenge_of(2, step, Target::Phone(phone(1)), Subject::Account(signed_in.user.id));
    started(stores, 2, late.clone()).await;

    assert_eq!(set(stores, 1, signed_in.user.id, UserStatus::Active).await, StatusOutcome::Changed);

    assert!(is_open(stores, late.id, at(60)).await);
    assert!(account(stores, signed_in.user.id).await.is_active());
    assert!(!is_live(stores, signed_in.session.id).await);
    assert!(is_recorded(stores, &event(1, signed_in.user.id, UserStatus::Active)).await);
}

async fn the_status_an_account_has_changes_nothing(stores: &Stores) {
    let active = signed_in(stores, 1).await;
    let before = traces(stores).await;

    assert_eq!(set(stores, 1, active.user.id, UserStatus::Active).await, StatusOutcome::Unchanged);

    assert_eq!(account(stores, active.user.id).await, active.user);
    assert!(is_live(stores, active.session.id).await);
    assert_eq!(traces(stores).await, before);
}

async fn an_unknown_account_is_not_found(stores: &Stores) {
    assert_eq!(set(stores, 1, user_id(9), UserStatus::Disabled).await, StatusOutcome::NotFound);

    assert_eq!(stores.audit.events().await, []);
}

async fn of_many_operators_at_once_one_changes_the_status(stores: &Stores) {
    let user = signed_in(stores, 1).await.user.id;
    for round in 0..ROUNDS {
        let status = if round % 2 == 0 { UserStatus::Disabled } else { UserStatus::Active };
        let (_, recorded) = traces(stores).await;

        let calls = (0..CALLS).map(|i| round * 100 + i);
        let outcomes = race(stores, calls, |stores, n| async move { set(&stores, n, user, status).await }).await;

        assert_eq!(count(&outcomes, &StatusOutcome::Changed), 1);
        assert_eq!(count(&outcomes, &StatusOutcome::Unchanged), outcomes.len() - 1);
        assert_eq!(traces(stores).await.1, recorded + 1);
    }
}

async fn no_login_at_the_same_time_leaves_a_session_behind(stores: &Stores) {
    for round in 1..=ROUNDS {
        let user = signed_in(stores, round).await.user;
        let mut attempts = Vec::new();
        for n in (round * 100..).take(CALLS as usize) {
            // As in the password step, whose challenges disabling does not find.
            let step = (Purpose::Login, Step::Password);
            let challenge = challenge_of(n, step, Target::Phone(phone(round)), Subject::Unclaimed);
            attempts.push(open_session(n, &started(stores, n, challenge).await, &user));
        }

        let disabling = CALLS / 2;
        let calls: Vec<_> = (0..).zip(attempts.clone()).collect();
        race(stores, calls, |stores, (i, attempt)| async move {
            if i == disabling {
                set(&stores, round, attempt.session.user, UserStatus::Disabled).await;
            } else {
                stores.logins().open(attempt).await.unwrap();
            }
        })
        .await;

        assert!(!account(stores, user.id).await.is_active());
        for attempt in attempts {
            assert!(!is_live(stores, attempt.session.id).await);
        }
    }
}

async fn no_rotation_at_the_same_time_keeps_a_session_alive(stores: &Stores) {
    for round in 1..=ROUNDS {
        let session = signed_in(stores, round).await.session;

        let calls = (0..CALLS).map(|i| (session.clone(), i));
        race(stores, calls, |stores, (session, i)| async move {
            if i == CALLS / 2 {
                set(&stores, round, session.user, UserStatus::Disabled).await;
            } else {
                let event = audit(round * 100 + i, AuditKind::SessionRefreshed);
                stores.sessions().rotate(session.id, Generation(i % 4), at(60), event).await.unwrap();
            }
        })
        .await;

        assert!(!is_live(stores, session.id).await);
    }
}
