//! Authenticator apps that take the place of a lost one later.

use doorward_app::{
    SignedIn,
    factors::Outranked,
    profile::IdentifierOutcome,
    totp::{
        ApplyAuthenticator, BeginOutcome, BeginPending, ChangeOutcome, Due, PendingAuthenticator,
        ScheduleAuthenticator, SpendOutcome,
    },
    undo::{CancelPending, PendingChange},
};
use doorward_kernel::{AuditEvent, AuditKind, ChangeId, EpochId};
use doorward_notifier::NoticeTemplate;
use doorward_otp::TimeStep;
use doorward_user::User;

use super::{
    Stores,
    authenticators::{enrolled, found, member},
    new_numbers::{asked, change},
    race::{CALLS, count, race},
    recoveries::{complete_reset, reset_of},
    scene::{
        account, disabled, far, is_live, is_recorded, is_waiting, pending_authenticator, signed_out, started, traces,
    },
};
use crate::fixtures::{
    at, audit, begin_totp, confirm_totp, id, notice, phone, remove_totp, sealed_seed, spent_recovery,
};

cases![
    an_app_waits_beside_the_confirmed_one_and_is_scheduled_by_its_first_code,
    nothing_is_pending_where_there_is_no_account_or_no_session,
    an_app_that_was_pending_where_there_was_none_is_the_first,
    an_app_that_is_confirmed_cancels_any_that_was_begun_before,
    of_an_app_confirmed_and_one_due_at_once_one_counts,
    beginning_anew_takes_the_place_of_what_is_pending,
    apps_that_are_due_are_found_the_longest_due_first,
    an_app_that_is_due_replaces_the_lost_one_once,
    an_app_that_is_pending_is_no_setup,
    an_app_that_waits_for_its_first_code_takes_no_effect,
    an_objection_keeps_the_app_and_ends_every_session,
    resets_removals_new_numbers_and_disabling_cancel_a_pending_authenticator,
    who_is_signed_out_or_deleted_has_nothing_pending,
    of_effects_and_objections_at_once_one_is_made,
];

fn event(n: u32, user: &User, kind: AuditKind) -> AuditEvent {
    AuditEvent { user: Some(user.id), ..audit(n, kind) }
}

pub(super) fn waiting(n: u32, user: &User) -> PendingAuthenticator {
    let id = ChangeId::from_bytes(id("pending authenticator", n));
    PendingAuthenticator {
        id,
        user: user.id,
        seed: sealed_seed(50 + n),
        replaces: Some(Outranked::Authenticator),
        begun_at: at(60),
        due: None,
    }
}

fn due(pending: PendingAuthenticator, second: u64) -> PendingAuthenticator {
    PendingAuthenticator { due: Some(Due { step: TimeStep(200), at: at(second) }), ..pending }
}

pub(super) fn begin_of(n: u32, owner: &SignedIn) -> BeginPending {
    let pending = waiting(n, &owner.user);
    BeginPending { pending, session: owner.session.id, audit: event(8000 + n, &owner.user, AuditKind::TotpBegun) }
}

pub(super) fn schedule_of(n: u32, owner: &SignedIn) -> ScheduleAuthenticator {
    ScheduleAuthenticator {
        pending: due(waiting(n, &owner.user), 600 + u64::from(n)),
        session: owner.session.id,
        notices: vec![notice(8000 + n, NoticeTemplate::AuthenticatorHeld, &owner.user.email)],
        audit: event(8000 + n, &owner.user, AuditKind::TotpHeld),
    }
}

/// Holds an app for an account that has one.
pub(super) async fn schedule(stores: &Stores, n: u32, owner: &SignedIn) -> PendingAuthenticator {
    assert_eq!(stores.pending_authenticators().begin(begin_of(n, owner)).await.unwrap(), BeginOutcome::Begun);
    let hold = schedule_of(n, owner);
    let outcome = stores.pending_authenticators().schedule(hold.clone()).await.unwrap();
    assert!(matches!(outcome, ChangeOutcome::Changed(_)), "{outcome:?}");
    hold.pending
}

pub(super) fn take_of(n: u32, user: &User, pending: &PendingAuthenticator) -> ApplyAuthenticator {
    ApplyAuthenticator {
        pending: pending.clone(),
        notice: notice(9000 + n, NoticeTemplate::TotpAdded, &user.email),
        now: at(700),
        audit: event(9000 + n, user, AuditKind::TotpReplaced),
    }
}

