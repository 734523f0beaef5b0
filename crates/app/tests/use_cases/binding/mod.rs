//! Sessions by password and mailbox, which may only bind a number or an authenticator app.

mod authenticators;
mod numbers;
mod sessions;
mod undo;

use doorward_app::{
    SignedIn,
    binding::Bound,
    flow::{FlowView, LoginStep, VerifyError},
    limits::Caller,
    profile::{ProfileRequest, ProfileStep},
    totp::Confirmed,
};
use doorward_kernel::{Client, PhoneNumber, Timestamp};
use doorward_otp::{Step, Target, TotpSeed};
use doorward_session::Carrier;
use doorward_testkit::fixtures;
use doorward_user::{Password, User};

use crate::{
    totp::{enrolled, seed, shown},
    world::{PASSWORD, World, by_password},
};

/// The step after a right password.
async fn after_password(world: &World, n: u32) -> FlowView {
    let attempt = by_password(fixtures::email(n), PASSWORD, &Caller::default());
    match world.password_login.log_in(&attempt).await.unwrap() {
        LoginStep::More(flow) => flow,
        LoginStep::SignedIn(_) => panic!("one factor opened a session"),
    }
}

async fn by_mail(world: &World, flow: &FlowView, n: u32) -> Result<SignedIn, VerifyError> {
    let code = world.code(fixtures::email(n).as_str()).await;
    let attempt = world.verification.find_open(world.id(flow), &[Step::EmailCode], &Caller::default()).await?;
    world.binding.verify_email(attempt, &code, Carrier::Token, Client::default()).await
}

/// A session of that account that may only bind.
pub(crate) async fn binding(world: &World, n: u32) -> SignedIn {
    let login = after_password(world, n).await;
    let flow = world.binding.ask_by_mail(world.id(&login), &Caller::default()).await.unwrap();
    by_mail(world, &flow, n).await.unwrap()
}

async fn ask_number(world: &World, session: &SignedIn, number: &PhoneNumber) -> FlowView {
    let request = ProfileRequest { identifier: Some(Target::Phone(number.clone())), ..ProfileRequest::default() };
    match world.profile.change(session, &Password::parse(PASSWORD).unwrap(), request, &Caller::default()).await.unwrap()
    {
        ProfileStep::Verify(flow) => flow,
        ProfileStep::Done(_) => panic!("nothing is to be verified"),
    }
}

pub(crate) async fn bind(world: &World, session: &SignedIn, number: &PhoneNumber) -> Bound {
    let flow = ask_number(world, session, number).await;
    let code = world.code(number.as_str()).await;
    let attempt = world.verification.find_open(world.id(&flow), &[Step::PhoneCode], &Caller::default()).await.unwrap();
    world.binding.verify_number(attempt, &code).await.unwrap()
}

async fn account(world: &World, who: &SignedIn) -> User {
    world.stores.users().find_by_id(who.user.id).await.unwrap().unwrap()
}

async fn is_live(world: &World, who: &SignedIn) -> bool {
    let found = world.stores.sessions().find(who.session.id).await.unwrap();
    found.is_some_and(|found| found.session.ended_at.is_none())
}

/// The key in the newest mail to account 1 that has one.
pub(crate) async fn key(world: &World) -> String {
    world.deliver().await;
    world.mail.last_undo(fixtures::email(1).as_str()).unwrap()
}

/// Somebody with an app who binds another one in its place.
pub(crate) async fn pending_authenticator(world: &World) -> (SignedIn, SignedIn, TotpSeed, Timestamp) {
    let (member, ..) = enrolled(world, 1).await;
    let session = binding(world, 1).await;
    let seed = seed(&world.totp.begin(&session, &Caller::default()).await.unwrap());
    let code = shown(world, &seed, 0);
    match world.totp.confirm(&session, &code, None, &Caller::default()).await.unwrap() {
        Confirmed::Pending(at) => (member, session, seed, at),
        Confirmed::Now(_) => panic!("the app that was lost is replaced at once"),
    }
}

/// Sets an app up in a session that may only bind.
pub(crate) async fn bind_app(world: &World, session: &SignedIn) -> Confirmed {
    let seed = seed(&world.totp.begin(session, &Caller::default()).await.unwrap());
    world.totp.confirm(session, &shown(world, &seed, 0), None, &Caller::default()).await.unwrap()
}
