use std::time::Duration;

use doorward_app::{
    SignedIn, binding::PendingNumber, logins::LoginOutcome, registration::RegistrationOutcome,
    totp::PendingAuthenticator, undo::PendingChange,
};
use doorward_kernel::{
    AuditEvent, AuditKind, ChallengeId, ChangeId, DeviceGeneration, MessageId, SessionId, Timestamp, UserId,
};
use doorward_notifier::{Claimed, Message};
use doorward_otp::{Challenge, Purpose, Step, Subject, Target};
use doorward_session::Session;
use doorward_user::{LoginRecord, User, UserStatus};

use super::Stores;
use crate::fixtures::{
    at, audit, challenge_of, complete_registration, number_verification, open_session, start, start_registration, user,
};

/// Later than everything that happens in a case.
pub(super) fn far() -> Timestamp {
    at(1_000_000_000)
}

/// Starts a challenge with its message and event.
pub(super) async fn started(stores: &Stores, n: u32, challenge: Challenge) -> Challenge {
    stores.flows().start(start(n, challenge.clone())).await.unwrap();
    challenge
}

/// Makes account `n`, which claims its number.
pub(super) async fn registered(stores: &Stores, n: u32) -> User {
    registered_as(stores, n, user(n)).await
}

/// Makes an account as registration `n`.
pub(super) async fn registered_as(stores: &Stores, n: u32, user: User) -> User {
    stores.registrations().start(start_registration(n, &user)).await.unwrap();
    let outcome = stores.registrations().complete(complete_registration(n, &user)).await.unwrap();
    assert_eq!(outcome, RegistrationOutcome::Registered);
    user
}

/// Makes account `n` and opens session `n` for it, which verifies its number.
pub(super) async fn signed_in(stores: &Stores, n: u32) -> SignedIn {
    let user = registered(stores, n).await;
    another_session(stores, n, &user).await
}

/// Opens session `n` for an account that carries a number, and verifies it if that is still to be done.
pub(super) async fn another_session(stores: &Stores, n: u32, user: &User) -> SignedIn {
    let number = user.phone.clone().expect("the account carries a number").number;
    let target = Target::Phone(number.clone());
    let login = challenge_of(n, (Purpose::Login, Step::PhoneCode), target, Subject::Account(user.id));
    let challenge = started(stores, n, login).await;
    let mut open = open_session(n, &challenge, user);
    open.number_verification = (!user.has_verified(&number)).then(|| number_verification(n, user, &number, &[]));
    let session = open.session.clone();
    match stores.logins().open(open).await.unwrap() {
        LoginOutcome::Opened(user) => SignedIn { session, user },
        other => panic!("the login came to {other:?}"),
    }
}

/// Disables an account.
pub(super) async fn disabled(stores: &Stores, n: u32, user: UserId) {
    let event = audit(n, AuditKind::UserDisabled);
    stores.accounts().set_status(user, UserStatus::Disabled, at(1), event).await.unwrap();
}

/// The account as it is now.
pub(super) async fn account(stores: &Stores, user: UserId) -> User {
    stores.users().find_by_id(user).await.unwrap().expect("the account exists")
}

/// The challenge as it is now.
pub(super) async fn challenge_now(stores: &Stores, id: ChallengeId) -> Challenge {
    stores.flows().find(id).await.unwrap().map(|flow| flow.challenge).expect("the challenge exists")
}

/// Returns whether the challenge is open.
pub(super) async fn is_open(stores: &Stores, id: ChallengeId, now: Timestamp) -> bool {
    challenge_now(stores, id).await.denial(now).is_none()
}

/// The session as it is now.
pub(super) async fn session_now(stores: &Stores, id: SessionId) -> Session {
    stores.sessions().find(id).await.unwrap().expect("the session exists").session
}

/// Returns whether the session exists and was not ended.
pub(super) async fn is_live(stores: &Stores, id: SessionId) -> bool {
    stores.sessions().find(id).await.unwrap().is_some_and(|signed_in| signed_in.session.ended_at.is_none())
}

/// Every message in the outbox that is not dead.
///
/// It claims them under a lease that ends at once, so call it only where nothing else claims.
pub(super) async fn waiting(stores: &Stores) -> Vec<Message> {
    let claimed = stores.outbox().claim(far(), far(), 10_000).await.unwrap();
    claimed.into_iter().map(|claimed| claimed.message).collect()
}

/// Returns whether the message, exactly as it is here, is in the outbox.
pub(super) async fn is_waiting(stores: &Stores, message: &Message) -> bool {
    waiting(stores).await.contains(message)
}

/// Returns whether a message of that id is in the outbox.
pub(super) async fn is_id_waiting(stores: &Stores, id: MessageId) -> bool {
    waiting(stores).await.iter().any(|message| message.id == id)
}

/// Returns whether a message of that id waits, and nobody may claim it before that instant.
pub(super) async fn is_leased_until(stores: &Stores, id: MessageId, until: Timestamp) -> bool {
    let claim = async |now| stores.outbox().claim(now, until + Duration::from_secs(1), 100).await.unwrap();
    let is_there = |claimed: Vec<Claimed>| claimed.iter().any(|claimed| claimed.message.id == id);
    !is_there(claim(until - Duration::from_micros(1)).await) && is_there(claim(until).await)
}

/// Returns whether the event, exactly as it is here, was written once.
pub(super) async fn is_recorded(stores: &Stores, event: &AuditEvent) -> bool {
    let events = stores.audit.events().await;
    let alike: Vec<_> = events.iter().filter(|other| other.id == event.id).collect();
    assert!(alike.len() <= 1, "an event was written twice");
    alike == [event]
}

/// Counts messages and audit events, which a step that came too late must leave alone.
pub(super) async fn traces(stores: &Stores) -> (usize, usize) {
    (waiting(stores).await.len(), stores.audit.events().await.len())
}

/// The number that is pending under that id.
pub(super) async fn pending_number(stores: &Stores, id: ChangeId) -> Option<PendingNumber> {
    match stores.undos().find_pending(id).await.unwrap()? {
        PendingChange::Number(number) => Some(number),
        PendingChange::Authenticator(_) => None,
    }
}

/// The authenticator app that is pending under that id.
pub(super) async fn pending_authenticator(stores: &Stores, id: ChangeId) -> Option<PendingAuthenticator> {
    match stores.undos().find_pending(id).await.unwrap()? {
        PendingChange::Number(_) => None,
        PendingChange::Authenticator(app) => Some(app),
    }
}

/// The account once all its sessions were ended: its device tokens are worth nothing.
pub(super) fn signed_out(user: User) -> User {
    let devices = DeviceGeneration(user.logins.devices.0 + 1);
    User { logins: LoginRecord { devices, ..user.logins }, ..user }
}
