//! Authenticator apps: begun, confirmed and removed.

use doorward_app::{
    SignedIn,
    registration::{CompleteRegistration, RegistrationOutcome},
    totp::{
        Authenticator, BeginOutcome, BeginTotp, ChangeOutcome, ConfirmTotp, RemoveTotp, ReplaceRecovery, SpendOutcome,
    },
};
use doorward_kernel::{AuditKind, UserId};
use doorward_otp::TimeStep;
use doorward_user::User;

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
    scene::{account, another_session, disabled, is_recorded, is_waiting, signed_in, traces},
};
use crate::fixtures::{
    at, audit, begin_totp, complete_registration, confirm_totp, remove_totp, replace_recovery, sealed_seed,
    spent_recovery, start_registration, user, verifier,
};

cases![
    there_is_none_before_one_is_begun,
    an_app_that_is_begun_waits_and_is_no_factor,
    beginning_anew_takes_the_place_of_what_waits,
    a_confirmed_app_is_not_begun_anew,
    nothing_is_begun_for_an_account_that_is_not_active,
    nothing_is_changed_from_a_session_that_has_ended,
    nothing_is_changed_by_a_password_that_changed_in_between,
    a_confirmation_switches_the_app_on,
    a_confirmation_of_another_setup_is_lost,
    a_confirmation_that_fails_leaves_nothing,
    of_many_confirmations_at_once_one_counts,
    a_removal_takes_the_app_and_its_recovery_codes,
    a_removal_of_another_setup_is_lost,
    of_many_removals_at_once_one_counts,
];

/// Makes account `n`, with verifier 1, a session and a confirmed app of seed 1 and recovery codes 10 to 19.
pub(super) async fn enrolled(stores: &Stores, n: u32) -> SignedIn {
    let member = member(stores, n).await;
    // A number of its own for each account, so that no event is written twice.
    let begin = BeginTotp { seed: sealed_seed(1), ..begin_totp(2000 + n, &member) };
    assert_eq!(stores.authenticators().begin(begin).await.unwrap(), BeginOutcome::Begun);
    let digests = confirm_totp(1, &member).digests;
    let confirm = ConfirmTotp { seed: sealed_seed(1), digests, ..confirm_totp(2000 + n, &member) };
    match stores.authenticators().confirm(confirm).await.unwrap() {
        ChangeOutcome::Changed(user) => SignedIn { user, ..member },
        ChangeOutcome::SessionEnded | ChangeOutcome::Conflict => panic!("the app was not confirmed"),
    }
}

/// Makes account `n` with verifier 1 and a session.
pub(super) async fn member(stores: &Stores, n: u32) -> SignedIn {
    let user = user(n);
    stores.registrations().start(start_registration(n, &user)).await.unwrap();
    let complete = CompleteRegistration { verifier: verifier(1), ..complete_registration(n, &user) };
    assert_eq!(stores.registrations().complete(complete).await.unwrap(), RegistrationOutcome::Registered);
    another_session(stores, n, &user).await
}

pub(super) async fn found(stores: &Stores, user: UserId) -> Option<Authenticator> {
    stores.authenticators().find(user).await.unwrap()
}

async fn begin(stores: &Stores, n: u32, member: &SignedIn) {
    assert_eq!(stores.authenticators().begin(begin_totp(n, member)).await.unwrap(), BeginOutcome::Begun);
}

fn waiting(n: u32, user: UserId) -> Authenticator {
    Authenticator { user, seed: sealed_seed(n), created_at: at(60), confirmed_at: None, last_step: None }
}

async fn there_is_none_before_one_is_begun(stores: &Stores) {
    let user = signed_in(stores, 1).await.user.id;

    assert_eq!(found(stores, user).await, None);
}

async fn an_app_that_is_begun_waits_and_is_no_factor(stores: &Stores) {
    let member = member(stores, 1).await;
    let user = member.user.clone();

    begin(stores, 1, &member).await;

    assert_eq!(found(stores, user.id).await, Some(waiting(1, user.id)));
    assert_eq!(account(stores, user.id).await, user);
    assert!(is_recorded(stores, &begin_totp(1, &member).audit).await);
}