fn off(n: u32, user: &User, pending: &PendingAuthenticator) -> CancelPending {
    CancelPending {
        change: PendingChange::Authenticator(pending.clone()),
        notices: vec![notice(9000 + n, NoticeTemplate::AuthenticatorCalledOff, &user.email)],
        now: at(90),
        audit: event(9000 + n, user, AuditKind::TotpCalledOff),
    }
}

async fn an_app_waits_beside_the_confirmed_one_and_is_scheduled_by_its_first_code(stores: &Stores) {
    let owner = enrolled(stores, 1).await;
    let app = found(stores, owner.user.id).await;

    assert_eq!(stores.pending_authenticators().begin(begin_of(1, &owner)).await.unwrap(), BeginOutcome::Begun);
    assert_eq!(stores.pending_authenticators().find_of(owner.user.id).await.unwrap(), Some(waiting(1, &owner.user)));
    let hold = schedule_of(1, &owner);
    assert_eq!(
        stores.pending_authenticators().schedule(hold.clone()).await.unwrap(),
        ChangeOutcome::Changed(owner.user.clone())
    );

    assert_eq!(pending_authenticator(stores, hold.pending.id).await, Some(hold.pending.clone()));
    assert_eq!(found(stores, owner.user.id).await, app);
    assert!(is_live(stores, owner.session.id).await);
    assert!(is_waiting(stores, &hold.notices[0]).await && is_recorded(stores, &hold.audit).await);
    assert_eq!(
        stores.pending_authenticators().schedule(hold).await.unwrap(),
        ChangeOutcome::Conflict,
        "it waits no more"
    );
}

async fn nothing_is_pending_where_there_is_no_account_or_no_session(stores: &Stores) {
    let (closed, ended) = (enrolled(stores, 2).await, enrolled(stores, 3).await);
    disabled(stores, 2, closed.user.id).await;
    stores.sessions().end(ended.session.id, at(10), audit(9, AuditKind::SessionEnded)).await.unwrap();
    let before = traces(stores).await;

    for (n, owner) in [(2, &closed), (3, &ended)] {
        assert_eq!(
            stores.pending_authenticators().begin(begin_of(n, owner)).await.unwrap(),
            BeginOutcome::SessionEnded
        );
    }

    assert_eq!(traces(stores).await, before);
}

async fn an_app_that_was_pending_where_there_was_none_is_the_first(stores: &Stores) {
    // The second account has one that waits for its first code, too.
    let (bare, begun) = (member(stores, 1).await, member(stores, 2).await);
    stores.authenticators().begin(begin_totp(2, &begun)).await.unwrap();

    for (n, owner) in [(1, &bare), (2, &begun)] {
        let pending = schedule(stores, n, owner).await;
        let taken = stores.pending_authenticators().apply_pending(take_of(n, &owner.user, &pending)).await.unwrap();

        assert!(matches!(taken, ChangeOutcome::Changed(user) if user.totp_enabled_at == Some(at(700))));
        let app = found(stores, owner.user.id).await.unwrap();
        assert_eq!((app.seed, app.confirmed_at, app.last_step), (pending.seed, Some(at(700)), Some(TimeStep(200))));
        assert!(!is_live(stores, owner.session.id).await);
    }
}

/// Whatever it replaces, and in a session of the number, too: what was begun before a stronger login must not take
/// the place of what came with it.
async fn an_app_that_is_confirmed_cancels_any_that_was_begun_before(stores: &Stores) {
    for (n, replaces) in [(1, Outranked::Number), (2, Outranked::Authenticator)] {
        let owner = member(stores, n).await;
        let begin = begin_of(n, &owner);
        let begin =
            BeginPending { pending: PendingAuthenticator { replaces: Some(replaces), ..begin.pending }, ..begin };
        let pending = begin.pending.clone();
        assert_eq!(stores.pending_authenticators().begin(begin).await.unwrap(), BeginOutcome::Begun);
        if n == 1 {
            stores.pending_authenticators().schedule(schedule_of(n, &owner)).await.unwrap();
        }
        stores.authenticators().begin(begin_totp(n, &owner)).await.unwrap();

        let confirmed = stores.authenticators().confirm(confirm_totp(n, &owner)).await.unwrap();

        assert!(matches!(confirmed, ChangeOutcome::Changed(_)), "{confirmed:?}");
        assert_eq!(pending_authenticator(stores, pending.id).await, None);
        assert_eq!(
            stores.pending_authenticators().schedule(schedule_of(n, &owner)).await.unwrap(),
            ChangeOutcome::Conflict
        );
        let taken =
            stores.pending_authenticators().apply_pending(take_of(n, &owner.user, &due(pending, 600))).await.unwrap();
        assert_eq!(taken, ChangeOutcome::Conflict);
        assert_eq!(found(stores, owner.user.id).await.map(|app| app.seed), Some(sealed_seed(n)));
    }
}

