//! Room for a new session: the least recently used ones end where an account has too many.

use std::time::Duration;

use doorward_app::{logins::OpenSession, sessions::SessionCap};
use doorward_otp::Subject;
use doorward_session::Session;
use doorward_user::User;

use super::{
    Stores,
    bindings::binding_session,
    password_logins::enter_by_password,
    phone_logins::{login, login_of, open},
    race::{ROUNDS, race},
    scene::{another_session, is_live, is_recorded, is_waiting, session_now, signed_in, started, traces},
};
use crate::fixtures::{at, number_verification, open_session, phone};

cases![
    one_session_too_many_ends_the_least_recently_used,
    a_login_that_verifies_its_number_evicts_too,
    one_that_may_only_bind_is_not_evicted,
    nobody_is_notified_below_the_cap,
    sessions_that_ended_do_not_count_for_the_cap,
    a_lower_limit_ends_several_and_tells_once,
    others_keep_their_sessions,
    a_login_that_fails_ends_nothing,
    logins_by_password_count_for_the_cap_of_logins_by_number,
    of_64_logins_at_once_no_more_are_left_than_fit,
];

/// The end of a login of that account by number 1 with room for so many sessions.
async fn opening(stores: &Stores, n: u32, user: &User, most: u32) -> OpenSession {
    let open = open_session(n, &login(stores, n, user).await, user);
    OpenSession { cap: SessionCap { most, ..open.cap }, ..open }
}

/// Account 1 with sessions 1, 2, …; the later ones were used less recently.
async fn sessions(stores: &Stores, count: u32) -> (User, Vec<Session>) {
    let first = signed_in(stores, 1).await;
    let mut sessions = vec![first.session];
    for n in 2..=count {
        sessions.push(another_session(stores, n, &first.user).await.session);
    }
    for (i, session) in (0..).zip(&mut sessions) {
        session.last_seen_at = at(60 - i);
        stores.sessions().touch(session.id, at(60 - i)).await.unwrap();
    }
    (first.user, sessions)
}

async fn one_session_too_many_ends_the_least_recently_used(stores: &Stores) {
    let (user, sessions) = sessions(stores, 3).await;
    let opening = opening(stores, 10, &user, 3).await;
    let (sent, recorded) = traces(stores).await;

    open(stores, opening.clone()).await;

    assert_eq!(session_now(stores, opening.session.id).await, opening.session);
    assert_eq!(session_now(stores, sessions[0].id).await, sessions[0]);
    assert_eq!(session_now(stores, sessions[1].id).await, sessions[1]);
    let evicted = Session { ended_at: Some(opening.now), ..sessions[2].clone() };
    assert_eq!(session_now(stores, evicted.id).await, evicted);
    assert!(is_waiting(stores, &opening.cap.notice).await && is_recorded(stores, &opening.cap.audit).await);
    assert_eq!(traces(stores).await, (sent + 1, recorded + 2));
}

async fn a_login_that_verifies_its_number_evicts_too(stores: &Stores) {
    let (user, sessions) = sessions(stores, 3).await;
    let opening = opening(stores, 10, &user, 3).await;
    let opening = OpenSession { number_verification: Some(number_verification(10, &user, &phone(1), &[])), ..opening };

    open(stores, opening.clone()).await;

    assert!(is_live(stores, opening.session.id).await && is_live(stores, sessions[1].id).await);
    assert!(!is_live(stores, sessions[2].id).await);
    assert!(is_waiting(stores, &opening.cap.notice).await);
}

async fn one_that_may_only_bind_is_not_evicted(stores: &Stores) {
    let user = signed_in(stores, 1).await.user;
    let binding = binding_session(stores, 2, &user).await;

    for n in 10..13 {
        let opening = opening(stores, n, &user, 1).await;
        open(stores, opening).await;
    }

    assert_eq!(session_now(stores, binding.id).await, binding);
}

async fn nobody_is_notified_below_the_cap(stores: &Stores) {
    let (user, sessions) = sessions(stores, 3).await;
    let opening = opening(stores, 10, &user, 4).await;
    let (sent, recorded) = traces(stores).await;

    open(stores, opening.clone()).await;

    for session in sessions.iter().chain([&opening.session]) {
        assert!(is_live(stores, session.id).await);
    }
    assert_eq!(traces(stores).await, (sent, recorded + 1));
}

