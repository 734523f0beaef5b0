//! A new address, once its code was right.

use doorward_app::profile::{CompleteEmail, IdentifierOutcome};
use doorward_kernel::{AuditEvent, AuditKind, EmailAddress};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Challenge, Purpose, Step, Subject, Target};
use doorward_session::Session;
use doorward_user::User;

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
    scene::{
        account, another_session, challenge_now, disabled, is_live, is_open, is_recorded, is_waiting, registered,
        registered_as, session_now, signed_in, started, traces, waiting,
    },
};
use crate::fixtures::{
    at, audit, challenge_of, complete_registration, email, email_change, notice, start_registration, user,
};

cases![
    a_new_address_whose_session_has_ended_is_void,
    the_new_address_takes_the_place_of_the_old,
    the_old_address_is_free_again,
    an_address_may_change_its_spelling,
    other_sessions_end_and_the_kept_one_goes_on,
    without_a_session_all_of_them_end,
    a_change_needs_an_open_challenge,
    the_challenge_of_a_disabled_account_is_closed,
    the_address_of_another_account_is_taken,
    a_change_that_fails_leaves_nothing,
    of_many_right_codes_at_once_one_changes_the_address,
    of_many_who_verify_one_address_at_once_one_gets_it,
];

fn change_to(n: u32, user: &User, to: &EmailAddress) -> Challenge {
    let step = (Purpose::ChangeEmail, Step::EmailCode);
    challenge_of(n, step, Target::Email(to.clone()), Subject::Account(user.id))
}

/// A started change of address.
async fn asked(stores: &Stores, n: u32, user: &User, to: &EmailAddress) -> CompleteEmail {
    started(stores, n, change_to(n, user, to)).await;
    complete(n, user, to)
}

fn complete(n: u32, user: &User, to: &EmailAddress) -> CompleteEmail {
    CompleteEmail {
        challenge: change_to(n, user, to).id,
        user: user.id,
        session: None,
        email: to.clone(),
        change: email_change(n, user, to),
        notices: vec![
            notice(n, NoticeTemplate::EmailChanged, &user.email),
            notice(n, NoticeTemplate::EmailChangeAsked, to),
        ],
        now: at(60),
        audit: AuditEvent { user: Some(user.id), ..audit(n, AuditKind::EmailChanged) },
    }
}

async fn change(stores: &Stores, complete: CompleteEmail) -> IdentifierOutcome {
    stores.profiles().complete_email(complete).await.unwrap()
}

async fn a_new_address_whose_session_has_ended_is_void(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let attempt = asked(stores, 2, &signed_in.user, &email(2)).await;
    stores.sessions().end(signed_in.session.id, at(30), audit(1, AuditKind::SessionEnded)).await.unwrap();

    let outcome = change(stores, CompleteEmail { session: Some(signed_in.session.id), ..attempt }).await;

    assert_eq!(outcome, IdentifierOutcome::Closed);
    assert_eq!(account(stores, signed_in.user.id).await, signed_in.user);
}

async fn the_new_address_takes_the_place_of_the_old(stores: &Stores) {
    let user = signed_in(stores, 1).await.user;
    let attempt = asked(stores, 2, &user, &email(2)).await;

    let outcome = change(stores, attempt.clone()).await;

    let expected = User { email: email(2), updated_at: at(60), ..user };
    assert_eq!(outcome, IdentifierOutcome::Changed(expected.clone()));
    assert_eq!(stores.users().find_by_email(&email(2)).await.unwrap(), Some(expected));
    assert_eq!(stores.users().find_by_email(&email(1)).await.unwrap(), None);
    assert_eq!(challenge_now(stores, attempt.challenge).await.closed_at, Some(at(60)));
    for notice in &attempt.notices {
        assert!(is_waiting(stores, notice).await);
    }
    assert!(is_recorded(stores, &attempt.audit).await);
}

async fn the_old_address_is_free_again(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let attempt = asked(stores, 2, &owner, &email(2)).await;
    change(stores, attempt).await;

    let next = User { email: email(1), ..user(3) };
    registered_as(stores, 3, next.clone()).await;

    assert_eq!(stores.users().find_by_email(&email(1)).await.unwrap(), Some(next));
}

async fn an_address_may_change_its_spelling(stores: &Stores) {
    let user = signed_in(stores, 1).await.user;
    let respelled = EmailAddress::parse("PERSON1@example.com").unwrap();
    let attempt = asked(stores, 2, &user, &respelled).await;

    let outcome = change(stores, attempt).await;

    let expected = User { email: respelled, updated_at: at(60), ..user };
    assert_eq!(outcome, IdentifierOutcome::Changed(expected));
}

async fn other_sessions_end_and_the_kept_one_goes_on(stores: &Stores) {
    let kept = signed_in(stores, 1).await;
    let other = another_session(stores, 2, &kept.user).await;
    let stranger = signed_in(stores, 3).await;
    let attempt = asked(stores, 4, &kept.user, &email(4)).await;

    change(stores, CompleteEmail { session: Some(kept.session.id), ..attempt }).await;

    assert_eq!(session_now(stores, kept.session.id).await, kept.session);
    assert_eq!(session_now(stores, other.session.id).await, Session { ended_at: Some(at(60)), ..other.session });
    assert!(is_live(stores, stranger.session.id).await);
}

