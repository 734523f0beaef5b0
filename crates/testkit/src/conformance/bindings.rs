//! Sessions that may only bind, and numbers that are pending for a while.

use std::time::Duration;

use doorward_app::{
    binding::{
        ApplyNumber, ApplyOutcome, OpenBinding, OpenBindingOutcome, PendingNumber, ScheduleNumber, ScheduleOutcome,
    },
    sessions::SessionCap,
    totp::{BeginTotp, ChangeOutcome, ConfirmTotp},
    undo::{CancelPending, PendingChange},
};
use doorward_kernel::{AuditEvent, AuditKind, ChangeId};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Challenge, Purpose, Step, Subject, Target};
use doorward_session::{Method, Methods, Scope, Session};
use doorward_user::{IdentifierChange, User};

use super::{
    Stores,
    authenticators::member,
    race::{CALLS, count, race},
    recoveries::{complete_reset, reset_of},
    scene::{
        account, challenge_now, disabled, is_live, is_open, is_recorded, is_waiting, pending_number, registered,
        session_now, signed_in, signed_out, started, traces,
    },
};
use crate::fixtures::{
    at, audit, begin_totp, challenge_of, confirm_totp, id, notice, number_verification, phone, phone_change,
    remove_totp, sealed_seed, session, session_cap,
};

cases![
    a_right_code_opens_a_session_that_may_only_bind,
    a_session_that_may_only_bind_needs_an_open_challenge_and_an_active_account,
    a_session_that_may_only_bind_counts_for_the_cap,
    of_many_right_codes_one_opens_a_session_that_may_only_bind,
    a_number_is_scheduled_and_its_owner_notified,
    a_number_is_not_scheduled_for_a_session_that_has_ended_or_twice,
    a_later_number_takes_the_place_of_the_pending_one,
    what_is_due_is_found_the_longest_due_first,
    a_pending_number_takes_effect_once_and_ends_every_session,
    a_pending_number_that_somebody_verified_meanwhile_is_retried,
    an_objection_ends_every_session_and_closes_all_that_is_under_way,
    what_closes_all_that_is_under_way_cancels_a_pending_number,
    an_app_that_is_confirmed_or_removed_cancels_a_pending_number_save_in_a_session_of_it,
    what_is_forgotten_takes_no_effect,
    of_an_effect_and_an_objection_at_once_one_is_made,
];

fn asked(n: u32, user: &User) -> Challenge {
    challenge_of(n, (Purpose::Bind, Step::EmailCode), Target::Email(user.email.clone()), Subject::Account(user.id))
}

fn opening(n: u32, user: &User, challenge: &Challenge) -> OpenBinding {
    let session = Session { scope: Scope::Binding, ..session(n, user) };
    OpenBinding {
        challenge: challenge.id,
        cap: session_cap(n, user, &session),
        notices: vec![notice(n, NoticeTemplate::BindingOpened, &user.email)],
        now: at(60),
        audit: AuditEvent { user: Some(user.id), ..audit(n, AuditKind::BindingOpened) },
        session,
    }
}

/// Opens a session that may only bind.
pub(super) async fn binding_session(stores: &Stores, n: u32, user: &User) -> Session {
    let open = opening(n, user, &started(stores, n, asked(n, user)).await);
    assert_eq!(stores.bindings().open(open.clone()).await.unwrap(), OpenBindingOutcome::Opened(user.clone()));
    open.session
}

fn pending(n: u32, user: &User) -> PendingNumber {
    let id = ChangeId::from_bytes(id("pending", n));
    PendingNumber { id, user: user.id, number: phone(100 + n), verified_at: at(60), due_at: at(600 + u64::from(n)) }
}

async fn schedule_of(stores: &Stores, n: u32, user: &User) -> ScheduleNumber {
    let step = (Purpose::Bind, Step::PhoneCode);
    let challenge = challenge_of(7000 + n, step, Target::Phone(phone(100 + n)), Subject::Account(user.id));
    ScheduleNumber {
        challenge: started(stores, 7000 + n, challenge).await.id,
        session: None,
        pending: pending(n, user),
        notices: vec![notice(n, NoticeTemplate::NumberHeld, &user.email)],
        now: at(60),
        audit: AuditEvent { user: Some(user.id), ..audit(n, AuditKind::NumberHeld) },
    }
}