async fn of_an_app_confirmed_and_one_due_at_once_one_counts(stores: &Stores) {
    for n in 1..=20 {
        let owner = member(stores, n).await;
        let pending = schedule(stores, n, &owner).await;
        stores.authenticators().begin(begin_totp(n, &owner)).await.unwrap();

        let calls = (0..CALLS).map(|i| (i, owner.clone(), pending.clone()));
        let made = race(stores, calls, |stores, (i, owner, pending)| async move {
            let made = if i % 2 == 0 {
                stores.authenticators().confirm(confirm_totp(n, &owner)).await.unwrap()
            } else {
                stores
                    .pending_authenticators()
                    .apply_pending(take_of(10_000 + n * 100 + i, &owner.user, &pending))
                    .await
                    .unwrap()
            };
            matches!(made, ChangeOutcome::Changed(_))
        })
        .await;

        assert_eq!(count(&made, &true), 1);
        assert_eq!(stores.pending_authenticators().find_of(owner.user.id).await.unwrap(), None);
    }
}

async fn beginning_anew_takes_the_place_of_what_is_pending(stores: &Stores) {
    let owner = enrolled(stores, 1).await;
    let first = schedule(stores, 1, &owner).await;

    assert_eq!(stores.pending_authenticators().begin(begin_of(2, &owner)).await.unwrap(), BeginOutcome::Begun);

    assert_eq!(pending_authenticator(stores, first.id).await, None);
    assert_eq!(stores.pending_authenticators().find_due(at(9000), 10).await.unwrap(), []);
    assert_eq!(
        stores.pending_authenticators().schedule(schedule_of(1, &owner)).await.unwrap(),
        ChangeOutcome::Conflict
    );
}

async fn apps_that_are_due_are_found_the_longest_due_first(stores: &Stores) {
    let mut pending = Vec::new();
    for n in [3, 1, 2] {
        let owner = enrolled(stores, n).await;
        pending.push(schedule(stores, n, &owner).await);
    }
    pending.sort_by_key(|pending| pending.due.map(|due| due.at));

    assert_eq!(stores.pending_authenticators().find_due(at(602), 10).await.unwrap(), pending[..2]);
    assert_eq!(stores.pending_authenticators().find_due(at(603), 1).await.unwrap(), pending[..1]);
    assert_eq!(stores.pending_authenticators().find_due(at(600), 10).await.unwrap(), []);
}

async fn an_app_that_is_due_replaces_the_lost_one_once(stores: &Stores) {
    let owner = enrolled(stores, 1).await;
    let pending = schedule(stores, 1, &owner).await;
    let take = take_of(1, &owner.user, &pending);

    let ChangeOutcome::Changed(user) = stores.pending_authenticators().apply_pending(take.clone()).await.unwrap()
    else {
        panic!("not changed")
    };

    assert_eq!((user.totp_enabled_at, account(stores, user.id).await), (Some(at(700)), user.clone()));
    assert_eq!(user.logins, signed_out(owner.user).logins);
    let app = found(stores, user.id).await.unwrap();
    assert_eq!((app.seed, app.confirmed_at, app.last_step), (pending.seed, Some(at(700)), Some(TimeStep(200))));
    assert!(!is_live(stores, owner.session.id).await);
    let spent = stores.authenticators().spend(spent_recovery(1, user.id, &[10])).await.unwrap();
    assert_eq!(spent, SpendOutcome::Refused);
    assert!(is_waiting(stores, &take.notice).await && is_recorded(stores, &take.audit).await);
    assert_eq!(stores.pending_authenticators().apply_pending(take).await.unwrap(), ChangeOutcome::Conflict);
}

