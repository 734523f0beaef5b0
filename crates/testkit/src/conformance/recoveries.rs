//! Passwords set anew without the old one.

use doorward_app::profile::{CompleteReset, ResetOutcome};
use doorward_kernel::{AuditEvent, AuditKind, EmailAddress};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Challenge, Purpose, Step, Subject, Target};
use doorward_user::User;

use super::{
    Stores,
    lockouts::{alone, consecutive, count as count_try},
    race::{CALLS, ROUNDS, count, race},
    scene::{
        account, another_session, challenge_now, disabled, is_live, is_open, is_recorded, is_waiting, registered,
        signed_in, signed_out, started, traces,
    },
    undos::change_email,
};
use crate::fixtures::{at, audit, challenge_of, email, notice, phone, set_password, verifier};

cases![
    an_account_is_found_by_the_key_of_its_address,
    an_address_that_was_changed_recovers_nothing_for_a_while,
    a_reset_closes_the_other_ones_of_its_account_and_nobody_elses,
    a_reset_sets_the_password_and_tells,
    a_reset_forgets_the_tries_at_the_password_before,
    a_reset_that_comes_to_nothing_forgets_no_tries,
    a_reset_ends_every_session,
    a_reset_closes_all_that_is_under_way,
    a_reset_needs_an_open_challenge,
    the_challenge_of_a_disabled_account_is_closed,
    a_change_of_address_closes_open_resets,
    of_many_right_codes_at_once_one_sets_the_password,
    of_many_resets_of_one_account_at_once_one_sets_the_password,
];

fn reset_for(n: u32, to: EmailAddress, subject: Subject) -> Challenge {
    challenge_of(n, (Purpose::ResetPassword, Step::EmailCode), Target::Email(to), subject)
}

/// The reset of an account's password.
pub(super) fn reset_of(n: u32, user: &User) -> Challenge {
    reset_for(n, user.email.clone(), Subject::Account(user.id))
}

/// The end of that reset.
pub(super) fn complete_reset(n: u32, user: &User, challenge: &Challenge) -> CompleteReset {
    let (owner, id) = (Some(user.id), Some(challenge.id));
    CompleteReset {
        challenge: challenge.id,
        user: user.id,
        spends: None,
        new_password: set_password(5000 + n),
        notices: vec![notice(n, NoticeTemplate::PasswordReset, &user.email)],
        now: at(60),
        audit: AuditEvent { user: owner, challenge: id, ..audit(n, AuditKind::PasswordReset) },
    }
}

async fn complete(stores: &Stores, complete: CompleteReset) -> ResetOutcome {
    stores.profiles().complete_reset(complete).await.unwrap()
}

async fn an_account_is_found_by_the_key_of_its_address(stores: &Stores) {
    let user = registered(stores, 1).await;
    let find = async |text: &str| {
        let email = EmailAddress::parse(text).unwrap();
        stores.users().find_by_settled_email(&email, at(0)).await.unwrap()
    };

    assert_eq!(find("PERSON1@Example.com").await, Some(user));
    assert_eq!(find("person2@example.com").await, None);
}

async fn an_address_that_was_changed_recovers_nothing_for_a_while(stores: &Stores) {
    let user = signed_in(stores, 1).await.user;
    change_email(stores, 2, &user, &email(2)).await;
    let find =
        async |email: &EmailAddress, since| stores.users().find_by_settled_email(email, at(since)).await.unwrap();

    assert_eq!(find(&email(2), 60).await, None);
    assert_eq!(find(&email(2), 61).await, Some(account(stores, user.id).await));
    assert_eq!(find(&email(1), 61).await, None);
}

