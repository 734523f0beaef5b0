//! Notices to owners about logins from unknown devices, at most one per cooldown.

use doorward_app::{
    logins::{LoginOutcome, OpenSession, Opening, PasswordOutcome, RightPassword, Then},
    sessions::{NewDevice, SessionCap},
};
use doorward_kernel::{AuditKind, Timestamp};
use doorward_user::{LoginRecord, User};

use super::{
    Stores,
    phone_logins::{claimant, login, open, verifying},
    race::{CALLS, ROUNDS, race},
    scene::{account, is_id_waiting, is_leased_until, is_waiting, signed_in, traces},
};
use crate::fixtures::{at, audit, new_device, open_session, session, session_cap, verifier};

cases![
    an_owner_is_told_of_a_new_device,
    an_owner_who_was_told_lately_is_told_of_no_other_device,
    a_login_that_verifies_the_number_or_reaches_the_cap_tells_of_its_device,
    a_login_by_password_alone_tells_of_its_device,
    the_notice_of_a_device_may_be_leased_to_its_process,
    a_login_that_opens_nothing_tells_of_no_device,
    of_many_logins_at_once_from_new_devices_one_is_told,
];

/// A login of that account by number 1 at an instant, of which its owner may have been told last at another one.
async fn from_new_device(
    stores: &Stores,
    n: u32,
    user: &User,
    now: Timestamp,
    unless_notified_since: Timestamp,
) -> OpenSession {
    let opening = open_session(n, &login(stores, n, user).await, user);
    OpenSession { new_device: Some(new_device(n, user, unless_notified_since)), now, ..opening }
}

/// A login by password alone.
fn by_password(n: u32, user: &User, now: Timestamp, unless_notified_since: Timestamp) -> RightPassword {
    let session = session(n, user);
    let new_device = Some(new_device(n, user, unless_notified_since));
    let opening =
        Opening { cap: session_cap(n, user, &session), new_device, session, audit: audit(n, AuditKind::SessionOpened) };
    let then = Then::Session(Box::new(opening));
    RightPassword { user: user.id, verifier: verifier(1), done: None, then, now }
}

fn told(user: User, at: Timestamp) -> User {
    User { logins: LoginRecord { new_device_notified_at: Some(at), ..user.logins }, ..user }
}

async fn an_owner_is_told_of_a_new_device(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let opening = from_new_device(stores, 2, &owner, at(2), at(0)).await;
    let (sent, recorded) = traces(stores).await;

    let outcome = open(stores, opening).await;

    let owner = told(owner, at(2));
    assert_eq!(outcome, LoginOutcome::Opened(owner.clone()));
    assert_eq!(account(stores, owner.id).await, owner);
    assert!(is_waiting(stores, &new_device(2, &owner, at(0)).notice).await);
    assert_eq!(traces(stores).await, (sent + 1, recorded + 1));
}

async fn an_owner_who_was_told_lately_is_told_of_no_other_device(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    open(stores, from_new_device(stores, 2, &owner, at(2), at(0)).await).await;
    let too_soon = from_new_device(stores, 3, &owner, at(3), at(1)).await;
    let in_time = from_new_device(stores, 4, &owner, at(4), at(2)).await;

    let outcomes = [open(stores, too_soon).await, open(stores, in_time).await];

    assert_eq!(outcomes, [at(2), at(4)].map(|at| LoginOutcome::Opened(told(owner.clone(), at))));
    assert_eq!(account(stores, owner.id).await, told(owner.clone(), at(4)));
    let [too_soon, in_time] = [3, 4].map(|n| new_device(n, &owner, at(0)).notice.id);
    assert_eq!((is_id_waiting(stores, too_soon).await, is_id_waiting(stores, in_time).await), (false, true));
}

