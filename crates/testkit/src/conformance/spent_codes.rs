//! Codes of authenticator apps and recovery codes, used up by the step that closes a flow.

use std::time::Duration;

use doorward_app::{
    SignedIn, SpentCode,
    logins::{LoginOutcome, OpenSession},
    profile::{CompleteReset, ResetOutcome},
    sessions::{CompleteStepUp, StepUpOutcome},
    totp::SpendOutcome,
};
use doorward_kernel::ChallengeId;
use doorward_otp::{Challenge, Purpose, Step, Subject, Target, TimeStep};

use super::{
    Stores,
    authenticators::enrolled,
    race::{CALLS, ROUNDS, count, race},
    recoveries::{complete_reset, reset_of},
    scene::{account, disabled, is_open, is_recorded, is_waiting, session_now, started, traces},
    step_ups::{self, completion},
    totp_codes::last_step,
};
use crate::fixtures::{at, challenge_of, open_session, phone, spent_recovery, spent_step};

cases![
    every_step_uses_up_the_code_of_an_app,
    every_step_uses_up_a_recovery_code_and_its_owner_is_told,
    a_code_that_was_used_before_or_is_none_changes_nothing,
    a_closed_flow_says_so_whatever_the_code_and_spends_none,
    a_session_that_moved_on_and_a_disabled_account_spend_no_code,
    of_many_flows_with_one_code_at_once_one_wins,
    of_many_submits_of_one_flow_at_once_one_wins_and_none_is_a_guess,
];

/// A step that closes its flow and uses up a code.
#[derive(Clone, Debug)]
enum Completion {
    Login(Box<OpenSession>),
    StepUp(Box<CompleteStepUp>),
    Reset(Box<CompleteReset>),
}

/// The outcome of any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Done,
    Closed,
    CodeRefused,
    Other,
}

impl Completion {
    fn challenge(&self) -> ChallengeId {
        match self {
            Self::Login(open) => open.challenge,
            Self::StepUp(complete) => complete.challenge,
            Self::Reset(complete) => complete.challenge,
        }
    }

    fn spending(self, code: SpentCode) -> Self {
        let spends = Some(code);
        match self {
            Self::Login(open) => Self::Login(Box::new(OpenSession { spends, ..*open })),
            Self::StepUp(complete) => Self::StepUp(Box::new(CompleteStepUp { spends, ..*complete })),
            Self::Reset(complete) => Self::Reset(Box::new(CompleteReset { spends, ..*complete })),
        }
    }
}

async fn complete(stores: &Stores, completion: Completion) -> End {
    match completion {
        Completion::Login(open) => match stores.logins().open(*open).await.unwrap() {
            LoginOutcome::Opened(_) => End::Done,
            LoginOutcome::Closed => End::Closed,
            LoginOutcome::CodeRefused => End::CodeRefused,
            LoginOutcome::Refused | LoginOutcome::Conflict => End::Other,
        },
        Completion::StepUp(complete) => match stores.sessions().step_up(*complete).await.unwrap() {
            StepUpOutcome::SteppedUp => End::Done,
            StepUpOutcome::Closed => End::Closed,
            StepUpOutcome::CodeRefused => End::CodeRefused,
            StepUpOutcome::Conflict => End::Other,
        },
        Completion::Reset(complete) => match stores.profiles().complete_reset(*complete).await.unwrap() {
            ResetOutcome::Reset(_) => End::Done,
            ResetOutcome::Closed => End::Closed,
            ResetOutcome::CodeRefused => End::CodeRefused,
        },
    }
}

/// A login that began with the password, so that it verifies no number.
async fn login(stores: &Stores, n: u32, SignedIn { user, .. }: &SignedIn) -> OpenSession {
    let step = (Purpose::Login, Step::Totp);
    let challenge = challenge_of(n, step, Target::Email(user.email.clone()), Subject::Account(user.id));
    let challenge = started(stores, n, challenge).await;
    OpenSession { number: None, ..open_session(n, &challenge, user) }
}

async fn step_up(stores: &Stores, n: u32, member: &SignedIn) -> CompleteStepUp {
    let challenge = step_ups::asked(stores, n, member).await;
    completion(n, &challenge, &session_now(stores, member.session.id).await)
}

/// One of each, the reset last, as it closes the others; `n` and the two after it name them.
async fn one_of_each(stores: &Stores, n: u32, member: &SignedIn) -> [Completion; 3] {
    let login = login(stores, n, member).await;
    let step_up = step_up(stores, n + 1, member).await;
    let reset = started(stores, n + 2, reset_of(n + 2, &member.user)).await;
    let reset = complete_reset(n + 2, &member.user, &reset);
    [Completion::Login(Box::new(login)), Completion::StepUp(Box::new(step_up)), Completion::Reset(Box::new(reset))]
}

async fn every_step_uses_up_the_code_of_an_app(stores: &Stores) {
    let member = enrolled(stores, 1).await;
    for (n, completion) in (101..).zip(one_of_each(stores, 10, &member).await) {
        let code = spent_step(n, member.user.id, n.into());

        assert_eq!(complete(stores, completion.clone().spending(code.clone())).await, End::Done, "{completion:?}");

        assert_eq!(last_step(stores, member.user.id).await, Some(TimeStep(n.into())));
        assert!(is_recorded(stores, &code.audit).await);
        assert!(!is_open(stores, completion.challenge(), at(60)).await);
    }
}

