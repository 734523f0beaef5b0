//! On their way to an account, which only a verified address has.

use doorward_app::{flow::Start, registration::StartRegistration};
use doorward_kernel::{ChallengeId, EmailAddress, Locale};
use doorward_user::User;

use super::{
    Stores,
    scene::{challenge_now, is_open, traces, waiting},
};
use crate::fixtures::{at, draft, email, message, names, only_name, start_registration, user};

cases![
    a_start_that_sends_nothing_leaves_all_but_a_message,
    a_start_writes_challenge_draft_message_and_event,
    a_start_may_hold_its_message_for_its_process,
    a_start_makes_no_account,
    a_start_that_fails_leaves_nothing,
    an_unknown_registration_has_no_draft,
    one_address_may_be_registered_many_times_at_once,
    a_draft_keeps_all_that_was_given,
];

pub(super) async fn started(stores: &Stores, n: u32, user: &User) -> ChallengeId {
    let start = start_registration(n, user);
    let challenge = start.flow.challenge.id;
    stores.registrations().start(start).await.unwrap();
    challenge
}

/// The address in capitals: the same one.
pub(super) fn shouted(email: &EmailAddress) -> EmailAddress {
    let local = email.local_part();
    EmailAddress::parse(&email.as_str().replacen(local, &local.to_uppercase(), 1)).expect("an address")
}

async fn a_start_that_sends_nothing_leaves_all_but_a_message(stores: &Stores) {
    let StartRegistration { flow, draft } = start_registration(1, &user(1));
    let flow = Start { message: None, ..flow };

    stores.registrations().start(StartRegistration { flow: flow.clone(), draft: draft.clone() }).await.unwrap();

    assert_eq!(challenge_now(stores, flow.challenge.id).await, flow.challenge);
    assert_eq!(stores.registrations().draft(flow.challenge.id).await.unwrap(), Some(draft));
    assert_eq!(waiting(stores).await, []);
    assert_eq!(stores.audit.events().await, [flow.audit]);
}

async fn a_start_writes_challenge_draft_message_and_event(stores: &Stores) {
    let StartRegistration { flow, draft } = start_registration(1, &user(1));

    stores.registrations().start(StartRegistration { flow: flow.clone(), draft: draft.clone() }).await.unwrap();

    assert_eq!(challenge_now(stores, flow.challenge.id).await, flow.challenge);
    assert_eq!(stores.registrations().draft(flow.challenge.id).await.unwrap(), Some(draft));
    assert_eq!(waiting(stores).await, Vec::from_iter(flow.message));
    assert_eq!(stores.audit.events().await, [flow.audit]);
}

async fn a_start_may_hold_its_message_for_its_process(stores: &Stores) {
    let StartRegistration { flow, draft } = start_registration(1, &user(1));
    let flow = Start { leased_until: Some(at(60)), ..flow };
    stores.registrations().start(StartRegistration { flow: flow.clone(), draft }).await.unwrap();

    let sooner = stores.outbox().claim(at(59), at(90), 10).await.unwrap();
    let later = stores.outbox().claim(at(60), at(90), 10).await.unwrap();

    assert_eq!(sooner, []);
    assert_eq!(later.into_iter().map(|claimed| claimed.message).collect::<Vec<_>>(), Vec::from_iter(flow.message));
}

async fn a_start_makes_no_account(stores: &Stores) {
    let user = user(1);

    started(stores, 1, &user).await;

    assert_eq!(stores.users().find_by_email(&user.email).await.unwrap(), None);
    assert_eq!(stores.users().find_by_id(user.id).await.unwrap(), None);
}

async fn a_start_that_fails_leaves_nothing(stores: &Stores) {
    let with_one_message = |n| {
        let StartRegistration { flow, draft } = start_registration(n, &user(n));
        StartRegistration { flow: Start { message: Some(message(1)), ..flow }, draft }
    };
    stores.registrations().start(with_one_message(1)).await.unwrap();
    let before = traces(stores).await;
    let start = with_one_message(2);

    assert!(stores.registrations().start(start.clone()).await.is_err());

    assert_eq!(stores.flows().find(start.flow.challenge.id).await.unwrap().map(|flow| flow.challenge), None);
    assert_eq!(stores.registrations().draft(start.flow.challenge.id).await.unwrap(), None);
    assert_eq!(traces(stores).await, before);
}

async fn an_unknown_registration_has_no_draft(stores: &Stores) {
    assert_eq!(stores.registrations().draft(ChallengeId::from_bytes([9; 16])).await.unwrap(), None);
}

async fn one_address_may_be_registered_many_times_at_once(stores: &Stores) {
    let first = started(stores, 1, &user(1)).await;
    let second = started(stores, 2, &User { email: shouted(&email(1)), ..user(2) }).await;

    assert!(is_open(stores, first, at(1)).await);
    assert!(is_open(stores, second, at(1)).await);
}

async fn a_draft_keeps_all_that_was_given(stores: &Stores) {
    let rich = User { names: names("李", "J. R. R."), locale: Locale::De, ..user(1) };
    let without_last_name = User { names: only_name("李"), ..user(2) };

    for (n, user) in [(1, rich), (2, without_last_name)] {
        let challenge = started(stores, n, &user).await;

        assert_eq!(stores.registrations().draft(challenge).await.unwrap(), Some(draft(n, &user)));
    }
}