async fn a_login_that_verifies_the_number_or_reaches_the_cap_tells_of_its_device(stores: &Stores) {
    let user = claimant(stores, 1).await;
    let first = verifying(2, &login(stores, 2, &user).await, &user, &[]);
    let first = OpenSession { new_device: Some(new_device(2, &user, at(0))), ..first };
    let LoginOutcome::Opened(owner) = open(stores, first).await else { panic!("nobody is logged in") };
    let second = from_new_device(stores, 3, &owner, at(3), at(1)).await;
    let second = OpenSession { cap: SessionCap { most: 1, ..second.cap }, ..second };

    let outcome = open(stores, second).await;

    assert_eq!(owner.logins.new_device_notified_at, Some(at(1)));
    assert_eq!(outcome, LoginOutcome::Opened(told(owner.clone(), at(3))));
    assert_eq!(account(stores, owner.id).await, told(owner.clone(), at(3)));
    for n in [2, 3] {
        assert!(is_waiting(stores, &new_device(n, &owner, at(0)).notice).await, "{n}");
    }
}

async fn a_login_by_password_alone_tells_of_its_device(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let go_on = |right| async { stores.logins().go_on(right).await.unwrap() };

    let first = go_on(by_password(2, &owner, at(2), at(0))).await;
    let too_soon = go_on(by_password(3, &owner, at(3), at(1))).await;

    let owner = told(owner, at(2));
    assert_eq!([first, too_soon], [0; 2].map(|_| PasswordOutcome::Done(owner.clone())));
    assert_eq!(account(stores, owner.id).await, owner);
    let [first, too_soon] = [2, 3].map(|n| new_device(n, &owner, at(0)).notice.id);
    assert_eq!((is_id_waiting(stores, first).await, is_id_waiting(stores, too_soon).await), (true, false));
}

async fn the_notice_of_a_device_may_be_leased_to_its_process(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let held = |device: NewDevice| NewDevice { leased_until: Some(at(90)), ..device };
    let is_held = async |n| is_leased_until(stores, new_device(n, &owner, at(0)).notice.id, at(90)).await;

    let by_number = from_new_device(stores, 2, &owner, at(2), at(0)).await;
    open(stores, OpenSession { new_device: by_number.new_device.map(held), ..by_number }).await;
    assert!(is_held(2).await);

    let mut by_password = by_password(3, &owner, at(4), at(3));
    let Then::Session(opening) = &mut by_password.then else { panic!("a step") };
    opening.new_device = opening.new_device.take().map(held);
    stores.logins().go_on(by_password).await.unwrap();
    assert!(is_held(3).await);
}

async fn a_login_that_opens_nothing_tells_of_no_device(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let used_up = from_new_device(stores, 2, &owner, at(2), at(0)).await;
    open(stores, OpenSession { new_device: None, ..used_up.clone() }).await;
    let refused = from_new_device(stores, 3, &owner, at(2), at(0)).await;
    let refused = OpenSession { checked: Some(verifier(999)), ..refused };
    let before = traces(stores).await;

    let outcomes = [open(stores, used_up).await, open(stores, refused).await];

    assert_eq!(outcomes, [LoginOutcome::Closed, LoginOutcome::Refused]);
    assert_eq!(account(stores, owner.id).await.logins.new_device_notified_at, None);
    assert_eq!(traces(stores).await, before);
}

async fn of_many_logins_at_once_from_new_devices_one_is_told(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    for round in 1..=ROUNDS {
        let (now, unless_notified_since) = (at(u64::from(2 * round)), at(u64::from(2 * round - 1)));
        let mut attempts = Vec::new();
        for n in (round * 100..).take(CALLS as usize) {
            attempts.push(from_new_device(stores, n, &owner, now, unless_notified_since).await);
        }
        let (sent, recorded) = traces(stores).await;

        let outcomes = race(stores, attempts, |stores, attempt| async move { open(&stores, attempt).await }).await;

        let opened = LoginOutcome::Opened(told(owner.clone(), now));
        assert!(outcomes.iter().all(|outcome| *outcome == opened), "{outcomes:?}");
        assert_eq!(traces(stores).await, (sent + 1, recorded + CALLS as usize));
    }
}
