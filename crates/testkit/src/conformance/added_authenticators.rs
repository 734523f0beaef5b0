//! Authenticator apps that are added beside a verified number, later.

use doorward_app::{
    SignedIn,
    factors::Outranked,
    profile::{CompletePhone, IdentifierOutcome, ProfileChange, ProfileOutcome},
    totp::{BeginOutcome, BeginPending, ChangeOutcome, PendingAuthenticator, ScheduleAuthenticator},
};
use doorward_kernel::AuditKind;

use super::{
    Stores,
    authenticators::{enrolled, found, member},
    new_numbers::{asked, change},
    pending_authenticators::{begin_of, schedule, schedule_of, take_of, waiting},
    profiles::new_password,
    scene::{account, is_live, is_recorded, is_waiting, pending_authenticator, traces},
};
use crate::fixtures::{at, audit, begin_totp, phone, sealed_seed, verifier};

cases![
    a_setup_is_scheduled_and_waits_for_its_first_code_no_more,
    no_setup_is_scheduled_of_another_seed_session_or_account,
    what_is_added_pushes_aside_what_replaces_nothing_and_nothing_else,
    an_app_that_is_added_counts_when_it_is_due_and_ends_no_session,
    an_app_that_replaces_the_number_outlives_what_is_done_in_its_sessions,
    an_app_that_is_added_is_called_off_by_a_new_password,
];

/// The app of setup `n`, to be pending without replacing anything.
fn addition(n: u32, owner: &SignedIn) -> ScheduleAuthenticator {
    let hold = schedule_of(1000 + n, owner);
    ScheduleAuthenticator {
        pending: PendingAuthenticator { seed: sealed_seed(n), replaces: None, ..hold.pending },
        ..hold
    }
}

/// Sets an app up and holds it, without replacing anything.
async fn add(stores: &Stores, n: u32, owner: &SignedIn) -> PendingAuthenticator {
    stores.authenticators().begin(begin_totp(n, owner)).await.unwrap();
    let hold = addition(n, owner);
    assert_eq!(
        stores.pending_authenticators().schedule_setup(hold.clone()).await.unwrap(),
        ChangeOutcome::Changed(owner.user.clone())
    );
    hold.pending
}

async fn a_setup_is_scheduled_and_waits_for_its_first_code_no_more(stores: &Stores) {
    let owner = member(stores, 1).await;

    let pending = add(stores, 1, &owner).await;

    assert_eq!(stores.pending_authenticators().find_of(owner.user.id).await.unwrap(), Some(pending));
    assert_eq!(found(stores, owner.user.id).await, None);
    assert!(!account(stores, owner.user.id).await.has_totp() && is_live(stores, owner.session.id).await);
    let told = addition(1, &owner);
    assert!(is_waiting(stores, &told.notices[0]).await && is_recorded(stores, &told.audit).await);
}

async fn no_setup_is_scheduled_of_another_seed_session_or_account(stores: &Stores) {
    let (owner, left, enrolled) = (member(stores, 1).await, member(stores, 2).await, enrolled(stores, 3).await);
    for (n, owner) in [(1, &owner), (2, &left)] {
        stores.authenticators().begin(begin_totp(n, owner)).await.unwrap();
    }
    stores.sessions().end(left.session.id, at(10), audit(9, AuditKind::SessionEnded)).await.unwrap();
    let before = traces(stores).await;

    assert_eq!(
        stores.pending_authenticators().schedule_setup(addition(8, &owner)).await.unwrap(),
        ChangeOutcome::Conflict
    );
    assert_eq!(
        stores.pending_authenticators().schedule_setup(addition(1, &enrolled)).await.unwrap(),
        ChangeOutcome::Conflict
    );
    assert_eq!(
        stores.pending_authenticators().schedule_setup(addition(2, &left)).await.unwrap(),
        ChangeOutcome::SessionEnded
    );

    assert_eq!(traces(stores).await, before);
    assert_eq!(stores.pending_authenticators().find_of(owner.user.id).await.unwrap(), None);
}

async fn what_is_added_pushes_aside_what_replaces_nothing_and_nothing_else(stores: &Stores) {
    let (adds, replaces) = (member(stores, 1).await, member(stores, 2).await);
    add(stores, 1, &adds).await;
    let kept = schedule(stores, 2, &replaces).await;
    stores.authenticators().begin(begin_totp(5, &replaces)).await.unwrap();
    let before = traces(stores).await;

    assert_eq!(
        stores.pending_authenticators().schedule_setup(addition(5, &replaces)).await.unwrap(),
        ChangeOutcome::Conflict
    );

    assert_eq!(traces(stores).await, before);
    assert_eq!(stores.pending_authenticators().find_of(replaces.user.id).await.unwrap(), Some(kept));
    assert_eq!(found(stores, replaces.user.id).await.map(|setup| setup.seed), Some(sealed_seed(5)));
    let second = add(stores, 3, &adds).await;
    assert_eq!(stores.pending_authenticators().find_of(adds.user.id).await.unwrap(), Some(second));
}

async fn an_app_that_is_added_counts_when_it_is_due_and_ends_no_session(stores: &Stores) {
    let owner = member(stores, 1).await;
    let pending = add(stores, 1, &owner).await;

    let taken = stores.pending_authenticators().apply_pending(take_of(1, &owner.user, &pending)).await.unwrap();

    assert!(matches!(taken, ChangeOutcome::Changed(user) if user.totp_enabled_at == Some(at(700))));
    assert_eq!(found(stores, owner.user.id).await.map(|app| app.seed), Some(pending.seed));
    assert!(is_live(stores, owner.session.id).await);
}

/// Whoever has stolen the number logs in by it; that must not cancel the app that takes it from them.
async fn an_app_that_replaces_the_number_outlives_what_is_done_in_its_sessions(stores: &Stores) {
    let owner = member(stores, 1).await;
    let begin = BeginPending {
        pending: PendingAuthenticator { replaces: Some(Outranked::Number), ..waiting(1, &owner.user) },
        ..begin_of(1, &owner)
    };
    assert_eq!(stores.pending_authenticators().begin(begin.clone()).await.unwrap(), BeginOutcome::Begun);
    let password = ProfileChange { checked: verifier(1), ..new_password(5, &owner.session) };

    assert!(matches!(stores.profiles().change(password).await.unwrap(), ProfileOutcome::Changed(_)));
    let number = asked(stores, 15, &owner.user, &phone(15)).await;
    let number = CompletePhone { session: Some(owner.session.id), ..number };
    assert!(matches!(change(stores, number).await, IdentifierOutcome::Changed(_)));

    assert_eq!(pending_authenticator(stores, begin.pending.id).await, Some(begin.pending));
}

async fn an_app_that_is_added_is_called_off_by_a_new_password(stores: &Stores) {
    let owner = member(stores, 1).await;
    let pending = add(stores, 1, &owner).await;

    let password = ProfileChange { checked: verifier(1), ..new_password(5, &owner.session) };
    assert!(matches!(stores.profiles().change(password).await.unwrap(), ProfileOutcome::Changed(_)));

    assert_eq!(pending_authenticator(stores, pending.id).await, None);
}
