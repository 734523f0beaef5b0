//! Sessions, found with their users, and ended when a spent token comes back.

use doorward_app::{SignedIn, sessions::EndOutcome};
use doorward_kernel::{AuditEvent, AuditKind, SessionId};
use doorward_notifier::{Message, NoticeTemplate};
use doorward_session::Session;

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
    scene::{is_id_waiting, is_recorded, is_waiting, session_now, signed_in, traces},
};
use crate::fixtures::{at, audit, email, id, notice};

cases![
    an_unknown_session_is_not_found,
    a_session_is_found_with_its_user,
    an_ended_session_is_found_too,
    a_reused_session_ends_and_its_owner_is_told,
    nobody_is_told_of_a_session_that_had_ended_or_never_was,
    an_end_that_fails_ends_nothing,
    of_many_reuses_at_once_one_writes_its_notice,
    of_ends_and_reuses_at_once_one_ends_it,
];

fn reused(n: u32, session: &Session) -> (Message, AuditEvent) {
    let (user, session) = (Some(session.user), Some(session.id));
    let event = AuditEvent { user, session, ..audit(n, AuditKind::SessionReused) };
    (notice(n, NoticeTemplate::SessionReused, &email(1)), event)
}

async fn end_reused(stores: &Stores, n: u32, session: &Session) -> EndOutcome {
    let (notice, event) = reused(n, session);
    stores.sessions().end_reused(session.id, notice, at(60), event).await.unwrap()
}

async fn an_unknown_session_is_not_found(stores: &Stores) {
    signed_in(stores, 1).await;

    assert_eq!(stores.sessions().find(SessionId::from_bytes(id("session", 9))).await.unwrap(), None);
}

async fn a_session_is_found_with_its_user(stores: &Stores) {
    let [first, second] = [signed_in(stores, 1).await, signed_in(stores, 2).await];

    assert_eq!(stores.sessions().find(first.session.id).await.unwrap(), Some(first));
    assert_eq!(stores.sessions().find(second.session.id).await.unwrap(), Some(second));
}

async fn an_ended_session_is_found_too(stores: &Stores) {
    let SignedIn { session, user } = signed_in(stores, 1).await;
    stores.sessions().end(session.id, at(60), audit(1, AuditKind::SessionEnded)).await.unwrap();

    let found = stores.sessions().find(session.id).await.unwrap();

    assert_eq!(found, Some(SignedIn { session: Session { ended_at: Some(at(60)), ..session }, user }));
}

async fn a_reused_session_ends_and_its_owner_is_told(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;

    assert_eq!(end_reused(stores, 1, &session).await, EndOutcome::Ended);

    let (notice, event) = reused(1, &session);
    assert_eq!(session_now(stores, session.id).await, Session { ended_at: Some(at(60)), ..session });
    assert!(is_waiting(stores, &notice).await);
    assert!(is_recorded(stores, &event).await);
}

async fn nobody_is_told_of_a_session_that_had_ended_or_never_was(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    let unknown = Session { id: SessionId::from_bytes(id("session", 9)), ..session.clone() };
    stores.sessions().end(session.id, at(30), audit(1, AuditKind::SessionEnded)).await.unwrap();
    let before = traces(stores).await;

    assert_eq!(end_reused(stores, 1, &session).await, EndOutcome::AlreadyEnded);
    assert_eq!(end_reused(stores, 2, &unknown).await, EndOutcome::AlreadyEnded);

    assert_eq!(session_now(stores, session.id).await.ended_at, Some(at(30)));
    assert_eq!(traces(stores).await, before);
}

async fn an_end_that_fails_ends_nothing(stores: &Stores) {
    let [session, other] = [signed_in(stores, 1).await.session, signed_in(stores, 2).await.session];
    end_reused(stores, 1, &other).await;
    let (same_notice, _) = reused(1, &session);
    let (_, event) = reused(2, &session);

    let failed = stores.sessions().end_reused(session.id, same_notice, at(60), event.clone()).await;

    assert!(failed.is_err());
    assert_eq!(session_now(stores, session.id).await, session);
    assert!(!is_recorded(stores, &event).await);
}

async fn of_many_reuses_at_once_one_writes_its_notice(stores: &Stores) {
    for round in 0..ROUNDS {
        let session = signed_in(stores, round).await.session;
        let (sent, recorded) = traces(stores).await;

        let calls = (0..CALLS).map(|i| (session.clone(), round * 100 + i));
        let outcomes =
            race(stores, calls, |stores, (session, n)| async move { end_reused(&stores, n, &session).await }).await;

        assert_eq!(count(&outcomes, &EndOutcome::Ended), 1);
        assert_eq!(traces(stores).await, (sent + 1, recorded + 1));
    }
}

async fn of_ends_and_reuses_at_once_one_ends_it(stores: &Stores) {
    for round in 0..ROUNDS {
        let session = signed_in(stores, round).await.session;
        let (_, recorded) = traces(stores).await;

        let calls = (0..CALLS).map(|i| (session.clone(), round * 100 + i));
        let outcomes = race(stores, calls, |stores, (session, n)| async move {
            let outcome = if n % 2 == 0 {
                end_reused(&stores, n, &session).await
            } else {
                stores.sessions().end(session.id, at(60), audit(n, AuditKind::SessionEnded)).await.unwrap()
            };
            (outcome == EndOutcome::Ended).then_some(n)
        })
        .await;

        let winners: Vec<_> = outcomes.into_iter().flatten().collect();
        let [winner] = winners[..] else { panic!("{winners:?} ended it") };
        assert_eq!(is_id_waiting(stores, reused(winner, &session).0.id).await, winner % 2 == 0);
        assert_eq!(traces(stores).await.1, recorded + 1);
    }
}
