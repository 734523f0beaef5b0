use doorward_app::{
    SignedIn,
    flow::LoginStep,
    limits::Caller,
    password_login::{PasswordAlone, PasswordAttempt},
    sessions::{AuthenticationError, Credential, Grant, Holding},
};
use doorward_kernel::{AuditKind, Client};
use doorward_otp::{Channel, Step, Target};
use doorward_session::{Assurance, Carrier, Generation, Policy, TokenSigner};
use doorward_testkit::fixtures;
use doorward_user::Password;

use crate::world::{PASSWORD, World, signed_in};

fn acr(world: &World, grant: &Grant) -> Assurance {
    let now = world.verification.clock_and_ids.clock.now();
    world.keys.verify(grant.access_token.reveal(), now).unwrap().assurance
}

fn refresh_token(grant: &Grant) -> String {
    match &grant.holding {
        Holding::RefreshToken(token, _) => token.reveal().clone(),
        Holding::Cookie(_) => panic!("the session is held by cookie"),
    }
}

/// A session of two factors: a number that nobody had verified, and the password.
pub(crate) async fn strong(world: &World) -> SignedIn {
    world.account(1).await;
    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    let step = world.enter(&flow, &code).await.unwrap();
    with_password(world, step).await
}

async fn with_password(world: &World, step: LoginStep) -> SignedIn {
    let LoginStep::More(flow) = step else { panic!("no password is asked for") };
    assert_eq!(flow.channel, Channel::Password);
    let attempt = world.verification.find_open(world.id(&flow), &[Step::Password], &Caller::default()).await.unwrap();
    let (email, password) = (fixtures::email(1), Password::parse(PASSWORD).unwrap());
    let login = &world.phone_login;
    let done = login.finish_with_password(attempt, &email, &password, Carrier::Token, Client::default()).await;
    signed_in(done.unwrap())
}

#[tokio::test]
async fn renewed_tokens_tell_of_two_factors_until_the_session_is_idle_for_an_hour() {
    let world = World::new();
    let grant = world.authentication.grant(strong(&world).await).unwrap();
    assert_eq!(acr(&world, &grant), Assurance::Aal2);

    world.wait(3599);
    let grant = world.authentication.refresh(&refresh_token(&grant), &Caller::default()).await.unwrap();
    assert_eq!(acr(&world, &grant), Assurance::Aal2);
    world.wait(3600);
    let grant = world.authentication.refresh(&refresh_token(&grant), &Caller::default()).await.unwrap();
    assert_eq!(acr(&world, &grant), Assurance::Aal1);

    // Being used again does not make two factors of one.
    let grant = world.authentication.refresh(&refresh_token(&grant), &Caller::default()).await.unwrap();
    assert_eq!(acr(&world, &grant), Assurance::Aal1);
    assert_eq!(world.store.audit().iter().filter(|event| event.kind == AuditKind::SessionFellBack).count(), 1);
}

#[tokio::test]
async fn two_factors_fall_back_after_a_day_though_the_session_is_in_use() {
    let world = World::new();
    let mut grant = world.authentication.grant(strong(&world).await).unwrap();

    for hour in 1..=24 {
        world.wait(3599);
        grant = world.authentication.refresh(&refresh_token(&grant), &Caller::default()).await.unwrap();
        assert_eq!(acr(&world, &grant), Assurance::Aal2, "{hour}");
    }
    world.wait(24);

    let grant = world.authentication.refresh(&refresh_token(&grant), &Caller::default()).await.unwrap();
    assert_eq!(acr(&world, &grant), Assurance::Aal1);
}

#[tokio::test]
async fn a_call_after_an_idle_hour_does_not_bring_two_factors_back() {
    let world = World::new();
    let session = strong(&world).await;
    let cookie = world.authentication.tokens.cookie(session.session.id, session.session.generation);
    world.wait(3600);

    for _ in 0..2 {
        world.authentication.authenticate(Credential::Cookie(cookie.reveal())).await.unwrap();
    }

    let grant = world.authentication.refresh_cookie(cookie.reveal()).await.unwrap();
    assert_eq!(acr(&world, &grant), Assurance::Aal1);
}

#[tokio::test]
async fn where_two_factors_are_required_every_login_asks_for_both_and_ends_instead_of_falling_back() {
    let world = World::with(Policy { require: Assurance::Aal2, ..Policy::default() });
    strong(&world).await;
    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    let step = world.enter(&flow, &code).await.unwrap();

    let session = with_password(&world, step).await;

    let grant = world.authentication.grant(session).unwrap();
    let bearer = Credential::Bearer(grant.access_token.reveal());
    assert!(world.authentication.authenticate(bearer).await.is_ok());
    let Holding::RefreshToken(_, life) = &grant.holding else { panic!("the session is held by cookie") };
    assert_eq!(life.as_secs(), 3600);
    world.wait(3600);
    assert!(world.authentication.refresh(&refresh_token(&grant), &Caller::default()).await.is_err());
    let cookie = world.authentication.tokens.cookie(grant.session, Generation(1));
    let late = world.authentication.authenticate(Credential::Cookie(cookie.reveal())).await;
    assert!(matches!(late, Err(AuthenticationError::Unauthenticated)));
}

#[tokio::test]
async fn where_two_factors_are_required_a_login_by_password_asks_for_each_once() {
    let mut world = World::with(Policy { require: Assurance::Aal2, ..Policy::default() });
    world.password_login.alone = PasswordAlone::Suffices;
    world.account(1).await;
    let password = Password::parse(PASSWORD).unwrap();
    let (identifier, carrier) = (Target::Email(fixtures::email(1)), Carrier::Token);
    let attempt = PasswordAttempt {
        identifier,
        password,
        flow: None,
        carrier,
        client: Client::default(),
        caller: Caller::default(),
    };

    let LoginStep::More(flow) = world.password_login.log_in(&attempt).await.unwrap() else {
        panic!("one factor opened a session");
    };
    let code = world.code(fixtures::phone(1).as_str()).await;
    let session = signed_in(world.enter(&flow, &code).await.unwrap());

    assert_eq!(session.session.methods.assurance(), Assurance::Aal2);
}
