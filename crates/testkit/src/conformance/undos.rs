//! Changes of address and number, undone.

use std::time::Duration;

use doorward_app::{
    profile::{CompleteEmail, CompletePhone, IdentifierOutcome},
    undo::{FormerPhone, UndoChanges, UndoOutcome},
};
use doorward_kernel::{AuditEvent, AuditKind, ChangeId, EmailAddress, PhoneNumber};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Challenge, Purpose, Step, Subject, Target};
use doorward_user::{IdentifierChange, User, UserPhone};

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
    scene::{
        account, another_session, challenge_now, disabled, is_live, is_open, is_recorded, is_waiting, registered,
        registered_as, signed_in, signed_out, started, traces, waiting,
    },
};
use crate::fixtures::{
    at, audit, challenge_of, email, email_change, notice, number_verification, phone, phone_change, user, user_id,
};

cases![
    an_unknown_change_is_not_found,
    every_kind_of_change_reads_back_as_it_was_made,
    changes_are_found_with_later_ones_and_with_those_of_the_window_before,
    the_address_from_before_counts_again,
    the_number_from_before_counts_again,
    where_no_number_was_there_is_none_again,
    an_undo_ends_every_session_and_closes_all_that_is_under_way,
    a_change_is_undone_once,
    a_change_that_was_made_in_between_is_retried,
    what_somebody_else_has_verified_is_taken,
    a_disabled_account_gets_nothing_back,
    an_undo_that_fails_leaves_nothing,
    old_changes_are_forgotten_up_to_the_limit,
    of_many_undos_at_once_one_is_made,
];

/// Changes the address of an account as it is; gives what is kept of that.
pub(super) async fn change_email(stores: &Stores, n: u32, user: &User, to: &EmailAddress) -> IdentifierChange {
    let step = (Purpose::ChangeEmail, Step::EmailCode);
    let challenge = challenge_of(3000 + n, step, Target::Email(to.clone()), Subject::Account(user.id));
    let challenge = started(stores, 3000 + n, challenge).await;
    let change = email_change(n, user, to);
    let complete = CompleteEmail {
        challenge: challenge.id,
        user: user.id,
        session: None,
        email: to.clone(),
        change: change.clone(),
        notices: vec![],
        now: at(60),
        audit: audit(3000 + n, AuditKind::EmailChanged),
    };
    let outcome = stores.profiles().complete_email(complete).await.unwrap();
    assert!(matches!(outcome, IdentifierOutcome::Changed(_)), "{outcome:?}");
    change
}

async fn change_phone(stores: &Stores, n: u32, user: &User, to: &PhoneNumber) -> IdentifierChange {
    let step = (Purpose::ChangePhone, Step::PhoneCode);
    let challenge = challenge_of(4000 + n, step, Target::Phone(to.clone()), Subject::Account(user.id));
    let challenge = started(stores, 4000 + n, challenge).await;
    let change = phone_change(n, user, to);
    let number_verification = number_verification(4000 + n, user, to, &[]);
    let complete = CompletePhone {
        challenge: challenge.id,
        user: user.id,
        session: None,
        number_verification,
        change: Some(change.clone()),
        now: at(60),
    };
    let outcome = stores.profiles().complete_phone(complete).await.unwrap();
    assert!(matches!(outcome, IdentifierOutcome::Changed(_)), "{outcome:?}");
    change
}

/// An undo that restores nothing yet.
pub(super) fn undo_of(n: u32, user: &User, changes: &[&IdentifierChange]) -> UndoChanges {
    UndoChanges {
        user: user.id,
        named: changes.first().map_or(ChangeId::from_bytes([0; 16]), |change| change.id),
        changes: changes.iter().map(|change| change.id).collect(),
        seen: changes.iter().map(|change| change.id).collect(),
        since: at(0),
        email: None,
        phone: FormerPhone::Untouched,
        notices: vec![notice(n, NoticeTemplate::ChangeUndone, &user.email)],
        now: at(90),
        audit: AuditEvent { user: Some(user.id), ..audit(n, AuditKind::ChangeUndone) },
    }
}

/// The number that the account has now, to be restored.
fn former(user: &User) -> FormerPhone {
    user.phone.clone().map_or(FormerPhone::Nothing, FormerPhone::Number)
}

pub(super) async fn undo(stores: &Stores, undo: UndoChanges) -> UndoOutcome {
    stores.undos().undo(undo).await.unwrap()
}

/// The changes since that one, with those that were made up to a second before it.
async fn found(stores: &Stores, change: ChangeId) -> Vec<IdentifierChange> {
    let found = stores.undos().find(change, Duration::from_secs(1)).await.unwrap();
    found.map(|found| found.changes).unwrap_or_default()
}

async fn an_unknown_change_is_not_found(stores: &Stores) {
    assert_eq!(found(stores, ChangeId::from_bytes([1; 16])).await, []);
}