async fn without_a_session_all_of_them_end(stores: &Stores) {
    let only = signed_in(stores, 1).await;
    let attempt = asked(stores, 2, &only.user, &email(2)).await;

    change(stores, attempt).await;

    assert!(!is_live(stores, only.session.id).await);
}

async fn a_change_needs_an_open_challenge(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let user = &signed_in.user;
    let expired = Challenge { expires_at: at(60), ..change_to(2, user, &email(2)) };
    let exhausted = Challenge { tries: 5, ..change_to(3, user, &email(3)) };
    started(stores, 2, expired).await;
    started(stores, 3, exhausted).await;
    let before = traces(stores).await;

    for n in [2, 3, 4] {
        assert_eq!(change(stores, complete(n, user, &email(n))).await, IdentifierOutcome::Closed, "{n}");
    }

    assert_eq!(account(stores, user.id).await, *user);
    assert!(is_live(stores, signed_in.session.id).await);
    assert_eq!(traces(stores).await, before);
}

async fn the_challenge_of_a_disabled_account_is_closed(stores: &Stores) {
    let user = signed_in(stores, 1).await.user;
    disabled(stores, 1, user.id).await;
    let attempt = asked(stores, 2, &user, &email(2)).await;
    let before = traces(stores).await;

    assert_eq!(change(stores, attempt.clone()).await, IdentifierOutcome::Closed);

    assert!(!is_open(stores, attempt.challenge, at(60)).await);
    assert_eq!(account(stores, user.id).await.email, email(1));
    assert_eq!(traces(stores).await, before);
}

async fn the_address_of_another_account_is_taken(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let owner = registered(stores, 2).await;
    let respelled = EmailAddress::parse("PERSON2@example.com").unwrap();
    let attempt = asked(stores, 3, &signed_in.user, &respelled).await;
    let before = traces(stores).await;

    assert_eq!(change(stores, attempt.clone()).await, IdentifierOutcome::Taken);

    assert!(!is_open(stores, attempt.challenge, at(60)).await);
    assert_eq!(account(stores, signed_in.user.id).await, signed_in.user);
    assert_eq!(account(stores, owner.id).await, owner);
    assert!(is_live(stores, signed_in.session.id).await);
    assert_eq!(traces(stores).await, before);
}

async fn a_change_that_fails_leaves_nothing(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let mut attempt = asked(stores, 2, &signed_in.user, &email(2)).await;
    attempt.notices.extend(waiting(stores).await.pop());
    let before = traces(stores).await;

    assert!(stores.profiles().complete_email(attempt.clone()).await.is_err());

    assert!(is_open(stores, attempt.challenge, at(1)).await);
    assert_eq!(account(stores, signed_in.user.id).await, signed_in.user);
    assert!(is_live(stores, signed_in.session.id).await);
    assert_eq!(traces(stores).await, before);
}

async fn of_many_right_codes_at_once_one_changes_the_address(stores: &Stores) {
    for round in 1..=ROUNDS {
        let user = signed_in(stores, round).await.user;
        let attempt = asked(stores, 100 + round, &user, &email(100 + round)).await;
        let (sent, recorded) = traces(stores).await;

        let attempts = (0..CALLS).map(|i| {
            let other = complete(round * 1000 + i, &user, &email(100 + round));
            CompleteEmail { challenge: attempt.challenge, ..other }
        });
        let outcomes = race(stores, attempts, |stores, attempt| async move { change(&stores, attempt).await }).await;

        assert_eq!(count(&outcomes, &IdentifierOutcome::Closed), outcomes.len() - 1);
        assert_eq!(account(stores, user.id).await.email, email(100 + round));
        assert_eq!(traces(stores).await, (sent + 2, recorded + 1));
    }
}

async fn of_many_who_verify_one_address_at_once_one_gets_it(stores: &Stores) {
    for round in 1..=ROUNDS {
        let address = email(9000 + round);
        let mut changes = Vec::new();
        for n in (round * 100..).take(CALLS as usize / 2) {
            let user = registered(stores, n).await;
            changes.push((n, Some(asked(stores, n, &user, &address).await)));
        }
        // The other half registers the address meanwhile.
        for n in (round * 100 + 50..).take(CALLS as usize / 2) {
            let newcomer = User { email: address.clone(), ..user(n) };
            stores.registrations().start(start_registration(n, &newcomer)).await.unwrap();
            changes.push((n, None));
        }

        let calls = changes.into_iter().map(|(n, change)| (n, change, address.clone()));
        race(stores, calls, |stores, (n, attempt, address)| async move {
            if let Some(attempt) = attempt {
                change(&stores, attempt).await;
            } else {
                let registration = complete_registration(n, &User { email: address, ..user(n) });
                stores.registrations().complete(registration).await.unwrap();
            }
        })
        .await;

        let owner = stores.users().find_by_email(&address).await.unwrap().expect("somebody won");
        let mut owners = 0;
        for n in (round * 100..).take(100) {
            let found = stores.users().find_by_id(user(n).id).await.unwrap();
            owners += usize::from(found.is_some_and(|user| user.email == address && user.id == owner.id));
            let found = stores.users().find_by_id(user(n).id).await.unwrap();
            assert!(found.is_none_or(|user| user.email != address || user.id == owner.id));
        }
        assert_eq!(owners, 1);
    }
}
