//! Calls at once, which a store may do together: each comes to what it would come to alone.

use doorward_app::{
    SignedIn,
    flow::Start,
    logins::{LoginOutcome, OpenSession},
    sessions::{RotateOutcome, SessionCap},
};
use doorward_kernel::{AuditEvent, AuditKind, SessionId, StoreError};
use doorward_limit::{BucketKey, BucketKind, Limit, Take, TakeOutcome};
use doorward_notifier::{Claimed, EntryState, Verdict};
use doorward_otp::{Challenge, Purpose, Step, Subject, Target};
use doorward_session::{Generation, Session};

use super::{
    Stores,
    outbox::{claim, dead, post, retry, settle},
    race::{CALLS, race},
    scene::{disabled, is_live, is_open, session_now, signed_in, started, traces},
};
use crate::fixtures::{at, audit, challenge, challenge_of, id, message, open_session, phone, start};

cases![
    of_takes_at_once_each_comes_to_its_own_outcome,
    looks_at_once_each_find_their_own,
    of_refreshes_at_once_those_that_are_good_succeed,
    of_refreshes_at_once_one_that_fails_fails_alone,
    callers_that_go_away_disturb_nobody,
    of_refreshes_at_once_one_that_fails_two_that_race_and_one_that_goes_away_disturb_nobody,
    of_starts_at_once_one_that_fails_fails_alone,
    of_logins_at_once_each_comes_to_its_own_outcome,
    of_logins_at_once_one_that_fails_fails_alone,
    of_settlements_at_once_each_comes_to_its_own_verdict,
];

fn refreshed(n: u32, session: &Session) -> AuditEvent {
    let (user, session) = (Some(session.user), Some(session.id));
    AuditEvent { user, session, ..audit(n, AuditKind::SessionRefreshed) }
}

async fn rotate(stores: &Stores, n: u32, session: &Session) -> Result<RotateOutcome, StoreError> {
    stores.sessions().rotate(session.id, Generation(0), at(60), refreshed(n, session)).await
}

/// Sessions of as many accounts, from 1 on.
async fn sessions(stores: &Stores, count: u32) -> Vec<Session> {
    let mut sessions = Vec::new();
    for n in 1..=count {
        sessions.push(signed_in(stores, n).await.session);
    }
    sessions
}

fn one(n: u32, limit: &str) -> Take {
    let subject = [u8::try_from(n).unwrap(); 32];
    Take::one(BucketKey { kind: BucketKind::SMS, subject }, Limit::parse(limit).unwrap())
}

async fn of_takes_at_once_each_comes_to_its_own_outcome(stores: &Stores) {
    const SHARED: u32 = 200;
    // Every fourth has nothing left of its own; every third takes more than there is on a bucket by unlike rates.
    let has_nothing_left = |n: u32| n.is_multiple_of(4);
    let asks_too_much = |n: u32| n.is_multiple_of(3);
    for n in (0..CALLS).filter(|n| has_nothing_left(*n)) {
        stores.buckets().take(vec![one(n, "1/1h")], at(0)).await.unwrap();
    }

    let outcomes = race(stores, 0..CALLS, |stores, n| async move {
        let mut takes = vec![one(n, "1/1h"), one(SHARED, "100/1h")];
        if asks_too_much(n) {
            takes.extend([one(100 + n, "1/1h"), one(100 + n, "2/1h")]);
        }
        (n, stores.buckets().take(takes, at(0)).await.unwrap())
    });

    let mut admitted = 0;
    for (n, outcome) in outcomes.await {
        let mut expected = Vec::new();
        expected.extend(has_nothing_left(n).then(|| one(n, "1/1h").key));
        expected.extend(asks_too_much(n).then(|| one(100 + n, "1/1h").key));
        assert_eq!(outcome.refused(), expected, "take {n}");
        admitted += u32::from(outcome == TakeOutcome::ADMITTED);
    }
    let rest = Take { cost: 100 - admitted, ..one(SHARED, "100/1h") };
    assert_eq!(stores.buckets().take(vec![rest], at(0)).await.unwrap(), TakeOutcome::ADMITTED);
    assert_eq!(stores.buckets().take(vec![one(SHARED, "100/1h")], at(0)).await.unwrap().refused().len(), 1);
}