async fn sessions_that_ended_do_not_count_for_the_cap(stores: &Stores) {
    let (user, sessions) = sessions(stores, 3).await;
    let later = opening(stores, 10, &user, 2).await;
    let cap = SessionCap { used_after: at(58), ..later.cap };
    let (sent, _) = traces(stores).await;

    open(stores, OpenSession { cap, ..later }).await;

    assert!(is_live(stores, sessions[0].id).await);
    assert_eq!(session_now(stores, sessions[1].id).await.ended_at, Some(at(1)));
    // Whoever reads it judges by its last use; nobody needs to end it.
    assert_eq!(session_now(stores, sessions[2].id).await, sessions[2]);
    assert_eq!(traces(stores).await.0, sent + 1);
    let old = opening(stores, 11, &user, 1).await;
    open(stores, OpenSession { cap: SessionCap { opened_after: at(0), ..old.cap }, ..old }).await;
    assert!(is_live(stores, sessions[0].id).await);
}

async fn a_lower_limit_ends_several_and_tells_once(stores: &Stores) {
    let (user, sessions) = sessions(stores, 5).await;
    let opening = opening(stores, 10, &user, 1).await;
    let (sent, recorded) = traces(stores).await;

    open(stores, opening.clone()).await;

    for session in sessions {
        assert!(!is_live(stores, session.id).await);
    }
    assert!(is_live(stores, opening.session.id).await);
    assert_eq!(traces(stores).await, (sent + 1, recorded + 2));
}

async fn others_keep_their_sessions(stores: &Stores) {
    let (user, _) = sessions(stores, 2).await;
    let other = signed_in(stores, 20).await.session;

    let opening = opening(stores, 10, &user, 1).await;
    open(stores, opening).await;

    assert!(is_live(stores, other.id).await);
}

async fn a_login_that_fails_ends_nothing(stores: &Stores) {
    let (user, sessions) = sessions(stores, 2).await;
    let first = opening(stores, 10, &user, 2).await;
    open(stores, first.clone()).await;
    let second = opening(stores, 11, &user, 1).await;
    let same_notice = SessionCap { notice: first.cap.notice, ..second.cap.clone() };

    let failed = stores.logins().open(OpenSession { cap: same_notice, ..second.clone() }).await;

    assert!(failed.is_err());
    assert!(is_live(stores, sessions[0].id).await && is_live(stores, first.session.id).await);
    assert_eq!(stores.sessions().find(second.session.id).await.unwrap(), None);
}

async fn logins_by_password_count_for_the_cap_of_logins_by_number(stores: &Stores) {
    let user = signed_in(stores, 1).await.user;
    let first = opening(stores, 10, &user, 8).await;
    open(stores, first).await;
    for n in 20..26 {
        enter_by_password(stores, n, &user, 8).await;
    }

    for n in 30..33 {
        let opening = opening(stores, n, &user, 8).await;
        open(stores, opening).await;
    }

    let live = stores.sessions().list(user.id, at(0) - Duration::from_secs(1)).await.unwrap();
    assert_eq!(live.len(), 8);
}

async fn of_64_logins_at_once_no_more_are_left_than_fit(stores: &Stores) {
    let user = signed_in(stores, 1).await.user;
    for round in 1..=ROUNDS {
        let mut attempts = Vec::new();
        for n in (round * 100..).take(64) {
            let challenge = login_of(n, &phone(1), Subject::Account(user.id));
            let attempt = open_session(n, &started(stores, n, challenge).await, &user);
            attempts.push(OpenSession { cap: SessionCap { most: 5, ..attempt.cap }, ..attempt });
        }

        race(stores, attempts, |stores, attempt| async move {
            open(&stores, attempt).await;
        })
        .await;

        let live = stores.sessions().list(user.id, at(0) - Duration::from_secs(1)).await.unwrap();
        assert_eq!(live.len(), 5);
    }
}