async fn every_step_uses_up_a_recovery_code_and_its_owner_is_told(stores: &Stores) {
    let member = enrolled(stores, 1).await;
    for (n, completion) in (10..).zip(one_of_each(stores, 10, &member).await) {
        let code = spent_recovery(n, member.user.id, &[n]);

        assert_eq!(complete(stores, completion.clone().spending(code.clone())).await, End::Done, "{completion:?}");

        assert!(is_recorded(stores, &code.audit).await);
        assert!(is_waiting(stores, &code.notice.unwrap()).await);
        let again = stores.authenticators().spend(spent_recovery(n + 50, member.user.id, &[n])).await.unwrap();
        assert_eq!(again, SpendOutcome::Refused);
    }
}

async fn a_code_that_was_used_before_or_is_none_changes_nothing(stores: &Stores) {
    let member = enrolled(stores, 1).await;
    let user = member.user.id;
    stores.authenticators().spend(spent_step(1, user, 101)).await.unwrap();
    stores.authenticators().spend(spent_recovery(2, user, &[10])).await.unwrap();
    let completions = one_of_each(stores, 10, &member).await;
    let (before, owner) = (traces(stores).await, account(stores, user).await);

    for code in [spent_step(3, user, 101), spent_recovery(4, user, &[10]), spent_recovery(5, user, &[99])] {
        for completion in completions.clone() {
            assert_eq!(complete(stores, completion.clone().spending(code.clone())).await, End::CodeRefused);
            assert!(is_open(stores, completion.challenge(), at(60)).await, "{completion:?}");
        }
    }

    assert_eq!((traces(stores).await, account(stores, user).await), (before, owner));
    assert_eq!(session_now(stores, member.session.id).await, member.session);
    for (n, completion) in (102..).zip(completions) {
        assert_eq!(complete(stores, completion.spending(spent_step(n, user, n.into()))).await, End::Done);
    }
}

async fn a_closed_flow_says_so_whatever_the_code_and_spends_none(stores: &Stores) {
    let member = enrolled(stores, 1).await;
    let user = member.user.id;
    let completions = one_of_each(stores, 10, &member).await;
    for (n, completion) in (101..).zip(completions.clone()) {
        assert_eq!(complete(stores, completion.spending(spent_step(n, user, n.into()))).await, End::Done);
    }
    let before = traces(stores).await;

    for code in [spent_step(1, user, 103), spent_step(2, user, 104), spent_recovery(3, user, &[10])] {
        for completion in completions.clone() {
            assert_eq!(complete(stores, completion.spending(code.clone())).await, End::Closed);
        }
    }

    assert_eq!((traces(stores).await, last_step(stores, user).await), (before, Some(TimeStep(103))));
    assert_eq!(stores.authenticators().spend(spent_recovery(4, user, &[10])).await.unwrap(), SpendOutcome::Spent);
}

async fn a_session_that_moved_on_and_a_disabled_account_spend_no_code(stores: &Stores) {
    let member = enrolled(stores, 1).await;
    let user = member.user.id;
    let step_up = step_up(stores, 10, &member).await;
    let [login, late, reset] = one_of_each(stores, 20, &member).await;
    let code = spent_step(1, user, 101);
    let stale = CompleteStepUp { from: step_up.from.next(), ..step_up };

    assert_eq!(complete(stores, Completion::StepUp(Box::new(stale)).spending(code.clone())).await, End::Other);
    disabled(stores, 1, user).await;
    for completion in [login, late, reset] {
        assert_ne!(complete(stores, completion.spending(code.clone())).await, End::Done);
    }

    assert_eq!(last_step(stores, user).await, Some(TimeStep(100)));
    assert!(!is_recorded(stores, &code.audit).await);
}

async fn of_many_flows_with_one_code_at_once_one_wins(stores: &Stores) {
    let member = enrolled(stores, 1).await;
    let (user, long_ago) = (member.user.id, at(0) - Duration::from_hours(1));
    for round in 1..=ROUNDS {
        let mut logins = Vec::new();
        for n in (round * 100..).take(CALLS as usize) {
            let code = if round % 2 == 0 {
                spent_step(n, user, 100 + u64::from(round))
            } else {
                spent_recovery(n, user, &[10 + round])
            };
            logins.push(Completion::Login(Box::new(login(stores, n, &member).await)).spending(code));
        }
        let live = stores.sessions().list(user, long_ago).await.unwrap().len();

        let ends = race(stores, logins, |stores, login| async move { complete(&stores, login).await }).await;

        assert_eq!(count(&ends, &End::Done), 1);
        assert_eq!(count(&ends, &End::CodeRefused), ends.len() - 1);
        assert_eq!(stores.sessions().list(user, long_ago).await.unwrap().len(), live + 1);
    }
}

async fn of_many_submits_of_one_flow_at_once_one_wins_and_none_is_a_guess(stores: &Stores) {
    let member = enrolled(stores, 1).await;
    let user = member.user.id;
    for round in 1..=ROUNDS {
        let flow = login(stores, round, &member).await;
        let calls = (round * 100..).take(CALLS as usize).map(|n| {
            let challenge = Challenge {
                id: flow.challenge,
                ..challenge_of(n, (Purpose::Login, Step::Totp), Target::Phone(phone(1)), Subject::Account(user))
            };
            let submit = OpenSession { number: None, ..open_session(n, &challenge, &member.user) };
            Completion::Login(Box::new(submit)).spending(spent_step(n, user, 100 + u64::from(round)))
        });

        let ends = race(stores, calls, |stores, submit| async move { complete(&stores, submit).await }).await;

        assert_eq!(count(&ends, &End::Done), 1);
        assert_eq!(count(&ends, &End::Closed), ends.len() - 1);
    }
}
