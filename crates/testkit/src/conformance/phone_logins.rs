//! Sessions, opened by those who hold a number.

use std::time::Duration;

use doorward_app::{
    flow::CountOutcome,
    logins::{LoginOutcome, OpenSession},
};
use doorward_kernel::{AuditKind, Client, PhoneNumber};
use doorward_otp::{Challenge, Purpose, Step, Subject, Target};
use doorward_session::{Carrier, Generation, Method, Methods, Session};
use doorward_user::{User, UserPhone};

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
    scene::{
        account, challenge_now, disabled, is_live, is_open, is_recorded, registered_as, session_now, signed_in,
        started, traces,
    },
};
use crate::fixtures::{at, audit, challenge_of, number_verification, open_session, phone, user, verifier};

cases![
    the_owner_of_a_number_gets_a_session,
    a_login_whose_checked_password_has_changed_is_refused,
    a_login_whose_checked_password_is_still_good_is_opened,
    every_field_of_a_session_is_kept,
    a_login_needs_an_open_challenge,
    a_disabled_account_is_refused_and_the_challenge_closed,
    an_account_that_does_not_carry_the_number_is_refused,
    a_claim_without_a_verification_is_refused,
    of_many_right_codes_at_once_one_opens_a_session,
    a_right_code_among_wrong_ones_wins_before_the_last_try_or_not_at_all,
];

pub(super) async fn open(stores: &Stores, open: OpenSession) -> LoginOutcome {
    stores.logins().open(open).await.unwrap()
}

pub(super) fn login_of(n: u32, number: &PhoneNumber, subject: Subject) -> Challenge {
    challenge_of(n, (Purpose::Login, Step::PhoneCode), Target::Phone(number.clone()), subject)
}

/// A started login of the account to number 1.
pub(super) async fn login(stores: &Stores, n: u32, user: &User) -> Challenge {
    started(stores, n, login_of(n, &phone(1), Subject::Account(user.id))).await
}

/// Account `n`, which claims number 1.
pub(super) async fn claimant(stores: &Stores, n: u32) -> User {
    let claim = UserPhone { number: phone(1), verified_at: None };
    registered_as(stores, n, User { phone: Some(claim), ..user(n) }).await
}

/// The end of a login that verifies number 1.
pub(super) fn verifying(n: u32, challenge: &Challenge, user: &User, others: &[User]) -> OpenSession {
    let number_verification = number_verification(n, user, &phone(1), others);
    OpenSession { number_verification: Some(number_verification), ..open_session(n, challenge, user) }
}

async fn the_owner_of_a_number_gets_a_session(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let challenge = login(stores, 2, &owner).await;
    let opening = open_session(2, &challenge, &owner);
    let (sent, recorded) = traces(stores).await;

    let outcome = open(stores, opening.clone()).await;

    assert_eq!(outcome, LoginOutcome::Opened(owner.clone()));
    assert_eq!(session_now(stores, opening.session.id).await, opening.session);
    assert_eq!(challenge_now(stores, challenge.id).await, Challenge { closed_at: Some(opening.now), ..challenge });
    assert_eq!(account(stores, owner.id).await, owner);
    assert!(is_recorded(stores, &opening.audit).await);
    assert_eq!(traces(stores).await, (sent, recorded + 1));
}

async fn a_login_whose_checked_password_has_changed_is_refused(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let claimant = claimant(stores, 2).await;
    let attempts = [
        open_session(3, &login(stores, 3, &owner).await, &owner),
        verifying(4, &login(stores, 4, &claimant).await, &claimant, &[]),
    ];
    for attempt in attempts {
        let session = attempt.session.id;

        let outcome = open(stores, OpenSession { checked: Some(verifier(999)), ..attempt }).await;

        assert_eq!(outcome, LoginOutcome::Refused);
        assert_eq!(stores.sessions().find(session).await.unwrap(), None);
    }
}

async fn a_login_whose_checked_password_is_still_good_is_opened(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let challenge = login(stores, 2, &owner).await;
    let checked = stores.users().verifier(owner.id).await.unwrap();

    let outcome = open(stores, OpenSession { checked, ..open_session(2, &challenge, &owner) }).await;

    assert_eq!(outcome, LoginOutcome::Opened(owner));
}

async fn every_field_of_a_session_is_kept(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let carriers = [Carrier::Cookie, Carrier::Token];
    let clients = [Client::default(), Client { device: Some("Žofie’s 李".to_owned()), network: None }];
    for (n, (carrier, client)) in (2..).zip(carriers.into_iter().zip(clients)) {
        let challenge = login(stores, n, &owner).await;
        let opening = open_session(n, &challenge, &owner);
        let session = Session {
            carrier,
            client,
            generation: Generation(7),
            methods: Methods::new(&[Method::RecoveryCode, Method::Password, Method::Sms, Method::Totp]),
            rotated_at: at(1) + Duration::from_micros(1),
            auth_time: at(2) + Duration::from_micros(2),
            created_at: at(3) + Duration::from_micros(3),
            last_seen_at: at(4) + Duration::from_micros(4),
            ..opening.session.clone()
        };

        open(stores, OpenSession { session: session.clone(), ..opening }).await;

        assert_eq!(session_now(stores, session.id).await, session);
    }
}

