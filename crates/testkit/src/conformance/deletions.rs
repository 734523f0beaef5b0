//! Accounts that an operator signs out or deletes.

use doorward_app::operator::{DeleteOutcome, SignOutOutcome};
use doorward_kernel::{AuditEvent, AuditKind, UserId};
use doorward_otp::{Purpose, Step, Subject, Target};
use doorward_user::PhoneHolders;

use super::{
    Stores,
    authenticators::{enrolled, found},
    race::{CALLS, ROUNDS, count, race},
    scene::{
        account, another_session, challenge_now, is_live, is_open, is_recorded, registered_as, session_now, signed_in,
        signed_out, started, traces,
    },
};
use crate::fixtures::{at, audit, challenge_of, email, open_session, phone, user, user_id};

cases![
    a_signed_out_account_has_no_session_and_no_open_challenge,
    those_who_are_signed_out_may_log_in_again,
    a_deleted_account_is_gone_with_all_it_had,
    address_and_number_of_a_deleted_account_are_free_again,
    what_belongs_to_others_outlives_a_deletion,
    nobody_is_signed_out_or_deleted_where_nobody_is,
    of_many_deletions_at_once_one_deletes,
    no_login_at_the_same_time_outlives_a_deletion,
];

fn event(n: u32, user: UserId, kind: AuditKind) -> AuditEvent {
    AuditEvent { user: Some(user), ..audit(n, kind) }
}

async fn sign_out(stores: &Stores, n: u32, user: UserId) -> SignOutOutcome {
    stores.accounts().end_sessions(user, at(60), event(n, user, AuditKind::SessionsEnded)).await.unwrap()
}

async fn delete(stores: &Stores, n: u32, user: UserId) -> DeleteOutcome {
    stores.accounts().delete(user, event(n, user, AuditKind::UserDeleted)).await.unwrap()
}

async fn a_signed_out_account_has_no_session_and_no_open_challenge(stores: &Stores) {
    let first = signed_in(stores, 1).await;
    let second = another_session(stores, 2, &first.user).await;
    let other = signed_in(stores, 3).await;
    let step = (Purpose::ChangeEmail, Step::EmailCode);
    let change = challenge_of(4, step, Target::Email(email(4)), Subject::Account(first.user.id));
    started(stores, 4, change.clone()).await;

    assert_eq!(sign_out(stores, 1, first.user.id).await, SignOutOutcome::SignedOut { sessions: 2 });

    for session in [first.session.id, second.session.id] {
        assert_eq!(session_now(stores, session).await.ended_at, Some(at(60)));
    }
    assert_eq!(challenge_now(stores, change.id).await.closed_at, Some(at(60)));
    assert!(is_live(stores, other.session.id).await);
    assert_eq!(account(stores, first.user.id).await, signed_out(first.user.clone()));
    assert!(is_recorded(stores, &event(1, first.user.id, AuditKind::SessionsEnded)).await);
}

async fn those_who_are_signed_out_may_log_in_again(stores: &Stores) {
    let user = signed_in(stores, 1).await.user;
    sign_out(stores, 1, user.id).await;

    let again = another_session(stores, 2, &user).await;

    assert!(is_live(stores, again.session.id).await);
    assert_eq!(sign_out(stores, 2, user.id).await, SignOutOutcome::SignedOut { sessions: 1 });
    assert_eq!(sign_out(stores, 3, user.id).await, SignOutOutcome::SignedOut { sessions: 0 });
}

