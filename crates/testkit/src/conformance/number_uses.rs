//! The last use of a number: logins note it where they are asked to.

use doorward_app::{
    logins::{LoginOutcome, OpenSession},
    operator::{Import, ImportOutcome},
    sessions::SessionCap,
};
use doorward_kernel::{AuditKind, Timestamp};
use doorward_user::{LoginRecord, User};

use super::{
    Stores,
    phone_logins::{login, open},
    scene::{account, is_waiting, signed_in},
};
use crate::fixtures::{at, audit, new_device, open_session, verified_user, verifier};

cases![
    a_login_notes_that_its_number_was_used,
    a_login_that_reaches_the_cap_notes_that_its_number_was_used,
    a_login_notes_the_use_and_tells_of_its_device,
    a_login_that_opens_nothing_notes_no_use,
    an_account_is_taken_over_with_the_use_of_its_number,
];

fn used(user: User, at: Timestamp) -> User {
    User { logins: LoginRecord { number_used_at: Some(at), ..user.logins }, ..user }
}

async fn noting(stores: &Stores, n: u32, user: &User, now: Timestamp) -> OpenSession {
    OpenSession { notes_use: true, now, ..open_session(n, &login(stores, n, user).await, user) }
}

async fn a_login_notes_that_its_number_was_used(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let noted = noting(stores, 2, &owner, at(2)).await;
    let silent = OpenSession { now: at(3), ..open_session(3, &login(stores, 3, &owner).await, &owner) };

    let outcomes = [open(stores, noted).await, open(stores, silent).await];

    let owner = used(owner, at(2));
    assert_eq!(outcomes, [0; 2].map(|_| LoginOutcome::Opened(owner.clone())));
    assert_eq!(account(stores, owner.id).await, owner);
}

async fn a_login_that_reaches_the_cap_notes_that_its_number_was_used(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let opening = noting(stores, 2, &owner, at(2)).await;

    let outcome = open(stores, OpenSession { cap: SessionCap { most: 1, ..opening.cap }, ..opening }).await;

    assert_eq!(outcome, LoginOutcome::Opened(used(owner.clone(), at(2))));
    assert_eq!(account(stores, owner.id).await, used(owner, at(2)));
}

async fn a_login_notes_the_use_and_tells_of_its_device(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let opening = noting(stores, 2, &owner, at(2)).await;

    open(stores, OpenSession { new_device: Some(new_device(2, &owner, at(0))), ..opening }).await;

    let logins = LoginRecord { number_used_at: Some(at(2)), new_device_notified_at: Some(at(2)), ..owner.logins };
    assert_eq!(account(stores, owner.id).await, User { logins, ..owner.clone() });
    assert!(is_waiting(stores, &new_device(2, &owner, at(0)).notice).await);
}

async fn a_login_that_opens_nothing_notes_no_use(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let opening = noting(stores, 2, &owner, at(2)).await;

    let refused = open(stores, OpenSession { checked: Some(verifier(999)), ..opening.clone() }).await;
    let closed = open(stores, opening).await;

    assert_eq!([refused, closed], [LoginOutcome::Refused, LoginOutcome::Closed]);
    assert_eq!(account(stores, owner.id).await, owner);
}

async fn an_account_is_taken_over_with_the_use_of_its_number(stores: &Stores) {
    let user = used(verified_user(1), at(7));
    let import = Import { user: user.clone(), verifier: verifier(1), audit: audit(1, AuditKind::UserImported) };

    let outcomes = stores.accounts().import(vec![import]).await.unwrap();

    assert_eq!(outcomes, [ImportOutcome::Imported]);
    assert_eq!(account(stores, user.id).await, user);
}
