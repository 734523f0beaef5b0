//! Authenticator apps and sessions that may only bind, undone.

use std::time::Duration;

use doorward_app::{
    totp::SpendOutcome,
    undo::{UndoChanges, UndoOutcome, Undoable, UndoableKind},
};
use doorward_kernel::{AuditKind, ChangeId};
use doorward_otp::{Challenge, Channel, Purpose, Step, Subject, Target, Verified};
use doorward_session::Session;
use doorward_user::{IdentifierChange, User};

use super::{
    Stores,
    authenticators::enrolled,
    bindings::{self, binding_session},
    pending_authenticators,
    scene::{
        account, another_session, challenge_now, is_live, pending_authenticator, pending_number, signed_in, signed_out,
        started,
    },
    undos::{change_email, complete_later, undo, undo_of},
};
use crate::fixtures::{
    at, audit, begin_totp, challenge_of, confirm_totp, email, email_change, phone, replace_recovery, spent_recovery,
};

cases![
    an_app_that_was_confirmed_since_goes_and_one_from_before_stays,
    an_app_that_was_added_is_undone_once,
    a_session_that_may_only_bind_is_undone_once_and_ended_or_not,
    an_undo_ends_all_that_a_thief_may_have_left,
    a_setup_that_waits_is_undone_too,
];

/// Apps of these accounts are confirmed at second 90.
async fn an_app_that_was_confirmed_since_goes_and_one_from_before_stays(stores: &Stores) {
    for (n, since, goes) in [(1, at(89), true), (2, at(90), false)] {
        let member = enrolled(stores, n).await;
        let change = IdentifierChange { at: at(91), ..email_change(n, &member.user, &email(10 + n)) };
        complete_later(stores, n, &member.user, change.clone(), &email(10 + n)).await;

        let attempt =
            UndoChanges { email: Some(member.user.email.clone()), since, ..undo_of(100 + n, &member.user, &[&change]) };
        let UndoOutcome::Undone(user) = undo(stores, attempt).await else { panic!("not undone") };

        assert_eq!(user.has_totp(), !goes);
        assert_eq!(account(stores, user.id).await, user);
        assert_eq!(stores.authenticators().find(user.id).await.unwrap().is_none(), goes);
        let spent = stores.authenticators().spend(spent_recovery(200 + n, user.id, &[10])).await.unwrap();
        assert_eq!(spent == SpendOutcome::Spent, !goes);
    }
}

async fn an_app_that_was_added_is_undone_once(stores: &Stores) {
    let member = enrolled(stores, 1).await;
    let added = confirm_totp(2001, &member).change;
    let found = stores.undos().find(added, Duration::from_secs(1)).await.unwrap().unwrap();
    let attempt = |n| UndoChanges { named: added, ..undo_of(n, &member.user, &[]) };

    let outcome = undo(stores, attempt(1)).await;

    assert_eq!((found.kind, found.at, found.changes), (UndoableKind::Authenticator, at(90), vec![]));
    assert!(matches!(outcome, UndoOutcome::Undone(user) if !user.has_totp()));
    assert_eq!(stores.authenticators().find(member.user.id).await.unwrap(), None);
    assert!(!is_live(stores, member.session.id).await);
    assert_eq!(stores.undos().find(added, Duration::from_secs(1)).await.unwrap(), None);
    assert_eq!(undo(stores, attempt(2)).await, UndoOutcome::Conflict);
}

/// Returns the id under which the notice of a session that may only bind names it.
fn named(session: &Session) -> ChangeId {
    ChangeId::from_bytes(session.id.to_bytes())
}

async fn a_session_that_may_only_bind_is_undone_once_and_ended_or_not(stores: &Stores) {
    for (n, has_ended) in [(1, false), (2, true)] {
        let member = enrolled(stores, n).await;
        let session = binding_session(stores, 10 + n, &member.user).await;
        let number = bindings::schedule(stores, n, &member.user).await;
        if has_ended {
            stores.sessions().end(session.id, at(91), audit(20 + n, AuditKind::SessionEnded)).await.unwrap();
        }
        let attempt = |n| {
            let undo = undo_of(n, &member.user, &[]);
            UndoChanges { named: named(&session), since: session.created_at, ..undo }
        };

        let found = stores.undos().find(named(&session), Duration::ZERO).await.unwrap();
        let outcome = undo(stores, attempt(100 + n)).await;

        let (user, at, kind) = (member.user.id, session.created_at, UndoableKind::BindingSession);
        assert_eq!(found, Some(Undoable { user, at, kind, changes: vec![] }));
        assert!(matches!(outcome, UndoOutcome::Undone(user) if !user.has_totp()), "bound since it was opened");
        assert_eq!(pending_number(stores, number.id).await, None);
        assert!(!is_live(stores, session.id).await && !is_live(stores, member.session.id).await);
        assert_eq!(stores.undos().find(named(&session), Duration::ZERO).await.unwrap(), None);
        assert_eq!(undo(stores, attempt(200 + n)).await, UndoOutcome::Conflict);
    }
}