async fn every_kind_of_change_reads_back_as_it_was_made(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let bare = registered_as(stores, 2, User { phone: None, ..user(2) });
    let (bare, claimant) = (bare.await, registered(stores, 3).await);

    let kept = [
        change_email(stores, 1, &owner, &email(10)).await,
        change_phone(stores, 2, &bare, &phone(12)).await,
        change_phone(stores, 3, &claimant, &phone(13)).await,
    ];

    for change in kept {
        assert_eq!(found(stores, change.id).await, [change]);
    }
}

async fn changes_are_found_with_later_ones_and_with_those_of_the_window_before(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let stranger = signed_in(stores, 2).await.user;
    let first = change_email(stores, 1, &owner, &email(10)).await;
    change_email(stores, 2, &stranger, &email(11)).await;
    let changed = account(stores, owner.id).await;
    let later = IdentifierChange { at: at(61), ..email_change(3, &changed, &email(12)) };
    complete_later(stores, 3, &changed, later.clone(), &email(12)).await;

    assert_eq!(found(stores, first.id).await, [first.clone(), later.clone()]);
    assert_eq!(found(stores, later.id).await, std::slice::from_ref(&later), "the window ends a second before");
    let wider = stores.undos().find(later.id, Duration::from_secs(2)).await.unwrap().unwrap();
    assert_eq!((wider.user, wider.at, wider.changes), (owner.id, at(61), vec![first, later]));
}

pub(super) async fn complete_later(stores: &Stores, n: u32, user: &User, change: IdentifierChange, to: &EmailAddress) {
    let step = (Purpose::ChangeEmail, Step::EmailCode);
    let challenge = challenge_of(5000 + n, step, Target::Email(to.clone()), Subject::Account(user.id));
    let challenge = started(stores, 5000 + n, challenge).await;
    let complete = CompleteEmail {
        challenge: challenge.id,
        user: user.id,
        session: None,
        email: to.clone(),
        change,
        notices: vec![],
        now: at(61),
        audit: audit(5000 + n, AuditKind::EmailChanged),
    };
    stores.profiles().complete_email(complete).await.unwrap();
}

async fn the_address_from_before_counts_again(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let change = change_email(stores, 2, &owner, &email(2)).await;
    let attempt = UndoChanges { email: Some(email(1)), ..undo_of(3, &owner, &[&change]) };

    let outcome = undo(stores, attempt.clone()).await;

    let expected = User { updated_at: at(90), ..signed_out(owner) };
    assert_eq!(outcome, UndoOutcome::Undone(expected.clone()));
    assert_eq!(stores.users().find_by_email(&email(1)).await.unwrap(), Some(expected));
    assert_eq!(stores.users().find_by_email(&email(2)).await.unwrap(), None);
    assert!(is_waiting(stores, &attempt.notices[0]).await);
    assert!(is_recorded(stores, &attempt.audit).await);
}

async fn the_number_from_before_counts_again(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let change = change_phone(stores, 2, &owner, &phone(2)).await;
    let attempt = UndoChanges { phone: former(&owner), ..undo_of(3, &owner, &[&change]) };

    let outcome = undo(stores, attempt).await;

    let expected = User { updated_at: at(90), ..signed_out(owner) };
    assert_eq!(outcome, UndoOutcome::Undone(expected.clone()));
    assert_eq!(stores.users().find_by_phone(&phone(1)).await.unwrap().owner, Some(expected));
    assert_eq!(stores.users().find_by_phone(&phone(2)).await.unwrap().owner, None);
}

async fn where_no_number_was_there_is_none_again(stores: &Stores) {
    let bare = registered_as(stores, 1, User { phone: None, ..user(1) }).await;
    let change = change_phone(stores, 2, &bare, &phone(2)).await;

    let outcome = undo(stores, UndoChanges { phone: FormerPhone::Nothing, ..undo_of(3, &bare, &[&change]) }).await;

    assert_eq!(outcome, UndoOutcome::Undone(User { updated_at: at(90), ..signed_out(bare) }));
}

async fn an_undo_ends_every_session_and_closes_all_that_is_under_way(stores: &Stores) {
    let first = signed_in(stores, 1).await;
    let change = change_email(stores, 2, &first.user, &email(2)).await;
    let changed = account(stores, first.user.id).await;
    let later = another_session(stores, 3, &changed).await;
    let decoy = Challenge {
        session: Some(later.session.id),
        ..challenge_of(4, (Purpose::ChangeEmail, Step::EmailCode), Target::Email(email(9)), Subject::Decoy)
    };
    let owned = Subject::Account(changed.id);
    let login = challenge_of(5, (Purpose::Login, Step::PhoneCode), Target::Phone(phone(1)), owned);
    let open = [started(stores, 4, decoy).await, started(stores, 5, login).await];

    undo(stores, UndoChanges { email: Some(email(1)), ..undo_of(6, &changed, &[&change]) }).await;

    assert!(!is_live(stores, later.session.id).await);
    for challenge in open {
        assert_eq!(challenge_now(stores, challenge.id).await.closed_at, Some(at(90)));
    }
}

async fn a_change_is_undone_once(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let change = change_email(stores, 2, &owner, &email(2)).await;
    let attempt = |n| UndoChanges { email: Some(email(1)), ..undo_of(n, &owner, &[&change]) };
    undo(stores, attempt(3)).await;
    let before = traces(stores).await;

    assert_eq!(undo(stores, attempt(4)).await, UndoOutcome::Conflict);

    assert_eq!(found(stores, change.id).await, []);
    assert_eq!(traces(stores).await, before);
}

