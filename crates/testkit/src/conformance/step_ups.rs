//! Sessions whose owners are verified anew.

use doorward_app::{
    SignedIn,
    sessions::{CompleteStepUp, RotateOutcome, StepUpOutcome},
};
use doorward_kernel::{AuditEvent, AuditKind};
use doorward_otp::{Challenge, Purpose, Step, Subject, Target};
use doorward_session::{Generation, Method, Session};

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
    scene::{challenge_now, disabled, is_open, is_recorded, session_now, signed_in, started, traces},
};
use crate::fixtures::{at, audit, challenge_of, phone};

cases![
    a_step_up_moves_its_session_on,
    a_step_up_needs_an_open_challenge,
    a_session_that_moved_on_or_ended_is_lost,
    of_many_right_codes_at_once_one_steps_up,
    of_step_ups_and_renewals_at_once_one_moves_the_session_on,
];

/// A started step-up in the session.
pub(super) async fn asked(stores: &Stores, n: u32, SignedIn { session, user }: &SignedIn) -> Challenge {
    let step = (Purpose::StepUp, Step::PhoneCode);
    let challenge = challenge_of(n, step, Target::Phone(phone(n)), Subject::Account(user.id));
    started(stores, n, Challenge { session: Some(session.id), ..challenge }).await
}

pub(super) fn completion(n: u32, challenge: &Challenge, session: &Session) -> CompleteStepUp {
    CompleteStepUp {
        challenge: challenge.id,
        from: session.generation,
        spends: None,
        session: session.clone().stepped_up(Method::Sms, at(60)),
        now: at(60),
        audit: AuditEvent {
            user: Some(session.user),
            session: Some(session.id),
            challenge: Some(challenge.id),
            ..audit(n, AuditKind::SessionSteppedUp)
        },
    }
}

async fn complete(stores: &Stores, complete: CompleteStepUp) -> StepUpOutcome {
    stores.sessions().step_up(complete).await.unwrap()
}

async fn rotate(stores: &Stores, n: u32, session: &Session) -> RotateOutcome {
    let event = audit(n, AuditKind::SessionRefreshed);
    stores.sessions().rotate(session.id, session.generation, at(60), event).await.unwrap()
}

async fn a_step_up_moves_its_session_on(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let challenge = asked(stores, 1, &signed_in).await;
    // Longer than a minute ago is no reason to move the last use back.
    stores.sessions().touch(signed_in.session.id, at(70)).await.unwrap();
    let (sent, recorded) = traces(stores).await;
    let step_up = completion(1, &challenge, &signed_in.session);

    assert_eq!(complete(stores, step_up.clone()).await, StepUpOutcome::SteppedUp);

    let session = session_now(stores, signed_in.session.id).await;
    assert_eq!(session, Session { last_seen_at: at(70), ..step_up.session });
    assert_eq!((session.generation, session.auth_time), (Generation(1), at(60)));
    assert_eq!(challenge_now(stores, challenge.id).await.closed_at, Some(at(60)));
    assert!(is_recorded(stores, &step_up.audit).await);
    assert_eq!(traces(stores).await, (sent, recorded + 1));
}

async fn a_step_up_needs_an_open_challenge(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let challenge = asked(stores, 1, &signed_in).await;
    complete(stores, completion(1, &challenge, &signed_in.session)).await;
    let session = session_now(stores, signed_in.session.id).await;
    let before = traces(stores).await;

    assert_eq!(complete(stores, completion(2, &challenge, &session)).await, StepUpOutcome::Closed);

    assert_eq!(session_now(stores, session.id).await, session);
    assert_eq!(traces(stores).await, before);
}

async fn a_session_that_moved_on_or_ended_is_lost(stores: &Stores) {
    let session_lookup = [signed_in(stores, 1).await, signed_in(stores, 2).await, signed_in(stores, 3).await];
    let [moved, ended, of_disabled] = session_lookup;
    let challenges = [asked(stores, 1, &moved).await, asked(stores, 2, &ended).await];
    rotate(stores, 1, &moved.session).await;
    stores.sessions().end(ended.session.id, at(30), audit(2, AuditKind::SessionEnded)).await.unwrap();
    disabled(stores, 3, of_disabled.user.id).await;
    let late = asked(stores, 3, &of_disabled).await;
    let before = traces(stores).await;

    for (n, signed_in, challenge) in
        [(1, &moved, &challenges[0]), (2, &ended, &challenges[1]), (3, &of_disabled, &late)]
    {
        let session = session_now(stores, signed_in.session.id).await;
        let outcome = complete(stores, completion(n, challenge, &signed_in.session)).await;
        assert_eq!(outcome, StepUpOutcome::Conflict, "{n}");
        assert!(is_open(stores, challenge.id, at(60)).await);
        assert_eq!(session_now(stores, session.id).await, session);
    }
    assert_eq!(traces(stores).await, before);
}

async fn of_many_right_codes_at_once_one_steps_up(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    for round in 1..=ROUNDS {
        let session = session_now(stores, signed_in.session.id).await;
        let challenge = asked(stores, round * 1000, &signed_in).await;
        let (_, recorded) = traces(stores).await;

        let calls: Vec<_> = (0..CALLS).map(|i| completion(round * 1000 + i, &challenge, &session)).collect();
        let outcomes = race(stores, calls, |stores, call| async move { complete(&stores, call).await }).await;

        assert_eq!(count(&outcomes, &StepUpOutcome::SteppedUp), 1);
        assert_eq!(count(&outcomes, &StepUpOutcome::Closed), outcomes.len() - 1);
        assert_eq!(session_now(stores, session.id).await.generation, session.generation.next());
        assert_eq!(traces(stores).await.1, recorded + 1);
    }
}

async fn of_step_ups_and_renewals_at_once_one_moves_the_session_on(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    for round in 1..=ROUNDS {
        let session = session_now(stores, signed_in.session.id).await;
        let mut calls = Vec::new();
        for n in (round * 1000..).take(CALLS as usize) {
            calls.push((n, completion(n, &asked(stores, n, &signed_in).await, &session)));
        }

        let won = race(stores, calls, |stores, (n, call)| async move {
            if n % 2 == 0 {
                complete(&stores, call).await == StepUpOutcome::SteppedUp
            } else {
                let from = Session { generation: call.from, ..call.session };
                rotate(&stores, n, &from).await == RotateOutcome::Rotated
            }
        })
        .await;

        assert_eq!(count(&won, &true), 1);
        assert_eq!(session_now(stores, session.id).await.generation, session.generation.next());
    }
}