async fn looks_at_once_each_find_their_own(stores: &Stores) {
    let found: Vec<SignedIn> = vec![signed_in(stores, 1).await, signed_in(stores, 2).await];

    let asked = (0..CALLS).map(|n| match n % 3 {
        2 => (SessionId::from_bytes(id("session", 1000 + n)), None),
        n => (found[n as usize].session.id, Some(found[n as usize].clone())),
    });
    let outcomes = race(stores, asked, |stores, (session, expected)| async move {
        (stores.sessions().find(session).await.unwrap(), expected)
    });

    for (found, expected) in outcomes.await {
        assert_eq!(found, expected);
    }
}

async fn of_refreshes_at_once_those_that_are_good_succeed(stores: &Stores) {
    let sessions = sessions(stores, 12).await;
    stores.sessions().end(sessions[3].id, at(30), audit(100, AuditKind::SessionEnded)).await.unwrap();
    disabled(stores, 100, sessions[5].user).await;
    rotate(stores, 100, &sessions[7]).await.unwrap();
    let unknown = Session { id: SessionId::from_bytes(id("session", 99)), ..sessions[0].clone() };
    let asked: Vec<_> = (0..).zip(sessions.iter().chain([&unknown]).cloned()).collect();

    let outcomes =
        race(stores, asked, |stores, (n, session)| async move { (n, rotate(&stores, n, &session).await.unwrap()) });

    for (n, outcome) in outcomes.await {
        let expected = if [3, 5, 7, 12].contains(&n) { RotateOutcome::Conflict } else { RotateOutcome::Rotated };
        assert_eq!(outcome, expected, "session {n}");
    }
}

async fn of_refreshes_at_once_one_that_fails_fails_alone(stores: &Stores) {
    let sessions = sessions(stores, 12).await;
    let (_, recorded) = traces(stores).await;
    rotate(stores, 1, &sessions[1]).await.unwrap();
    // The event of the fifth has the name of one that is there.
    let asked: Vec<_> = (2..).zip(sessions[2..].iter().cloned()).collect();

    let outcomes = race(stores, asked, |stores, (n, session)| async move {
        (session.id, n, rotate(&stores, if n == 5 { 1 } else { n }, &session).await)
    });

    for (session, n, outcome) in outcomes.await {
        let kept = session_now(stores, session).await.generation;
        if n == 5 {
            assert!(outcome.is_err());
            assert_eq!(kept, Generation(0));
        } else {
            assert_eq!(outcome.unwrap(), RotateOutcome::Rotated, "session {n}");
            assert_eq!(kept, Generation(1));
        }
    }
    assert_eq!(traces(stores).await.1, recorded + 10);
}

async fn callers_that_go_away_disturb_nobody(stores: &Stores) {
    let sessions = sessions(stores, 16).await;
    let (_, recorded) = traces(stores).await;

    let calls: Vec<_> = (0..)
        .zip(sessions.clone())
        .map(|(n, session)| {
            let stores = stores.clone();
            tokio::spawn(async move { rotate(&stores, n, &session).await })
        })
        .collect();
    for call in calls.iter().skip(1).step_by(2) {
        call.abort();
    }

    let mut stayed = 0;
    for (n, call) in (0..).zip(calls) {
        match call.await {
            Ok(outcome) => assert_eq!(outcome.unwrap(), RotateOutcome::Rotated),
            Err(gone) => assert!(gone.is_cancelled() && n % 2 == 1),
        }
        stayed += 1;
    }
    assert_eq!(stayed, 16);
    // What was under way is done or not, with its event.
    let mut moved = 0;
    for session in &sessions {
        moved += session_now(stores, session.id).await.generation.0 as usize;
    }
    assert!((8..=16).contains(&moved), "{moved}");
    assert!(traces(stores).await.1 >= recorded + 8);
}