/// Holds a number for the account.
pub(super) async fn schedule(stores: &Stores, n: u32, user: &User) -> PendingNumber {
    let hold = schedule_of(stores, n, user).await;
    assert_eq!(stores.bindings().schedule(hold.clone()).await.unwrap(), ScheduleOutcome::Scheduled(user.clone()));
    hold.pending
}

fn effect(n: u32, user: &User, pending: &PendingNumber, drops: &[User]) -> ApplyNumber {
    let change = IdentifierChange { id: pending.id, ..phone_change(n, user, &pending.number) };
    let (pending, number_verification) = (pending.clone(), number_verification(n, user, &pending.number, drops));
    ApplyNumber { pending, number_verification, change, now: at(700) }
}

fn off(n: u32, user: &User, pending: &PendingNumber) -> CancelPending {
    CancelPending {
        change: PendingChange::Number(pending.clone()),
        notices: vec![notice(n, NoticeTemplate::NumberCalledOff, &user.email)],
        now: at(90),
        audit: AuditEvent { user: Some(user.id), ..audit(n, AuditKind::NumberCalledOff) },
    }
}

async fn apply_pending(stores: &Stores, effect: ApplyNumber) -> ApplyOutcome {
    stores.bindings().apply_pending(effect).await.unwrap()
}

async fn a_right_code_opens_a_session_that_may_only_bind(stores: &Stores) {
    let user = registered(stores, 1).await;
    let challenge = started(stores, 2, asked(2, &user)).await;
    let open = opening(2, &user, &challenge);

    assert_eq!(stores.bindings().open(open.clone()).await.unwrap(), OpenBindingOutcome::Opened(user));

    assert_eq!(session_now(stores, open.session.id).await, open.session);
    assert_eq!(challenge_now(stores, challenge.id).await.closed_at, Some(at(60)));
    assert!(is_waiting(stores, &open.notices[0]).await);
    assert!(is_recorded(stores, &open.audit).await);
}

async fn a_session_that_may_only_bind_needs_an_open_challenge_and_an_active_account(stores: &Stores) {
    let user = registered(stores, 1).await;
    let closed = started(stores, 2, Challenge { closed_at: Some(at(1)), ..asked(2, &user) }).await;
    let other = registered(stores, 3).await;
    let late = started(stores, 4, asked(4, &other)).await;
    disabled(stores, 3, other.id).await;
    let before = traces(stores).await;

    assert_eq!(stores.bindings().open(opening(2, &user, &closed)).await.unwrap(), OpenBindingOutcome::Closed);
    assert_eq!(stores.bindings().open(opening(4, &other, &late)).await.unwrap(), OpenBindingOutcome::Closed);

    assert_eq!(traces(stores).await, before);
}

async fn a_session_that_may_only_bind_counts_for_the_cap(stores: &Stores) {
    let member = signed_in(stores, 1).await;
    let challenge = started(stores, 2, asked(2, &member.user)).await;
    let open = opening(2, &member.user, &challenge);

    stores
        .bindings()
        .open(OpenBinding { cap: SessionCap { most: 1, ..open.cap.clone() }, ..open.clone() })
        .await
        .unwrap();

    assert!(!is_live(stores, member.session.id).await);
    assert!(is_live(stores, open.session.id).await);
}

async fn of_many_right_codes_one_opens_a_session_that_may_only_bind(stores: &Stores) {
    let user = registered(stores, 1).await;
    let challenge = started(stores, 2, asked(2, &user)).await;

    let opens = (0..CALLS).map(|i| opening(100 + i, &user, &challenge));
    let outcomes = race(stores, opens, |stores, open| async move { stores.bindings().open(open).await.unwrap() }).await;

    assert_eq!(count(&outcomes, &OpenBindingOutcome::Opened(user)), 1);
}