async fn a_reset_closes_the_other_ones_of_its_account_and_nobody_elses(stores: &Stores) {
    let (user, other) = (registered(stores, 1).await, registered(stores, 2).await);
    let closing = [reset_of(3, &user), reset_of(4, &user)];
    let kept = [reset_of(5, &other), reset_for(6, email(9), Subject::Decoy)];
    for (n, challenge) in (10..).zip(closing.iter().chain(&kept)) {
        started(stores, n, challenge.clone()).await;
    }
    for challenge in closing.iter().chain(&kept) {
        assert!(is_open(stores, challenge.id, at(59)).await, "a start closes nobody's");
    }

    let first = complete_reset(3, &user, &closing[0]);
    assert!(matches!(complete(stores, first).await, ResetOutcome::Reset(_)));

    assert!(!is_open(stores, closing[1].id, at(60)).await);
    for challenge in &kept {
        assert!(is_open(stores, challenge.id, at(60)).await);
    }
    assert_eq!(complete(stores, complete_reset(4, &user, &closing[1])).await, ResetOutcome::Closed);
}

async fn a_reset_sets_the_password_and_tells(stores: &Stores) {
    let user = registered(stores, 1).await;
    let challenge = started(stores, 2, reset_of(2, &user)).await;
    let attempt = complete_reset(2, &user, &challenge);

    let outcome = complete(stores, attempt.clone()).await;

    let expected = User { updated_at: at(60), ..signed_out(user) };
    assert_eq!(outcome, ResetOutcome::Reset(expected.clone()));
    assert_eq!(account(stores, expected.id).await, expected);
    assert_eq!(stores.users().verifier(expected.id).await.unwrap(), Some(attempt.new_password.verifier));
    assert_eq!(challenge_now(stores, challenge.id).await.closed_at, Some(at(60)));
    assert!(is_waiting(stores, &attempt.notices[0]).await);
    assert!(is_recorded(stores, &attempt.audit).await);
}

async fn a_reset_forgets_the_tries_at_the_password_before(stores: &Stores) {
    let user = registered(stores, 1).await;
    let challenge = started(stores, 2, reset_of(2, &user)).await;
    for authenticator in [1, 2] {
        count_try(stores, alone(authenticator), 0).await;
    }

    complete(stores, complete_reset(2, &user, &challenge)).await;

    assert_eq!(consecutive(stores, alone(1), 0).await, [1]);
    assert_eq!(consecutive(stores, alone(2), 0).await, [2]);
}

async fn a_reset_that_comes_to_nothing_forgets_no_tries(stores: &Stores) {
    let user = registered(stores, 1).await;
    let closed = started(stores, 2, Challenge { closed_at: Some(at(1)), ..reset_of(2, &user) }).await;
    count_try(stores, alone(1), 0).await;

    complete(stores, complete_reset(2, &user, &closed)).await;

    assert_eq!(consecutive(stores, alone(1), 0).await, [2]);
}

async fn a_reset_ends_every_session(stores: &Stores) {
    let first = signed_in(stores, 1).await;
    let second = another_session(stores, 2, &first.user).await;
    let stranger = signed_in(stores, 3).await;
    let challenge = started(stores, 4, reset_of(4, &first.user)).await;

    complete(stores, complete_reset(4, &first.user, &challenge)).await;

    assert!(!is_live(stores, first.session.id).await && !is_live(stores, second.session.id).await);
    assert!(is_live(stores, stranger.session.id).await);
}

async fn a_reset_closes_all_that_is_under_way(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let owned = Subject::Account(signed_in.user.id);
    let of_email = |n, subject| Challenge {
        session: Some(signed_in.session.id),
        ..challenge_of(n, (Purpose::ChangeEmail, Step::EmailCode), Target::Email(email(9)), subject)
    };
    let closing = [
        challenge_of(10, (Purpose::Login, Step::PhoneCode), Target::Phone(phone(1)), owned),
        challenge_of(11, (Purpose::ChangePhone, Step::PhoneCode), Target::Phone(phone(9)), owned),
        of_email(12, owned),
        of_email(13, Subject::Decoy),
        reset_of(14, &signed_in.user),
    ];
    for (n, challenge) in (20..).zip(&closing) {
        started(stores, n, challenge.clone()).await;
    }
    let challenge = started(stores, 2, reset_of(2, &signed_in.user)).await;

    complete(stores, complete_reset(2, &signed_in.user, &challenge)).await;

    for challenge in closing {
        assert_eq!(challenge_now(stores, challenge.id).await.closed_at, Some(at(60)));
    }
}