/// The flows somebody may have open who has the number, the password and a code of the app.
fn flows_of(user: &User, full: &Session, binding: &Session) -> Vec<Challenge> {
    let own = Subject::Account(user.id);
    let (mail, new_mail) = (Target::Email(user.email.clone()), Target::Email(email(9)));
    let (sms, new_sms) = (Target::Phone(phone(1)), Target::Phone(phone(9)));
    let after_password = |challenge| Challenge { verified: Verified::default().and(Channel::Password), ..challenge };
    let within = |session: &Session, challenge| Challenge { session: Some(session.id), ..challenge };
    vec![
        challenge_of(21, (Purpose::Login, Step::PhoneCode), sms.clone(), own),
        after_password(challenge_of(22, (Purpose::Login, Step::Totp), sms.clone(), own)),
        after_password(challenge_of(23, (Purpose::Bind, Step::EmailCode), mail.clone(), own)),
        challenge_of(24, (Purpose::ResetPassword, Step::EmailCode), mail, own),
        within(full, challenge_of(25, (Purpose::StepUp, Step::Totp), sms, own)),
        within(full, challenge_of(26, (Purpose::ChangeEmail, Step::EmailCode), new_mail.clone(), own)),
        within(full, challenge_of(27, (Purpose::ChangePhone, Step::PhoneCode), new_sms.clone(), own)),
        within(full, challenge_of(28, (Purpose::ChangeEmail, Step::EmailCode), new_mail, Subject::Decoy)),
        within(binding, challenge_of(29, (Purpose::Bind, Step::PhoneCode), new_sms.clone(), own)),
        within(binding, challenge_of(30, (Purpose::Bind, Step::PhoneCode), new_sms, Subject::Decoy)),
    ]
}

/// The app is the owner's for long; all else was done since.
async fn an_undo_ends_all_that_a_thief_may_have_left(stores: &Stores) {
    let owner = enrolled(stores, 1).await.user;
    let change = IdentifierChange { at: at(91), ..email_change(2, &owner, &email(2)) };
    complete_later(stores, 2, &owner, change.clone(), &email(2)).await;
    let thief = another_session(stores, 3, &account(stores, owner.id).await).await;
    let binding = binding_session(stores, 4, &thief.user).await;
    let number = bindings::schedule(stores, 5, &thief.user).await;
    let app = pending_authenticators::schedule(stores, 6, &thief).await;
    stores.authenticators().replace_recovery(replace_recovery(7, &thief)).await.unwrap();
    let mut flows = Vec::new();
    for (n, flow) in (21..).zip(flows_of(&thief.user, &thief.session, &binding)) {
        flows.push(started(stores, n, flow).await.id);
    }

    let attempt =
        UndoChanges { email: Some(email(1)), since: at(90), now: at(99), ..undo_of(8, &thief.user, &[&change]) };
    let outcome = undo(stores, attempt).await;

    let expected = User { updated_at: at(99), ..signed_out(owner.clone()) };
    assert_eq!(outcome, UndoOutcome::Undone(expected), "with device tokens that are worth nothing");
    assert!(!is_live(stores, thief.session.id).await && !is_live(stores, binding.id).await);
    for flow in flows {
        assert_eq!(challenge_now(stores, flow).await.closed_at, Some(at(99)));
    }
    assert_eq!(pending_number(stores, number.id).await, None);
    assert_eq!(pending_authenticator(stores, app.id).await, None);
    let spent = stores.authenticators().spend(spent_recovery(9, owner.id, &[70])).await.unwrap();
    assert_eq!(spent, SpendOutcome::Refused, "the codes were made since");
    assert_eq!(stores.undos().find(named(&binding), Duration::ZERO).await.unwrap(), None, "its notice was the thief's");
}

async fn a_setup_that_waits_is_undone_too(stores: &Stores) {
    let owner = signed_in(stores, 1).await;
    stores.authenticators().begin(begin_totp(1, &owner)).await.unwrap();
    let change = change_email(stores, 2, &owner.user, &email(2)).await;

    undo(stores, UndoChanges { email: Some(email(1)), ..undo_of(3, &owner.user, &[&change]) }).await;

    assert_eq!(stores.authenticators().find(owner.user.id).await.unwrap(), None);
}
