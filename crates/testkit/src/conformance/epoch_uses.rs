//! The passwords, seeds and sessions that depend on an epoch.

use doorward_app::keys::{EpochPeriod, EpochUse};
use doorward_kernel::{AuditKind, EpochId, Timestamp};
use doorward_otp::Challenge;
use doorward_session::{Carrier, Generation};

use super::{
    Stores,
    scene::{registered, signed_in, started},
};
use crate::fixtures::{at, audit, challenge, now, number_verification, open_session, phone};

cases![
    nothing_depends_on_an_epoch_that_was_not_used,
    a_flow_depends_on_its_epoch_while_it_is_open,
    a_session_in_tokens_depends_on_the_epoch_of_its_last_rotation,
    a_session_by_cookie_depends_on_every_epoch_in_which_it_was_used,
    sessions_that_ended_or_were_long_unused_depend_on_nothing,
];

fn period(from: Timestamp, until: Timestamp) -> EpochPeriod {
    EpochPeriod { epoch: EpochId(1), from, until }
}

async fn sessions(stores: &Stores, from: Timestamp, until: Timestamp, seen_after: Timestamp) -> u64 {
    stores.key_epochs().count_uses(period(from, until), seen_after, at(500)).await.unwrap().sessions
}

async fn flows(stores: &Stores, epoch: i32, now: Timestamp) -> u64 {
    let period = EpochPeriod { epoch: EpochId(epoch), ..period(at(0), at(1)) };
    stores.key_epochs().count_uses(period, at(0), now).await.unwrap().flows
}

async fn nothing_depends_on_an_epoch_that_was_not_used(stores: &Stores) {
    let uses = stores.key_epochs().count_uses(period(at(0), at(1000)), at(0), at(0)).await.unwrap();

    assert_eq!(uses, EpochUse::default());
}

async fn a_flow_depends_on_its_epoch_while_it_is_open(stores: &Stores) {
    started(stores, 1, Challenge { expires_at: at(100), ..challenge(1) }).await;
    started(stores, 2, Challenge { expires_at: at(200), ..challenge(2) }).await;
    started(stores, 3, Challenge { epoch: EpochId(2), ..challenge(3) }).await;
    started(stores, 4, Challenge { closed_at: Some(now()), ..challenge(4) }).await;

    assert_eq!(flows(stores, 1, at(99)).await, 2);
    assert_eq!(flows(stores, 1, at(100)).await, 1);
    assert_eq!(flows(stores, 1, at(200)).await, 0);
    assert_eq!(flows(stores, 2, at(99)).await, 1);
}

async fn a_session_in_tokens_depends_on_the_epoch_of_its_last_rotation(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    let before = (now(), at(50));

    assert_eq!(sessions(stores, before.0, before.1, at(0) - std::time::Duration::from_secs(1)).await, 1);
    stores.sessions().rotate(session.id, Generation(0), at(50), audit(1, AuditKind::SessionRefreshed)).await.unwrap();

    assert_eq!(sessions(stores, before.0, before.1, at(0)).await, 0);
    assert_eq!(sessions(stores, at(50), at(90), at(0)).await, 1);
}

async fn a_session_by_cookie_depends_on_every_epoch_in_which_it_was_used(stores: &Stores) {
    let user = registered(stores, 1).await;
    let login = started(stores, 1, challenge(1)).await;
    let mut open = open_session(1, &login, &user);
    open.session.carrier = Carrier::Cookie;
    open.number_verification = Some(number_verification(1, &user, &phone(1), &[]));
    let session = open.session.id;
    stores.logins().open(open).await.unwrap();

    stores.sessions().touch(session, at(60)).await.unwrap();

    assert_eq!(sessions(stores, now(), at(50), at(0)).await, 1);
    assert_eq!(sessions(stores, at(50), at(90), at(0)).await, 1);
    assert_eq!(sessions(stores, at(61), at(90), at(0)).await, 0);
}

async fn sessions_that_ended_or_were_long_unused_depend_on_nothing(stores: &Stores) {
    let [ended, unused, used] = [1, 2, 3].map(async |n| signed_in(stores, n).await.session.id);
    let (ended, _unused, used) = (ended.await, unused.await, used.await);
    stores.sessions().end(ended, at(5), audit(1, AuditKind::SessionEnded)).await.unwrap();
    stores.sessions().touch(used, at(60)).await.unwrap();

    assert_eq!(sessions(stores, now(), at(50), now()).await, 1);
}