async fn beginning_anew_takes_the_place_of_what_waits(stores: &Stores) {
    let member = member(stores, 1).await;
    let user = member.user.id;
    begin(stores, 1, &member).await;

    begin(stores, 2, &member).await;

    assert_eq!(found(stores, user).await, Some(waiting(2, user)));
}

async fn a_confirmed_app_is_not_begun_anew(stores: &Stores) {
    let member = enrolled(stores, 1).await;
    let user = member.user.clone();
    let (before, traces_before) = (found(stores, user.id).await, traces(stores).await);

    assert_eq!(stores.authenticators().begin(begin_totp(9, &member)).await.unwrap(), BeginOutcome::Refused);

    assert_eq!(found(stores, user.id).await, before);
    assert_eq!(traces(stores).await, traces_before);
}

async fn nothing_is_begun_for_an_account_that_is_not_active(stores: &Stores) {
    let closed = member(stores, 1).await;
    disabled(stores, 1, closed.user.id).await;
    let nobody = SignedIn { user: user(9), ..closed.clone() };

    for member in [closed, nobody] {
        assert_eq!(stores.authenticators().begin(begin_totp(1, &member)).await.unwrap(), BeginOutcome::SessionEnded);
        assert_eq!(found(stores, member.user.id).await, None);
    }
}

async fn nothing_is_changed_from_a_session_that_has_ended(stores: &Stores) {
    let (waits, enrolled) = (member(stores, 1).await, enrolled(stores, 2).await);
    begin(stores, 1, &waits).await;
    for (n, session) in (1..).zip([&waits.session, &enrolled.session]) {
        stores.sessions().end(session.id, at(70), audit(n, AuditKind::SessionEnded)).await.unwrap();
    }
    let before = traces(stores).await;

    assert_eq!(stores.authenticators().begin(begin_totp(2, &waits)).await.unwrap(), BeginOutcome::SessionEnded);
    for outcome in [
        stores.authenticators().confirm(confirm_totp(1, &waits)).await.unwrap(),
        stores.authenticators().replace_recovery(replace_recovery(2, &enrolled)).await.unwrap(),
        stores.authenticators().remove(remove_totp(1, &enrolled)).await.unwrap(),
    ] {
        assert_eq!(outcome, ChangeOutcome::SessionEnded);
    }

    assert_eq!(found(stores, waits.user.id).await, Some(waiting(1, waits.user.id)));
    assert_eq!(account(stores, enrolled.user.id).await, enrolled.user);
    assert_eq!(traces(stores).await, before);
}

async fn nothing_is_changed_by_a_password_that_changed_in_between(stores: &Stores) {
    let member = enrolled(stores, 1).await;
    let before = traces(stores).await;
    let replace = ReplaceRecovery { checked: verifier(8), ..replace_recovery(2, &member) };
    let remove = RemoveTotp { checked: verifier(8), ..remove_totp(1, &member) };

    assert_eq!(stores.authenticators().replace_recovery(replace).await.unwrap(), ChangeOutcome::Conflict);
    assert_eq!(stores.authenticators().remove(remove).await.unwrap(), ChangeOutcome::Conflict);

    assert_eq!(account(stores, member.user.id).await, member.user);
    assert_eq!(traces(stores).await, before);
}

async fn a_confirmation_switches_the_app_on(stores: &Stores) {
    let member = member(stores, 1).await;
    let user = member.user.clone();
    begin(stores, 1, &member).await;

    let outcome = stores.authenticators().confirm(confirm_totp(1, &member)).await.unwrap();

    let expected = User { totp_enabled_at: Some(at(90)), updated_at: at(90), ..user.clone() };
    assert_eq!(outcome, ChangeOutcome::Changed(expected.clone()));
    assert_eq!(account(stores, user.id).await, expected);
    let active = Authenticator { confirmed_at: Some(at(90)), last_step: Some(TimeStep(100)), ..waiting(1, user.id) };
    assert_eq!(found(stores, user.id).await, Some(active));
    assert!(is_waiting(stores, &confirm_totp(1, &member).notice).await);
    assert!(is_recorded(stores, &confirm_totp(1, &member).audit).await);
}

async fn a_confirmation_of_another_setup_is_lost(stores: &Stores) {
    let member = member(stores, 1).await;
    let user = member.user.clone();
    begin(stores, 1, &member).await;
    begin(stores, 2, &member).await;
    let before = traces(stores).await;

    assert_eq!(stores.authenticators().confirm(confirm_totp(1, &member)).await.unwrap(), ChangeOutcome::Conflict);

    assert_eq!(found(stores, user.id).await, Some(waiting(2, user.id)));
    assert_eq!((account(stores, user.id).await, traces(stores).await), (user, before));
}