async fn of_refreshes_at_once_one_that_fails_two_that_race_and_one_that_goes_away_disturb_nobody(stores: &Stores) {
    let sessions = sessions(stores, 12).await;
    rotate(stores, 1, &sessions[1]).await.unwrap();
    // The event of the fifth has the name of one that is there, and the seventh is refreshed twice.
    let call = |event: u32, session: &Session| {
        let (stores, session) = (stores.clone(), session.clone());
        tokio::spawn(async move { rotate(&stores, event, &session).await })
    };

    let calls: Vec<_> = (2..12).map(|n| call(if n == 5 { 1 } else { n }, &sessions[n as usize])).collect();
    let twin = call(107, &sessions[7]);
    calls[9 - 2].abort();

    let mut winners = usize::from(twin.await.unwrap().unwrap() == RotateOutcome::Rotated);
    for (n, call) in (2..).zip(calls) {
        match n {
            5 => assert!(call.await.unwrap().is_err()),
            7 => winners += usize::from(call.await.unwrap().unwrap() == RotateOutcome::Rotated),
            9 => drop(call.await),
            _ => assert_eq!(call.await.unwrap().unwrap(), RotateOutcome::Rotated, "session {n}"),
        }
    }
    assert_eq!(winners, 1);
    assert_eq!(session_now(stores, sessions[5].id).await.generation, Generation(0));
    assert_eq!(session_now(stores, sessions[7].id).await.generation, Generation(1));
}

async fn of_starts_at_once_one_that_fails_fails_alone(stores: &Stores) {
    let kept = Challenge { subject: Subject::Unclaimed, ..challenge(1) };
    stores.flows().start(start(1, kept.clone())).await.unwrap();
    let (sent, recorded) = traces(stores).await;

    let asked = (2..2 + CALLS).map(|n| {
        // The tenth has the name of one that is there, and every third sends nothing.
        let challenge = if n == 10 { kept.clone() } else { Challenge { subject: Subject::Unclaimed, ..challenge(n) } };
        let start = start(n, challenge);
        if n % 3 == 0 { Start { message: None, ..start } } else { start }
    });
    let outcomes = race(stores, asked.clone(), |stores, start| async move {
        (start.challenge.clone(), stores.flows().start(start).await)
    });

    for (challenge, outcome) in outcomes.await {
        assert_eq!(outcome.is_err(), challenge.id == kept.id, "{outcome:?}");
        assert_eq!(stores.flows().find(challenge.id).await.unwrap().map(|flow| flow.challenge), Some(challenge));
    }
    let messages = asked.filter(|start| start.message.is_some() && start.challenge.id != kept.id).count();
    assert_eq!(traces(stores).await, (sent + messages, recorded + CALLS as usize - 1));
}

/// The end of a login of account `n` by its number, as session `100 + n`.
async fn login(stores: &Stores, n: u32, owner: &SignedIn) -> OpenSession {
    open_session(100 + n, &started(stores, 100 + n, challenge_of_login(n, owner)).await, &owner.user)
}

fn challenge_of_login(n: u32, owner: &SignedIn) -> Challenge {
    let (kind, target) = ((Purpose::Login, Step::PhoneCode), Target::Phone(phone(n)));
    challenge_of(100 + n, kind, target, Subject::Account(owner.user.id))
}

