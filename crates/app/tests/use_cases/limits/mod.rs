//! Limits of each endpoint: what is used up, by whom, and who is refused.

mod hosts;
mod mails;
mod sessions;
mod sms;
mod wrong_codes;

use doorward_app::{
    flow::{FlowView, LoginStep, VerifyError},
    limits::{AdmitError, Caller},
    registration::RegistrationError,
};
use doorward_kernel::{AuditKind, Client, PhoneNumber};
use doorward_otp::{Code, Step};
use doorward_session::Carrier;
use doorward_testkit::fixtures;

use crate::world::{PASSWORD, World, request, stranger};

pub(crate) async fn start(world: &World, number: &PhoneNumber, caller: &Caller) -> Result<FlowView, AdmitError> {
    world.phone_login.start(number.clone(), None, caller).await
}

pub(crate) async fn enter(
    world: &World,
    flow: &FlowView,
    code: &Code,
    caller: &Caller,
) -> Result<LoginStep, VerifyError> {
    let attempt = world.verification.find_open(world.id(flow), &[Step::PhoneCode], caller).await?;
    world.phone_login.verify(attempt, code, Carrier::Token, Client::default()).await
}

fn recorded(world: &World, kind: AuditKind) -> usize {
    world.store.audit().iter().filter(|event| event.kind == kind).count()
}

/// Tries wrong codes in flows of four tries each, every flow from another address.
pub(crate) async fn guess(world: &World, number: &PhoneNumber, most: u32) {
    world.deliver().await;
    guess_at_once(world, number, most).await;
    world.deliver().await;
}

async fn register(world: &World, n: u32, caller: &Caller) -> Result<FlowView, RegistrationError> {
    let names = fixtures::names("Ada", "Lovelace");
    world.registration.request(request(names, &fixtures::email(n), &fixtures::phone(n), PASSWORD), caller).await
}

/// The same before anything that can wait is written.
async fn guess_at_once(world: &World, number: &PhoneNumber, most: u32) {
    let mut tried = 0;
    while tried < most {
        let caller = stranger(tried);
        let flow = start(world, number, &caller).await.unwrap();
        for _ in 0..4.min(most - tried) {
            let denied = enter(world, &flow, &Code::parse("000000").unwrap(), &caller).await;
            assert!(matches!(denied, Err(VerifyError::Incorrect { .. })), "{denied:?}");
            tried += 1;
        }
    }
}