async fn a_change_that_was_made_in_between_is_retried(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let change = change_email(stores, 2, &owner, &email(2)).await;
    let changed = account(stores, owner.id).await;
    change_phone(stores, 3, &changed, &phone(3)).await;
    let (before, now) = (traces(stores).await, account(stores, owner.id).await);

    let outcome = undo(stores, UndoChanges { email: Some(email(1)), ..undo_of(4, &owner, &[&change]) }).await;

    assert_eq!(outcome, UndoOutcome::Conflict);
    assert_eq!(account(stores, owner.id).await, now);
    assert_eq!(traces(stores).await, before);
}

async fn what_somebody_else_has_verified_is_taken(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let of_email = change_email(stores, 2, &owner, &email(2)).await;
    let changed = account(stores, owner.id).await;
    let of_phone = change_phone(stores, 3, &changed, &phone(3)).await;
    let next = registered_as(stores, 4, User { email: email(1), ..user(4) }).await;
    let number = UserPhone { number: phone(1), verified_at: None };
    let other = registered_as(stores, 5, User { phone: Some(number), ..user(5) }).await;
    another_session(stores, 5, &other).await;
    let (before, now) = (traces(stores).await, account(stores, owner.id).await);
    let mut kept = [&of_email, &of_phone];
    kept.sort_by_key(|change| change.id);

    let of_email = UndoChanges { email: Some(email(1)), ..undo_of(6, &owner, &kept) };
    assert_eq!(undo(stores, of_email).await, UndoOutcome::Taken);
    let of_phone = UndoChanges { phone: former(&owner), ..undo_of(7, &owner, &kept) };
    assert_eq!(undo(stores, of_phone).await, UndoOutcome::Taken);

    assert_eq!(account(stores, owner.id).await, now);
    assert_eq!(stores.users().find_by_email(&email(1)).await.unwrap(), Some(next));
    assert_eq!(traces(stores).await, before);
}

async fn a_disabled_account_gets_nothing_back(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let change = change_email(stores, 2, &owner, &email(2)).await;
    disabled(stores, 1, owner.id).await;
    let before = traces(stores).await;

    let outcome = undo(stores, UndoChanges { email: Some(email(1)), ..undo_of(3, &owner, &[&change]) }).await;

    assert_eq!(outcome, UndoOutcome::Conflict);
    assert_eq!(account(stores, owner.id).await.email, email(2));
    assert_eq!(traces(stores).await, before);
}

async fn an_undo_that_fails_leaves_nothing(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let change = change_email(stores, 2, &owner, &email(2)).await;
    let pending =
        challenge_of(5, (Purpose::Login, Step::PhoneCode), Target::Phone(phone(1)), Subject::Account(owner.id));
    let pending = started(stores, 5, pending).await;
    let before = traces(stores).await;
    let notices = waiting(stores).await;

    let attempt = UndoChanges { email: Some(email(1)), notices, ..undo_of(3, &owner, &[&change]) };
    assert!(stores.undos().undo(attempt).await.is_err());

    assert_eq!(account(stores, owner.id).await.email, email(2));
    assert_eq!(found(stores, change.id).await, [change]);
    assert!(is_open(stores, pending.id, at(90)).await);
    assert_eq!(traces(stores).await, before);
}

async fn old_changes_are_forgotten_up_to_the_limit(stores: &Stores) {
    let mut kept = Vec::new();
    for n in 1..=3 {
        let owner = signed_in(stores, n).await.user;
        kept.push(change_email(stores, n, &owner, &email(10 + n)).await);
    }

    assert_eq!(stores.undos().purge_made(at(60), 10).await.unwrap(), 0);
    assert_eq!(stores.undos().purge_made(at(61), 2).await.unwrap(), 2);
    assert_eq!(stores.undos().purge_made(at(61), 10).await.unwrap(), 1);

    for change in kept {
        assert_eq!(found(stores, change.id).await, []);
    }
    assert_eq!(stores.users().find_by_id(user_id(1)).await.unwrap().map(|user| user.email), Some(email(11)));
}

async fn of_many_undos_at_once_one_is_made(stores: &Stores) {
    for round in 1..=ROUNDS {
        let owner = signed_in(stores, round).await.user;
        let change = change_email(stores, round, &owner, &email(500 + round)).await;
        let (sent, recorded) = traces(stores).await;

        let attempts = (0..CALLS)
            .map(|i| UndoChanges { email: Some(owner.email.clone()), ..undo_of(round * 100 + i, &owner, &[&change]) });
        let outcomes = race(stores, attempts, |stores, attempt| async move { undo(&stores, attempt).await }).await;

        assert_eq!(count(&outcomes, &UndoOutcome::Conflict), outcomes.len() - 1);
        assert_eq!(account(stores, owner.id).await.email, owner.email);
        assert_eq!(traces(stores).await, (sent + 1, recorded + 1));
    }
}
