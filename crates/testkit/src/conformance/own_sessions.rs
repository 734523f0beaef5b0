//! The sessions of one account: listed, ended together, fallen back and forgotten.

use std::time::Duration;

use doorward_app::sessions::EndOthersOutcome;
use doorward_kernel::{AuditEvent, AuditKind, SessionId, UserId};
use doorward_session::{Method, Methods, Session};

use super::{
    Stores,
    bindings::binding_session,
    race::{CALLS, ROUNDS, count, race},
    scene::{another_session, far, is_live, is_recorded, registered, session_now, signed_in, traces},
};
use crate::fixtures::{at, audit, id, now};

cases![
    an_account_lists_its_sessions_the_last_used_first,
    sessions_that_ended_or_were_not_used_since_are_not_listed,
    all_others_end_and_the_kept_one_goes_on,
    a_verification_is_noted_in_a_live_session_that_is_as_it_was_seen,
    one_that_may_only_bind_outlives_the_end_of_all_others,
    where_there_are_no_others_nothing_is_written,
    a_session_that_ended_or_is_anothers_ends_no_others,
    of_sessions_that_end_each_other_at_once_one_goes_on,
    a_fall_back_is_noted_once_between_two_uses,
    a_session_that_has_ended_does_not_fall_back,
    of_many_fall_backs_at_once_one_is_recorded,
    what_is_over_long_enough_is_forgotten_and_the_rest_is_kept,
    no_more_are_forgotten_than_the_limit,
    what_many_purge_at_once_is_told_once,
];

/// Sessions 1, 2, … of account 1, used in that order.
async fn sessions(stores: &Stores, count: u32) -> Vec<Session> {
    let first = signed_in(stores, 1).await;
    let mut sessions = vec![first.session];
    for n in 2..=count {
        let session = another_session(stores, n, &first.user).await.session;
        stores.sessions().touch(session.id, at(n.into())).await.unwrap();
        sessions.push(Session { last_seen_at: at(n.into()), ..session });
    }
    sessions
}

async fn end(stores: &Stores, n: u32, session: &Session, seconds: u64) {
    stores.sessions().end(session.id, at(seconds), audit(n, AuditKind::SessionEnded)).await.unwrap();
}

fn others_ended(n: u32, session: &Session) -> AuditEvent {
    let (user, session) = (Some(session.user), Some(session.id));
    AuditEvent { user, session, ..audit(n, AuditKind::OtherSessionsEnded) }
}

async fn end_others(stores: &Stores, n: u32, user: UserId, kept: &Session) -> EndOthersOutcome {
    stores.sessions().end_others(user, kept.id, at(60), others_ended(n, kept)).await.unwrap()
}

async fn an_account_lists_its_sessions_the_last_used_first(stores: &Stores) {
    let mut expected = sessions(stores, 3).await;
    let other = registered(stores, 9).await;
    another_session(stores, 9, &other).await;

    let listed = stores.sessions().list(expected[0].user, now() - Duration::from_secs(1)).await.unwrap();

    expected.reverse();
    assert_eq!(listed, expected);
    assert_eq!(stores.sessions().list(UserId::from_bytes(id("user", 77)), now()).await.unwrap(), []);
}

async fn sessions_that_ended_or_were_not_used_since_are_not_listed(stores: &Stores) {
    let sessions = sessions(stores, 4).await;
    end(stores, 1, &sessions[3], 30).await;

    let listed = stores.sessions().list(sessions[0].user, at(2)).await.unwrap();

    assert_eq!(listed, [sessions[2].clone()]);
}