async fn a_confirmation_that_fails_leaves_nothing(stores: &Stores) {
    let [first, second] = [member(stores, 1).await, member(stores, 2).await];
    begin(stores, 1, &first).await;
    begin(stores, 2, &second).await;
    stores.authenticators().confirm(confirm_totp(2, &second)).await.unwrap();
    let same_notice = ConfirmTotp { notice: confirm_totp(2, &second).notice, ..confirm_totp(1, &first) };

    assert!(stores.authenticators().confirm(same_notice).await.is_err());

    assert_eq!(found(stores, first.user.id).await, Some(waiting(1, first.user.id)));
    assert_eq!(account(stores, first.user.id).await, first.user);
    let confirmed = stores.authenticators().confirm(confirm_totp(1, &first)).await.unwrap();
    assert!(matches!(confirmed, ChangeOutcome::Changed(_)));
}

async fn of_many_confirmations_at_once_one_counts(stores: &Stores) {
    for round in 1..=ROUNDS {
        let member = member(stores, round).await;
        begin(stores, round, &member).await;

        let calls =
            (0..CALLS).map(|i| ConfirmTotp { seed: sealed_seed(round), ..confirm_totp(round * 100 + i, &member) });
        let confirm = |stores: Stores, confirm| async move { stores.authenticators().confirm(confirm).await.unwrap() };
        let outcomes = race(stores, calls, confirm).await;

        assert_eq!(count(&outcomes, &ChangeOutcome::Conflict), outcomes.len() - 1);
    }
}

async fn a_removal_takes_the_app_and_its_recovery_codes(stores: &Stores) {
    let member = enrolled(stores, 1).await;
    let user = member.user.clone();

    let outcome = stores.authenticators().remove(remove_totp(1, &member)).await.unwrap();

    let expected = User { totp_enabled_at: None, updated_at: at(180), ..user.clone() };
    assert_eq!(outcome, ChangeOutcome::Changed(expected.clone()));
    assert_eq!(account(stores, user.id).await, expected);
    assert_eq!(found(stores, user.id).await, None);
    assert!(is_waiting(stores, &remove_totp(1, &member).notice).await);
    assert!(is_recorded(stores, &remove_totp(1, &member).audit).await);
    // Not even those of an app with the same seed are good again.
    begin(stores, 1, &member).await;
    let confirm = ConfirmTotp { digests: Vec::new(), ..confirm_totp(1, &member) };
    stores.authenticators().confirm(confirm).await.unwrap();
    let spent = stores.authenticators().spend(spent_recovery(1, user.id, &[10])).await.unwrap();
    assert_eq!(spent, SpendOutcome::Refused);
}

async fn a_removal_of_another_setup_is_lost(stores: &Stores) {
    let (enrolled, waits) = (enrolled(stores, 1).await, member(stores, 2).await);
    begin(stores, 1, &waits).await;
    let nobody = SignedIn { user: user(9), ..enrolled.clone() };
    let before = traces(stores).await;
    let other = RemoveTotp { seed: sealed_seed(9), ..remove_totp(1, &enrolled) };

    for attempt in [other, remove_totp(2, &waits), remove_totp(3, &nobody)] {
        assert_eq!(stores.authenticators().remove(attempt).await.unwrap(), ChangeOutcome::Conflict);
    }

    assert_eq!(account(stores, enrolled.user.id).await, enrolled.user);
    assert_eq!(account(stores, waits.user.id).await, waits.user);
    assert_eq!(traces(stores).await, before);
}

async fn of_many_removals_at_once_one_counts(stores: &Stores) {
    for round in 1..=ROUNDS {
        let member = enrolled(stores, round).await;

        let calls = (0..CALLS).map(|i| remove_totp(round * 100 + i, &member));
        let remove = |stores: Stores, remove| async move { stores.authenticators().remove(remove).await.unwrap() };
        let outcomes = race(stores, calls, remove).await;

        assert_eq!(count(&outcomes, &ChangeOutcome::Conflict), outcomes.len() - 1);
    }
}