async fn a_reset_needs_an_open_challenge(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let closed = started(stores, 2, Challenge { closed_at: Some(at(1)), ..reset_of(2, &signed_in.user) }).await;
    let expired = started(stores, 3, Challenge { expires_at: at(60), ..reset_of(3, &signed_in.user) }).await;
    let exhausted = started(stores, 4, Challenge { tries: 5, ..reset_of(4, &signed_in.user) }).await;
    let before = traces(stores).await;

    for challenge in [closed, expired, exhausted] {
        let attempt = complete_reset(9, &signed_in.user, &challenge);
        assert_eq!(complete(stores, attempt).await, ResetOutcome::Closed);
    }

    assert_eq!(stores.users().verifier(signed_in.user.id).await.unwrap(), Some(verifier(1)));
    assert!(is_live(stores, signed_in.session.id).await);
    assert_eq!(traces(stores).await, before);
}

async fn the_challenge_of_a_disabled_account_is_closed(stores: &Stores) {
    let user = registered(stores, 1).await;
    disabled(stores, 1, user.id).await;
    let challenge = started(stores, 2, reset_of(2, &user)).await;
    let before = traces(stores).await;

    assert_eq!(complete(stores, complete_reset(2, &user, &challenge)).await, ResetOutcome::Closed);

    assert!(!is_open(stores, challenge.id, at(60)).await);
    assert_eq!(stores.users().verifier(user.id).await.unwrap(), Some(verifier(1)));
    assert_eq!(traces(stores).await, before);
}

async fn a_change_of_address_closes_open_resets(stores: &Stores) {
    let user = signed_in(stores, 1).await.user;
    let reset = started(stores, 3, reset_of(3, &user)).await;

    change_email(stores, 2, &user, &email(2)).await;

    assert_eq!(challenge_now(stores, reset.id).await.closed_at, Some(at(60)));
}

async fn of_many_right_codes_at_once_one_sets_the_password(stores: &Stores) {
    let user = registered(stores, 1).await;
    for round in 1..=ROUNDS {
        let challenge = started(stores, 1000 + round, reset_of(1000 + round, &user)).await;
        let (sent, recorded) = traces(stores).await;

        let attempts = (0..CALLS).map(|i| complete_reset(round * 100 + i, &user, &challenge));
        let outcomes = race(stores, attempts, |stores, attempt| async move {
            let verifier = attempt.new_password.verifier.clone();
            (complete(&stores, attempt).await != ResetOutcome::Closed).then_some(verifier)
        })
        .await;

        assert_eq!(count(&outcomes, &None), outcomes.len() - 1);
        let winner = outcomes.into_iter().flatten().next();
        assert_eq!(stores.users().verifier(user.id).await.unwrap(), winner);
        assert_eq!(traces(stores).await, (sent + 1, recorded + 1));
    }
}

async fn of_many_resets_of_one_account_at_once_one_sets_the_password(stores: &Stores) {
    let user = registered(stores, 1).await;
    for round in 1..=ROUNDS {
        let mut attempts = Vec::new();
        for n in round * 100..round * 100 + CALLS {
            let challenge = started(stores, n, reset_of(n, &user)).await;
            attempts.push(complete_reset(n, &user, &challenge));
        }
        let (sent, recorded) = traces(stores).await;

        let outcomes = race(stores, attempts, |stores, attempt| async move {
            let verifier = attempt.new_password.verifier.clone();
            (complete(&stores, attempt).await != ResetOutcome::Closed).then_some(verifier)
        })
        .await;

        assert_eq!(count(&outcomes, &None), outcomes.len() - 1);
        let winner = outcomes.into_iter().flatten().next();
        assert_eq!(stores.users().verifier(user.id).await.unwrap(), winner);
        assert_eq!(traces(stores).await, (sent + 1, recorded + 1));
    }
}
