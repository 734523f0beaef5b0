//! Renewed, used and ended.

use std::time::Duration;

use doorward_app::sessions::{EndOutcome, RotateOutcome};
use doorward_kernel::{AuditEvent, AuditKind, SessionId};
use doorward_session::{Generation, Session};

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
    scene::{account, another_session, disabled, is_live, is_recorded, session_now, signed_in, traces},
};
use crate::fixtures::{at, audit, id};

cases![
    a_rotation_moves_the_generation_on_and_notes_the_use,
    a_rotation_from_another_generation_is_lost,
    sessions_that_ended_or_never_were_are_not_rotated,
    of_many_rotations_at_once_one_moves_it_on,
    a_use_is_noted_and_never_moved_back,
    a_use_of_what_has_ended_is_not_noted,
    the_use_of_an_unknown_session_changes_nothing,
    of_many_uses_at_once_the_last_is_noted,
    an_end_is_kept_and_recorded,
    a_session_ends_once,
    of_many_ends_at_once_one_ends_it,
    no_rotation_brings_an_ending_session_back,
];

fn refreshed(n: u32, session: &Session) -> AuditEvent {
    let (user, session) = (Some(session.user), Some(session.id));
    AuditEvent { user, session, ..audit(n, AuditKind::SessionRefreshed) }
}

fn ended(n: u32, session: &Session) -> AuditEvent {
    let (user, session) = (Some(session.user), Some(session.id));
    AuditEvent { user, session, ..audit(n, AuditKind::SessionEnded) }
}

async fn rotate(stores: &Stores, n: u32, session: &Session, from: u32) -> RotateOutcome {
    let event = refreshed(n, session);
    stores.sessions().rotate(session.id, Generation(from), at(60), event).await.unwrap()
}

async fn end(stores: &Stores, n: u32, session: &Session, seconds: u64) -> EndOutcome {
    stores.sessions().end(session.id, at(seconds), ended(n, session)).await.unwrap()
}

async fn a_rotation_moves_the_generation_on_and_notes_the_use(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;

    assert_eq!(rotate(stores, 1, &session, 0).await, RotateOutcome::Rotated);

    let expected = Session { generation: Generation(1), rotated_at: at(60), last_seen_at: at(60), ..session.clone() };
    assert_eq!(session_now(stores, session.id).await, expected);
    assert!(is_recorded(stores, &refreshed(1, &session)).await);
}

async fn a_rotation_from_another_generation_is_lost(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    rotate(stores, 1, &session, 0).await;
    let (before, kept) = (traces(stores).await, session_now(stores, session.id).await);

    assert_eq!(rotate(stores, 2, &session, 0).await, RotateOutcome::Conflict);
    assert_eq!(rotate(stores, 3, &session, 2).await, RotateOutcome::Conflict);

    assert_eq!(session_now(stores, session.id).await, kept);
    assert_eq!(traces(stores).await, before);
}

async fn sessions_that_ended_or_never_were_are_not_rotated(stores: &Stores) {
    let [session, of_disabled] = [signed_in(stores, 1).await.session, signed_in(stores, 2).await.session];
    end(stores, 1, &session, 30).await;
    disabled(stores, 1, of_disabled.user).await;
    let unknown = Session { id: SessionId::from_bytes(id("session", 9)), ..session.clone() };
    let before = traces(stores).await;

    for (n, session) in (1..).zip([&session, &of_disabled, &unknown]) {
        assert_eq!(rotate(stores, n, session, 0).await, RotateOutcome::Conflict, "{n}");
    }

    assert_eq!(session_now(stores, session.id).await, Session { ended_at: Some(at(30)), ..session });
    assert_eq!(traces(stores).await, before);
}

async fn of_many_rotations_at_once_one_moves_it_on(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    for round in 0..ROUNDS {
        let (_, recorded) = traces(stores).await;

        let calls = (0..CALLS).map(|i| (session.clone(), round * 100 + i));
        let outcomes =
            race(stores, calls, |stores, (session, n)| async move { rotate(&stores, n, &session, round).await }).await;

        assert_eq!(count(&outcomes, &RotateOutcome::Rotated), 1);
        assert_eq!(session_now(stores, session.id).await.generation, Generation(round + 1));
        assert_eq!(traces(stores).await.1, recorded + 1);
    }
}