async fn a_login_needs_an_open_challenge(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let account_of_owner = Subject::Account(owner.id);
    let expired = Challenge { expires_at: at(1), ..login_of(2, &phone(1), account_of_owner) };
    let exhausted = Challenge { tries: 5, ..login_of(3, &phone(1), account_of_owner) };
    started(stores, 2, expired.clone()).await;
    started(stores, 3, exhausted.clone()).await;
    let closed = login(stores, 4, &owner).await;
    open(stores, open_session(4, &closed, &owner)).await;
    let unknown = login_of(5, &phone(1), account_of_owner);
    let before = traces(stores).await;

    for (n, challenge) in (10..).zip([&expired, &exhausted, &closed, &unknown]) {
        let opening = open_session(n, challenge, &owner);
        assert_eq!(open(stores, OpenSession { now: at(1), ..opening.clone() }).await, LoginOutcome::Closed, "{n}");
        assert_eq!(stores.sessions().find(opening.session.id).await.unwrap(), None);
    }

    assert_eq!(traces(stores).await, before);
    assert_eq!(challenge_now(stores, expired.id).await, expired);
}

async fn a_disabled_account_is_refused_and_the_challenge_closed(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let claimant = claimant(stores, 2).await;
    for (n, user) in [(1, &owner), (2, &claimant)] {
        disabled(stores, n, user.id).await;
    }
    let [first, second] = [login_of(3, &phone(1), Subject::Unclaimed), login_of(4, &phone(1), Subject::Unclaimed)];
    started(stores, 3, first.clone()).await;
    started(stores, 4, second.clone()).await;
    let before = traces(stores).await;

    let attempts = [open_session(3, &first, &owner), verifying(4, &second, &claimant, &[owner])];
    for attempt in attempts {
        assert_eq!(open(stores, attempt.clone()).await, LoginOutcome::Refused);
        assert!(!is_open(stores, attempt.challenge, at(2)).await);
        assert_eq!(stores.sessions().find(attempt.session.id).await.unwrap(), None);
    }

    assert_eq!(traces(stores).await, before);
}

async fn an_account_that_does_not_carry_the_number_is_refused(stores: &Stores) {
    let owner = signed_in(stores, 2).await.user;
    let [plain, with_verification] = [login(stores, 3, &owner).await, login(stores, 4, &owner).await];
    let before = traces(stores).await;

    for attempt in [open_session(3, &plain, &owner), verifying(4, &with_verification, &owner, &[])] {
        assert_eq!(open(stores, attempt.clone()).await, LoginOutcome::Refused);
        assert!(!is_open(stores, attempt.challenge, at(2)).await);
        assert_eq!(stores.sessions().find(attempt.session.id).await.unwrap(), None);
    }

    assert_eq!(account(stores, owner.id).await, owner);
    assert_eq!(traces(stores).await, before);
}

async fn a_claim_without_a_verification_is_refused(stores: &Stores) {
    let user = claimant(stores, 1).await;
    let challenge = login(stores, 1, &user).await;
    let attempt = open_session(1, &challenge, &user);

    assert_eq!(open(stores, attempt.clone()).await, LoginOutcome::Refused);

    assert!(!is_open(stores, challenge.id, at(2)).await);
    assert_eq!(stores.sessions().find(attempt.session.id).await.unwrap(), None);
    assert_eq!(account(stores, user.id).await, user);
}

async fn of_many_right_codes_at_once_one_opens_a_session(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    for round in 1..=ROUNDS {
        let challenge = login(stores, 100 + round, &owner).await;
        let (_, recorded) = traces(stores).await;

        let attempts: Vec<_> = (0..CALLS).map(|i| open_session(round * 1000 + i, &challenge, &owner)).collect();
        let outcomes =
            race(stores, attempts.clone(), |stores, attempt| async move { open(&stores, attempt).await }).await;

        assert_eq!(count(&outcomes, &LoginOutcome::Opened(owner.clone())), 1);
        assert_eq!(count(&outcomes, &LoginOutcome::Closed), outcomes.len() - 1);
        let mut live = 0;
        for attempt in attempts {
            live += usize::from(is_live(stores, attempt.session.id).await);
        }
        assert_eq!(live, 1);
        assert_eq!(traces(stores).await.1, recorded + 1);
    }
}

async fn a_right_code_among_wrong_ones_wins_before_the_last_try_or_not_at_all(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    for round in 1..=ROUNDS {
        let challenge = login(stores, 100 + round, &owner).await;
        let attempt = open_session(100 + round, &challenge, &owner);

        let calls = (0..CALLS).map(|i| ((i == CALLS / 2).then(|| attempt.clone()), round * 100 + i));
        let id = challenge.id;
        let counted = race(stores, calls, |stores, (attempt, n)| async move {
            if let Some(attempt) = attempt {
                open(&stores, attempt).await;
                return false;
            }
            let event = audit(n, AuditKind::FlowFailed);
            stores.flows().count_wrong(id, at(1), event).await.unwrap() != CountOutcome::Closed
        })
        .await;

        let counted = count(&counted, &true);
        let is_in = is_live(stores, attempt.session.id).await;
        assert!(if is_in { counted < 5 } else { counted == 5 }, "{counted} counted, signed in: {is_in}");
        assert_eq!(usize::from(challenge_now(stores, challenge.id).await.tries), counted);
    }
}