async fn a_number_is_scheduled_and_its_owner_notified(stores: &Stores) {
    let member = signed_in(stores, 1).await;
    let hold = schedule_of(stores, 2, &member.user).await;

    assert_eq!(
        stores.bindings().schedule(hold.clone()).await.unwrap(),
        ScheduleOutcome::Scheduled(member.user.clone())
    );

    assert_eq!(pending_number(stores, hold.pending.id).await, Some(hold.pending));
    assert_eq!(challenge_now(stores, hold.challenge).await.closed_at, Some(at(60)));
    assert_eq!(account(stores, member.user.id).await, member.user);
    assert!(is_live(stores, member.session.id).await);
    assert!(is_waiting(stores, &hold.notices[0]).await);
    assert!(is_recorded(stores, &hold.audit).await);
}

async fn a_number_is_not_scheduled_for_a_session_that_has_ended_or_twice(stores: &Stores) {
    let member = signed_in(stores, 1).await;
    let spent = schedule_of(stores, 2, &member.user).await;
    stores.bindings().schedule(spent.clone()).await.unwrap();
    let void = ScheduleNumber { session: Some(member.session.id), ..schedule_of(stores, 3, &member.user).await };
    stores.sessions().end(member.session.id, at(10), audit(9, AuditKind::SessionEnded)).await.unwrap();
    let before = traces(stores).await;

    assert_eq!(stores.bindings().schedule(spent.clone()).await.unwrap(), ScheduleOutcome::Closed);
    assert_eq!(stores.bindings().schedule(void).await.unwrap(), ScheduleOutcome::Closed);

    assert_eq!(traces(stores).await, before);
    assert_eq!(pending_number(stores, spent.pending.id).await, Some(spent.pending));
}

async fn a_later_number_takes_the_place_of_the_pending_one(stores: &Stores) {
    let user = signed_in(stores, 1).await.user;
    let first = schedule(stores, 2, &user).await;

    let second = schedule(stores, 3, &user).await;

    assert_eq!(pending_number(stores, first.id).await, None);
    assert_eq!(stores.bindings().find_due(at(9000), 10).await.unwrap(), [second]);
}

async fn what_is_due_is_found_the_longest_due_first(stores: &Stores) {
    let mut due = Vec::new();
    for n in [3, 1, 2] {
        let user = signed_in(stores, n).await.user;
        due.push(schedule(stores, n, &user).await);
    }
    due.sort_by_key(|pending| pending.due_at);

    assert_eq!(stores.bindings().find_due(at(602), 10).await.unwrap(), due[..2]);
    assert_eq!(stores.bindings().find_due(at(603), 1).await.unwrap(), due[..1]);
    assert_eq!(stores.bindings().find_due(at(600), 10).await.unwrap(), []);
}

async fn a_pending_number_takes_effect_once_and_ends_every_session(stores: &Stores) {
    let member = signed_in(stores, 1).await;
    let claimant = signed_in(stores, 2).await.user;
    let pending = PendingNumber { number: phone(2), ..schedule(stores, 3, &member.user).await };
    let effect = effect(3, &member.user, &pending, std::slice::from_ref(&claimant));

    let ApplyOutcome::Changed(user) = apply_pending(stores, effect.clone()).await else { panic!("not changed") };

    assert!(user.has_verified(&phone(2)));
    assert_eq!(user.logins, signed_out(member.user).logins);
    assert_eq!(account(stores, user.id).await, user);
    assert_eq!(account(stores, claimant.id).await.phone, None);
    assert!(!is_live(stores, member.session.id).await);
    let kept = stores.undos().find(pending.id, Duration::from_secs(1)).await.unwrap().unwrap();
    assert_eq!(kept.changes, vec![effect.change.clone()]);
    assert!(is_waiting(stores, &effect.number_verification.notice).await);
    assert_eq!(apply_pending(stores, effect).await, ApplyOutcome::Gone);
}

async fn a_pending_number_that_somebody_verified_meanwhile_is_retried(stores: &Stores) {
    let member = signed_in(stores, 1).await;
    signed_in(stores, 2).await;
    let pending = PendingNumber { number: phone(2), ..schedule(stores, 3, &member.user).await };
    let before = traces(stores).await;

    assert_eq!(apply_pending(stores, effect(3, &member.user, &pending, &[])).await, ApplyOutcome::Taken);

    assert_eq!(traces(stores).await, before);
    assert!(is_live(stores, member.session.id).await);
    assert!(pending_number(stores, pending.id).await.is_some());
}