async fn all_others_end_and_the_kept_one_goes_on(stores: &Stores) {
    let sessions = sessions(stores, 4).await;
    let stranger = signed_in(stores, 9).await.session;
    end(stores, 1, &sessions[3], 30).await;
    let (sent, recorded) = traces(stores).await;

    let outcome = end_others(stores, 1, sessions[1].user, &sessions[1]).await;

    assert_eq!(outcome, EndOthersOutcome::Ended { count: 2 });
    for ended in [&sessions[0], &sessions[2]] {
        assert_eq!(session_now(stores, ended.id).await, Session { ended_at: Some(at(60)), ..ended.clone() });
    }
    assert_eq!(session_now(stores, sessions[3].id).await.ended_at, Some(at(30)));
    assert_eq!(session_now(stores, sessions[1].id).await, sessions[1]);
    assert_eq!(session_now(stores, stranger.id).await, stranger);
    assert!(is_recorded(stores, &others_ended(1, &sessions[1])).await);
    assert_eq!(traces(stores).await, (sent, recorded + 1));
}

async fn a_verification_is_noted_in_a_live_session_that_is_as_it_was_seen(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    let ended = signed_in(stores, 2).await.session;
    end(stores, 2, &ended, 30).await;
    let methods = session.methods.clone().verified(Method::Totp, at(60));

    for (session, seen) in [(&session, Methods::default()), (&ended, ended.methods.clone())] {
        stores.sessions().note_methods(session.id, seen, methods.clone(), at(60)).await.unwrap();
    }
    assert_eq!(session_now(stores, session.id).await, session);
    assert_eq!(session_now(stores, ended.id).await.methods, ended.methods);
    stores.sessions().note_methods(session.id, session.methods.clone(), methods.clone(), at(60)).await.unwrap();

    assert_eq!(session_now(stores, session.id).await, Session { methods, auth_time: at(60), ..session });
}

/// It is the way back of an owner whose number somebody else has.
async fn one_that_may_only_bind_outlives_the_end_of_all_others(stores: &Stores) {
    let thief = signed_in(stores, 1).await;
    let owner = binding_session(stores, 2, &thief.user).await;

    assert_eq!(end_others(stores, 1, thief.user.id, &thief.session).await, EndOthersOutcome::Ended { count: 0 });

    assert_eq!(session_now(stores, owner.id).await, owner);
}

async fn where_there_are_no_others_nothing_is_written(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    let before = traces(stores).await;

    assert_eq!(end_others(stores, 1, session.user, &session).await, EndOthersOutcome::Ended { count: 0 });

    assert_eq!(session_now(stores, session.id).await, session);
    assert_eq!(traces(stores).await, before);
}

async fn a_session_that_ended_or_is_anothers_ends_no_others(stores: &Stores) {
    let sessions = sessions(stores, 2).await;
    let stranger = signed_in(stores, 9).await.session;
    let unknown = Session { id: SessionId::from_bytes(id("session", 77)), ..sessions[0].clone() };
    end(stores, 1, &sessions[0], 30).await;
    let before = traces(stores).await;

    for (n, kept) in (1..).zip([&sessions[0], &stranger, &unknown]) {
        assert_eq!(end_others(stores, n, sessions[0].user, kept).await, EndOthersOutcome::Conflict, "{n}");
    }

    assert!(is_live(stores, sessions[1].id).await && is_live(stores, stranger.id).await);
    assert_eq!(traces(stores).await, before);
}

async fn of_sessions_that_end_each_other_at_once_one_goes_on(stores: &Stores) {
    for round in 1..=ROUNDS {
        let first = signed_in(stores, round * 100).await;
        let mut sessions = vec![first.session.clone()];
        for n in 1..8 {
            sessions.push(another_session(stores, round * 100 + n, &first.user).await.session);
        }

        let calls = (round * 100..).zip(sessions.clone());
        let outcomes =
            race(
                stores,
                calls,
                |stores, (n, session)| async move { end_others(&stores, n, session.user, &session).await },
            )
            .await;

        assert_eq!(count(&outcomes, &EndOthersOutcome::Ended { count: 7 }), 1);
        assert_eq!(count(&outcomes, &EndOthersOutcome::Conflict), 7);
        assert_eq!(stores.sessions().list(first.user.id, at(0) - Duration::from_secs(1)).await.unwrap().len(), 1);
    }
}

fn fell_back(n: u32) -> AuditEvent {
    audit(n, AuditKind::SessionFellBack)
}

