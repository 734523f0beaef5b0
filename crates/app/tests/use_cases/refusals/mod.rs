//! Refusals by limits: their incidents in the audit, and what they cost the store.

mod failing_store;
mod incidents;
mod statements;

use doorward_app::{
    flow::LoginStep,
    limits::{AdmitError, Caller},
    password_login::{PasswordAttempt, PasswordLoginError},
};
use doorward_kernel::{AuditKind, Client};
use doorward_limit::{Limit, Limits};
use doorward_otp::Target;
use doorward_session::Carrier;
use doorward_testkit::fixtures;
use doorward_user::Password;

use crate::world::{World, of_identifiers, stranger};

fn unhindered() -> Limits {
    Limits { sms: Limit::OFF, password_failures: Limit::OFF, ..of_identifiers() }
}

fn limit(text: &str) -> Limit {
    Limit::parse(text).unwrap()
}

async fn recorded(world: &World, kind: AuditKind) -> usize {
    world.settle().await;
    world.store.audit().iter().filter(|event| event.kind == kind).count()
}

/// Asks a hundred times for codes; how often it is refused explicitly.
async fn flood(world: &World, caller: &Caller) -> usize {
    let mut refused = 0;
    for _ in 0..100 {
        match world.phone_login.start(fixtures::phone(9), None, caller).await {
            Ok(_) => {}
            Err(AdmitError::Limited { .. }) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    refused
}

/// Tries a password at that name, from that place.
async fn try_at(
    world: &World,
    identifier: Target,
    password: &str,
    place: u32,
) -> Result<LoginStep, PasswordLoginError> {
    let attempt = PasswordAttempt {
        identifier,
        password: Password::parse(password).unwrap(),
        flow: None,
        carrier: Carrier::Token,
        client: Client::default(),
        caller: stranger(place),
    };
    world.password_login.log_in(&attempt).await
}

/// Tries a password so often, from as many places; how often it was right.
async fn try_password(world: &World, n: u32, password: &str, times: u32) -> usize {
    let mut right = 0;
    for place in 0..times {
        match try_at(world, Target::Email(fixtures::email(n)), password, place).await {
            Ok(_) => right += 1,
            Err(PasswordLoginError::Incorrect { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    right
}

const WRONG: &str = "wrong-otter-9-quarry";