async fn a_use_is_noted_and_never_moved_back(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;

    for seconds in [60, 59, 1] {
        stores.sessions().touch(session.id, at(seconds)).await.unwrap();
    }

    assert_eq!(session_now(stores, session.id).await, Session { last_seen_at: at(60), ..session });
}

async fn a_use_of_what_has_ended_is_not_noted(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    stores.sessions().end(session.id, at(5), audit(1, AuditKind::SessionEnded)).await.unwrap();

    stores.sessions().touch(session.id, at(60)).await.unwrap();

    assert_eq!(session_now(stores, session.id).await, Session { ended_at: Some(at(5)), ..session });
}

async fn the_use_of_an_unknown_session_changes_nothing(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    let unknown = SessionId::from_bytes(id("session", 9));

    stores.sessions().touch(unknown, at(60)).await.unwrap();

    assert_eq!(stores.sessions().find(unknown).await.unwrap(), None);
    assert_eq!(session_now(stores, session.id).await, session);
}

async fn of_many_uses_at_once_the_last_is_noted(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    let id = session.id;

    race(stores, 0..CALLS, |stores, i| async move {
        stores.sessions().touch(id, at(60) + Duration::from_secs(i.into())).await.unwrap();
    })
    .await;

    assert_eq!(session_now(stores, id).await.last_seen_at, at(60) + Duration::from_secs(u64::from(CALLS) - 1));
}

async fn an_end_is_kept_and_recorded(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let (session, other) = (signed_in.session, another_session(stores, 2, &signed_in.user).await.session);

    assert_eq!(end(stores, 1, &session, 60).await, EndOutcome::Ended);

    assert_eq!(session_now(stores, session.id).await, Session { ended_at: Some(at(60)), ..session.clone() });
    assert!(is_recorded(stores, &ended(1, &session)).await);
    assert_eq!(session_now(stores, other.id).await, other);
    assert_eq!(account(stores, session.user).await, signed_in.user);
}

async fn a_session_ends_once(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    let unknown = Session { id: SessionId::from_bytes(id("session", 9)), ..session.clone() };
    end(stores, 1, &session, 60).await;
    let before = traces(stores).await;

    assert_eq!(end(stores, 2, &session, 70).await, EndOutcome::AlreadyEnded);
    assert_eq!(end(stores, 3, &unknown, 70).await, EndOutcome::AlreadyEnded);

    assert_eq!(session_now(stores, session.id).await.ended_at, Some(at(60)));
    assert_eq!(traces(stores).await, before);
}

async fn of_many_ends_at_once_one_ends_it(stores: &Stores) {
    for round in 0..ROUNDS {
        let session = signed_in(stores, round).await.session;
        let (_, recorded) = traces(stores).await;

        let calls = (0..CALLS).map(|i| (session.clone(), round * 100 + i));
        let outcomes =
            race(stores, calls, |stores, (session, n)| async move { end(&stores, n, &session, 60).await }).await;

        assert_eq!(count(&outcomes, &EndOutcome::Ended), 1);
        assert_eq!(traces(stores).await.1, recorded + 1);
    }
}

async fn no_rotation_brings_an_ending_session_back(stores: &Stores) {
    for round in 0..ROUNDS {
        let session = signed_in(stores, round).await.session;

        let calls = (0..CALLS).map(|i| (session.clone(), round * 100 + i));
        race(stores, calls, |stores, (session, n)| async move {
            if n % 8 == 0 {
                end(&stores, n, &session, 60).await;
            } else {
                rotate(&stores, n, &session, n % 3).await;
            }
        })
        .await;

        assert!(!is_live(stores, session.id).await);
        let generation = session_now(stores, session.id).await.generation.0;
        assert_eq!(rotate(stores, round * 100 + CALLS, &session, generation).await, RotateOutcome::Conflict);
    }
}