async fn a_deleted_account_is_gone_with_all_it_had(stores: &Stores) {
    let user = enrolled(stores, 1).await.user;
    let session = another_session(stores, 2, &user).await.session;
    let step = (Purpose::Login, Step::PhoneCode);
    let open = challenge_of(9, step, Target::Phone(phone(1)), Subject::Account(user.id));
    started(stores, 9, open.clone()).await;
    let before = stores.audit.events().await;

    assert_eq!(delete(stores, 1, user.id).await, DeleteOutcome::Deleted);

    assert_eq!(stores.users().find_by_id(user.id).await.unwrap(), None);
    assert_eq!(stores.users().find_by_email(&user.email).await.unwrap(), None);
    assert_eq!(stores.sessions().find(session.id).await.unwrap(), None);
    assert_eq!(stores.flows().find(open.id).await.unwrap().map(|flow| flow.challenge), None);
    assert_eq!(found(stores, user.id).await, None);
    assert!(is_recorded(stores, &event(1, user.id, AuditKind::UserDeleted)).await);
    assert_eq!(stores.audit.events().await.len(), before.len() + 1);
}

async fn address_and_number_of_a_deleted_account_are_free_again(stores: &Stores) {
    let gone = signed_in(stores, 1).await.user;
    delete(stores, 1, gone.id).await;
    assert_eq!(stores.users().find_by_phone(&phone(1)).await.unwrap(), PhoneHolders::default());

    let new = doorward_user::User { id: user_id(9), ..user(1) };
    let new = registered_as(stores, 9, new).await;
    let new = another_session(stores, 9, &new).await.user;

    assert_eq!(stores.users().find_by_phone(&phone(1)).await.unwrap().owner, Some(new));
}

async fn what_belongs_to_others_outlives_a_deletion(stores: &Stores) {
    let (gone, other) = (enrolled(stores, 1).await.user, enrolled(stores, 2).await.user);
    let session = another_session(stores, 3, &other).await.session;
    let step = (Purpose::Login, Step::PhoneCode);
    let decoy = challenge_of(9, step, Target::Phone(phone(1)), Subject::Decoy);
    started(stores, 9, decoy.clone()).await;

    delete(stores, 1, gone.id).await;

    assert_eq!(account(stores, other.id).await, other);
    assert!(found(stores, other.id).await.is_some());
    assert!(is_live(stores, session.id).await);
    assert!(is_open(stores, decoy.id, at(60)).await);
}

async fn nobody_is_signed_out_or_deleted_where_nobody_is(stores: &Stores) {
    signed_in(stores, 1).await;
    let before = traces(stores).await;

    assert_eq!(sign_out(stores, 1, user_id(9)).await, SignOutOutcome::NotFound);
    assert_eq!(delete(stores, 1, user_id(9)).await, DeleteOutcome::NotFound);

    assert_eq!(traces(stores).await, before);
}

async fn of_many_deletions_at_once_one_deletes(stores: &Stores) {
    for round in 1..=ROUNDS {
        let user = signed_in(stores, round).await.user.id;

        let calls = (0..CALLS).map(|i| round * 100 + i);
        let outcomes = race(stores, calls, |stores, n| async move { delete(&stores, n, user).await }).await;

        assert_eq!(count(&outcomes, &DeleteOutcome::Deleted), 1);
        assert_eq!(count(&outcomes, &DeleteOutcome::NotFound), outcomes.len() - 1);
    }
}

async fn no_login_at_the_same_time_outlives_a_deletion(stores: &Stores) {
    for round in 1..=ROUNDS {
        let user = signed_in(stores, round).await.user;
        let mut attempts = Vec::new();
        for n in (round * 100..).take(CALLS as usize) {
            let step = (Purpose::Login, Step::Password);
            let challenge = challenge_of(n, step, Target::Phone(phone(round)), Subject::Unclaimed);
            attempts.push(open_session(n, &started(stores, n, challenge).await, &user));
        }

        let calls: Vec<_> = (0..).zip(attempts.clone()).collect();
        race(stores, calls, |stores, (i, attempt)| async move {
            if i == CALLS / 2 {
                delete(&stores, round, attempt.session.user).await;
            } else {
                stores.logins().open(attempt).await.unwrap();
            }
        })
        .await;

        assert_eq!(stores.users().find_by_id(user.id).await.unwrap(), None);
        for attempt in attempts {
            assert_eq!(stores.sessions().find(attempt.session.id).await.unwrap(), None);
        }
    }
}