async fn of_logins_at_once_each_comes_to_its_own_outcome(stores: &Stores) {
    let mut owners = Vec::new();
    for n in 1..=10 {
        owners.push(signed_in(stores, n).await);
    }
    disabled(stores, 100, owners[1].user.id).await;
    let mut logins = Vec::new();
    for (n, owner) in (1..).zip(&owners) {
        logins.push(login(stores, n, owner).await);
    }
    // The fourth comes twice, the sixth has another number, the eighth ends the session there was.
    logins[3].session.id = SessionId::from_bytes(id("session", 500));
    let twice = open_session(104, &challenge_of_login(4, &owners[3]), &owners[3].user);
    logins[5].number = Some(phone(99));
    logins[7].cap = SessionCap { most: 1, ..logins[7].cap.clone() };
    let asked: Vec<_> = logins.iter().cloned().enumerate().chain([(3, twice)]).collect();

    let outcomes =
        race(
            stores,
            asked,
            |stores, (n, login)| async move { (n, login.session.id, stores.logins().open(login).await) },
        );

    let mut fourth = 0;
    for (n, session, outcome) in outcomes.await {
        let is_opened = stores.sessions().find(session).await.unwrap().is_some();
        match n {
            1 | 5 => assert_eq!((outcome.unwrap(), is_opened), (LoginOutcome::Refused, false), "login {n}"),
            3 => fourth += usize::from(is_opened),
            _ => assert_eq!((outcome.unwrap(), is_opened), (LoginOutcome::Opened(owners[n].user.clone()), true)),
        }
    }
    assert_eq!(fourth, 1);
    assert!(!is_live(stores, owners[7].session.id).await && is_live(stores, owners[8].session.id).await);
    for login in logins {
        assert!(!is_open(stores, login.challenge, at(1)).await);
    }
}

async fn of_logins_at_once_one_that_fails_fails_alone(stores: &Stores) {
    let mut logins = Vec::new();
    for n in 1..=10 {
        let owner = signed_in(stores, n).await;
        logins.push(login(stores, n, &owner).await);
    }
    // The third session has the name of one that is there.
    logins[2].session.id = SessionId::from_bytes(id("session", 1));
    let asked: Vec<_> = logins.iter().cloned().enumerate().collect();

    let outcomes = race(stores, asked, |stores, (n, login)| async move { (n, stores.logins().open(login).await) });

    for (n, outcome) in outcomes.await {
        let is_kept = is_open(stores, logins[n].challenge, at(1)).await;
        assert_eq!((outcome.is_err(), is_kept), (n == 2, n == 2), "login {n}: {outcome:?}");
    }
}

async fn of_settlements_at_once_each_comes_to_its_own_verdict(stores: &Stores) {
    for n in 0..CALLS {
        post(stores, n, message(n)).await;
    }
    let claimed = claim(stores, 0, CALLS).await;

    let asked: Vec<(u32, Claimed)> = (0..).zip(claimed).collect();
    race(stores, asked.clone(), |stores, (n, claimed)| async move {
        let verdict = match n % 5 {
            0 => Verdict::Done,
            1 => retry(10),
            2 => Verdict::Wait { until: at(20) },
            _ => dead(),
        };
        // Every fifth message is somebody else's by now.
        let leased_until = if n % 5 == 4 { at(1) } else { claimed.leased_until };
        settle(&stores, &Claimed { leased_until, ..claimed }, verdict).await;
    })
    .await;

    for (n, Claimed { message, .. }) in asked {
        let found = stores.outbox().find(message.id).await.unwrap();
        let waiting = |next_try_at| EntryState::Waiting { next_try_at };
        let expected = match n % 5 {
            0 => None,
            1 => Some((1, waiting(at(10)), Some("the provider is busy".to_owned()))),
            2 => Some((0, waiting(at(20)), None)),
            3 => Some((1, EntryState::Dead { since: at(7) }, Some("no such mailbox — ever".to_owned()))),
            _ => Some((0, waiting(message.created_at), None)),
        };
        assert_eq!(found.map(|entry| (entry.tries, entry.state, entry.failure)), expected, "message {n}");
    }
}