async fn an_app_that_is_pending_is_no_setup(stores: &Stores) {
    let owner = enrolled(stores, 1).await;
    let pending = schedule(stores, 1, &owner).await;

    assert_eq!(stores.pending_authenticators().purge_setups(far(), 10).await.unwrap(), 0);
    assert_eq!(pending_authenticator(stores, pending.id).await, Some(pending));
}

async fn an_app_that_waits_for_its_first_code_takes_no_effect(stores: &Stores) {
    let owner = enrolled(stores, 1).await;
    stores.pending_authenticators().begin(begin_of(1, &owner)).await.unwrap();
    let before = traces(stores).await;

    let take = take_of(1, &owner.user, &waiting(1, &owner.user));
    assert_eq!(stores.pending_authenticators().apply_pending(take).await.unwrap(), ChangeOutcome::Conflict);

    assert_eq!(traces(stores).await, before);
}

async fn an_objection_keeps_the_app_and_ends_every_session(stores: &Stores) {
    let owner = enrolled(stores, 1).await;
    let pending = schedule(stores, 1, &owner).await;
    let app = found(stores, owner.user.id).await;
    let off = off(1, &owner.user, &pending);

    assert!(stores.undos().cancel(off.clone()).await.unwrap());

    assert_eq!(pending_authenticator(stores, pending.id).await, None);
    assert_eq!(found(stores, owner.user.id).await, app);
    assert_eq!(account(stores, owner.user.id).await, signed_out(owner.user));
    assert!(!is_live(stores, owner.session.id).await);
    assert!(is_waiting(stores, &off.notices[0]).await && is_recorded(stores, &off.audit).await);
    let before = traces(stores).await;
    assert!(!stores.undos().cancel(CancelPending { notices: vec![], ..off }).await.unwrap());
    assert_eq!(traces(stores).await, before);
}

async fn resets_removals_new_numbers_and_disabling_cancel_a_pending_authenticator(stores: &Stores) {
    let owners =
        [enrolled(stores, 1).await, enrolled(stores, 2).await, enrolled(stores, 3).await, enrolled(stores, 4).await];
    let mut pending = Vec::new();
    for (n, owner) in (1..).zip(&owners) {
        pending.push(schedule(stores, n, owner).await.id);
    }
    let reset = started(stores, 14, reset_of(14, &owners[0].user)).await;
    let attempt = asked(stores, 15, &owners[3].user, &phone(15)).await;

    stores.profiles().complete_reset(complete_reset(14, &owners[0].user, &reset)).await.unwrap();
    stores.authenticators().remove(remove_totp(2, &owners[1])).await.unwrap();
    disabled(stores, 3, owners[2].user.id).await;
    assert!(matches!(change(stores, attempt).await, IdentifierOutcome::Changed(_)));

    for id in pending {
        assert_eq!(pending_authenticator(stores, id).await, None);
    }
}

async fn who_is_signed_out_or_deleted_has_nothing_pending(stores: &Stores) {
    let [left, gone] = [enrolled(stores, 1).await, enrolled(stores, 2).await];
    let pending = [schedule(stores, 1, &left).await, schedule(stores, 2, &gone).await];

    let audit = event(1, &left.user, AuditKind::SessionsEnded);
    stores.accounts().end_sessions(left.user.id, at(90), audit).await.unwrap();
    stores.accounts().delete(gone.user.id, event(2, &gone.user, AuditKind::UserDeleted)).await.unwrap();

    for pending in pending {
        assert_eq!(pending_authenticator(stores, pending.id).await, None);
    }
    assert_eq!(stores.key_epochs().count_seeds(EpochId(1)).await.unwrap(), 1);
}

async fn of_effects_and_objections_at_once_one_is_made(stores: &Stores) {
    for n in 1..=20 {
        let owner = enrolled(stores, n).await;
        let pending = schedule(stores, n, &owner).await;

        let calls = (0..CALLS).map(|i| (i, owner.user.clone(), pending.clone()));
        let made = race(stores, calls, |stores, (i, user, pending)| async move {
            let n = 10_000 + n * 100 + i;
            if i % 2 == 0 {
                let taken = stores.pending_authenticators().apply_pending(take_of(n, &user, &pending)).await.unwrap();
                matches!(taken, ChangeOutcome::Changed(_))
            } else {
                stores.undos().cancel(off(n, &user, &pending)).await.unwrap()
            }
        })
        .await;

        assert_eq!(count(&made, &true), 1);
        assert_eq!(pending_authenticator(stores, pending.id).await, None);
    }
}