async fn an_objection_ends_every_session_and_closes_all_that_is_under_way(stores: &Stores) {
    let member = signed_in(stores, 1).await;
    let pending = schedule(stores, 2, &member.user).await;
    let open = started(stores, 3, asked(3, &member.user)).await;
    let off = off(4, &member.user, &pending);

    assert!(stores.undos().cancel(off.clone()).await.unwrap());

    assert_eq!(pending_number(stores, pending.id).await, None);
    assert_eq!(account(stores, member.user.id).await, signed_out(member.user));
    assert!(!is_live(stores, member.session.id).await);
    assert!(!is_open(stores, open.id, at(91)).await);
    assert!(is_waiting(stores, &off.notices[0]).await);
    assert!(is_recorded(stores, &off.audit).await);
    let before = traces(stores).await;
    assert!(!stores.undos().cancel(CancelPending { notices: vec![], ..off }).await.unwrap());
    assert_eq!(traces(stores).await, before);
}

async fn what_closes_all_that_is_under_way_cancels_a_pending_number(stores: &Stores) {
    let (reset, closed) = (signed_in(stores, 1).await.user, signed_in(stores, 2).await.user);
    let pending = [schedule(stores, 1, &reset).await, schedule(stores, 2, &closed).await];
    let challenge = started(stores, 3, reset_of(3, &reset)).await;

    stores.profiles().complete_reset(complete_reset(3, &reset, &challenge)).await.unwrap();
    disabled(stores, 2, closed.id).await;

    for pending in pending {
        assert_eq!(pending_number(stores, pending.id).await, None);
    }
}

/// Whoever has stolen the number logs in by it; that must not cancel the number that takes it from them.
async fn an_app_that_is_confirmed_or_removed_cancels_a_pending_number_save_in_a_session_of_it(stores: &Stores) {
    for (n, method) in [(1, Method::Password), (2, Method::Sms)] {
        let owner = member(stores, n).await;
        let (id, seen) = (owner.session.id, owner.session.methods.clone());
        stores.sessions().note_methods(id, seen, Methods::new(&[method]), at(60)).await.unwrap();
        let begin = BeginTotp { seed: sealed_seed(1), ..begin_totp(n, &owner) };
        stores.authenticators().begin(begin).await.unwrap();
        let is_kept = method == Method::Sms;

        let pending = schedule(stores, n, &owner.user).await;
        let confirm = ConfirmTotp { seed: sealed_seed(1), ..confirm_totp(n, &owner) };
        let confirmed = stores.authenticators().confirm(confirm).await.unwrap();
        let ChangeOutcome::Changed(user) = confirmed else { panic!("not confirmed: {confirmed:?}") };
        assert_eq!(pending_number(stores, pending.id).await.is_some(), is_kept);

        let pending = schedule(stores, 10 + n, &user).await;
        let removed = stores.authenticators().remove(remove_totp(n, &owner)).await.unwrap();
        assert!(matches!(removed, ChangeOutcome::Changed(_)), "{removed:?}");
        assert_eq!(pending_number(stores, pending.id).await.is_some(), is_kept);
    }
}

async fn what_is_forgotten_takes_no_effect(stores: &Stores) {
    let user = signed_in(stores, 1).await.user;
    let pending = schedule(stores, 2, &user).await;

    stores.bindings().forget(pending.id).await.unwrap();

    assert_eq!(apply_pending(stores, effect(2, &user, &pending, &[])).await, ApplyOutcome::Gone);
}

async fn of_an_effect_and_an_objection_at_once_one_is_made(stores: &Stores) {
    for n in 1..=20 {
        let user = signed_in(stores, n).await.user;
        let pending = schedule(stores, n, &user).await;

        let calls = (0..CALLS).map(|i| (i, user.clone(), pending.clone()));
        let made = race(stores, calls, |stores, (i, user, pending)| async move {
            let n = 10_000 + n * 100 + i;
            if i % 2 == 0 {
                matches!(apply_pending(&stores, effect(n, &user, &pending, &[])).await, ApplyOutcome::Changed(_))
            } else {
                stores.undos().cancel(off(n, &user, &pending)).await.unwrap()
            }
        })
        .await;

        assert_eq!(count(&made, &true), 1);
        assert_eq!(pending_number(stores, pending.id).await, None);
    }
}