async fn a_fall_back_is_noted_once_between_two_uses(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    stores.sessions().touch(session.id, at(10)).await.unwrap();

    stores.sessions().fall_back(session.id, at(60), fell_back(1)).await.unwrap();
    stores.sessions().fall_back(session.id, at(61), fell_back(2)).await.unwrap();
    let noted = session_now(stores, session.id).await;
    stores.sessions().touch(session.id, at(70)).await.unwrap();
    stores.sessions().fall_back(session.id, at(80), fell_back(3)).await.unwrap();

    assert_eq!(noted, Session { last_seen_at: at(10), fell_back_at: Some(at(60)), ..session.clone() });
    assert_eq!(session_now(stores, session.id).await.fell_back_at, Some(at(80)));
    assert!(is_recorded(stores, &fell_back(1)).await && is_recorded(stores, &fell_back(3)).await);
    assert!(!is_recorded(stores, &fell_back(2)).await);
}

async fn a_session_that_has_ended_does_not_fall_back(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    end(stores, 1, &session, 30).await;
    let before = traces(stores).await;

    stores.sessions().fall_back(session.id, at(60), fell_back(1)).await.unwrap();
    stores.sessions().fall_back(SessionId::from_bytes(id("session", 77)), at(60), fell_back(2)).await.unwrap();

    assert_eq!(session_now(stores, session.id).await.fell_back_at, None);
    assert_eq!(traces(stores).await, before);
}

async fn of_many_fall_backs_at_once_one_is_recorded(stores: &Stores) {
    for round in 1..=ROUNDS {
        let session = signed_in(stores, round).await.session.id;
        let (_, recorded) = traces(stores).await;

        race(stores, 0..CALLS, |stores, i| async move {
            stores.sessions().fall_back(session, at(60), fell_back(round * 100 + i)).await.unwrap();
        })
        .await;

        assert_eq!(session_now(stores, session).await.fell_back_at, Some(at(60)));
        assert_eq!(traces(stores).await.1, recorded + 1);
    }
}

async fn what_is_over_long_enough_is_forgotten_and_the_rest_is_kept(stores: &Stores) {
    let sessions = sessions(stores, 5).await;
    end(stores, 1, &sessions[4], 100).await;
    end(stores, 2, &sessions[3], 99).await;

    let forgotten = stores.sessions().forget(at(100), at(3), 10).await.unwrap();

    assert_eq!(forgotten, 3);
    for gone in [&sessions[0], &sessions[1], &sessions[3]] {
        assert_eq!(stores.sessions().find(gone.id).await.unwrap(), None);
    }
    assert_eq!(session_now(stores, sessions[2].id).await, sessions[2]);
    assert_eq!(session_now(stores, sessions[4].id).await.ended_at, Some(at(100)));
    assert_eq!(stores.sessions().forget(at(100), at(3), 10).await.unwrap(), 0);
}

async fn no_more_are_forgotten_than_the_limit(stores: &Stores) {
    let sessions = sessions(stores, 6).await;
    for (n, session) in (1..).zip(&sessions[..3]) {
        end(stores, n, session, 30).await;
    }

    let mut forgotten = Vec::new();
    for _ in 0..4 {
        forgotten.push(stores.sessions().forget(far(), far(), 2).await.unwrap());
    }

    assert_eq!(forgotten, [2, 2, 2, 0]);
}

async fn what_many_purge_at_once_is_told_once(stores: &Stores) {
    for round in 1..=ROUNDS {
        let first = signed_in(stores, round * 100).await;
        for n in 1..10 {
            let session = another_session(stores, round * 100 + n, &first.user).await.session;
            if n % 2 == 0 {
                end(stores, round * 100 + n, &session, 30).await;
            }
        }

        let told =
            race(stores, 0..CALLS, |stores, _| async move { stores.sessions().forget(far(), far(), 3).await.unwrap() })
                .await;

        assert_eq!(told.iter().sum::<u64>(), 10);
    }
}
