use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use doorward_app::{
    flow::{FlowView, LoginStep, Next, VerifyError},
    limits::Caller,
    logins::{Rehash, RehashOutcome},
    password_login::{PasswordAlone, PasswordAttempt, PasswordLogin, PasswordLoginError, Rehashing},
    profile::ProfileRequest,
};
use doorward_kernel::{AuditKind, Client, EmailAddress, PhoneNumber, StoreError, Timestamp, UserId};
use doorward_otp::{Channel, Step, Target};
use doorward_session::{Assurance, Carrier, Method, Methods};
use doorward_testkit::{fakes::PlainHasher, fixtures};
use doorward_user::{
    HashError, Password, PasswordCheck, PasswordHasher, PasswordVerifier, PhoneHolders, User, UserStatus, Users,
};

use crate::world::{PASSWORD, Workers, World, new_password, signed_in, wrong};

fn attempt(identifier: Target, password: &str) -> PasswordAttempt {
    let password = Password::parse(password).unwrap();
    PasswordAttempt {
        identifier,
        password,
        flow: None,
        carrier: Carrier::Token,
        client: Client::default(),
        caller: Caller::default(),
    }
}

fn by_email(n: u32, password: &str) -> PasswordAttempt {
    attempt(Target::Email(fixtures::email(n)), password)
}

async fn in_flow(world: &World, flow: &FlowView, attempt: PasswordAttempt) -> Result<LoginStep, PasswordLoginError> {
    let of_flow = world.verification.find_open(world.id(flow), &[Step::Password], &Caller::default()).await?;
    world.password_login.log_in(&PasswordAttempt { flow: Some(of_flow), ..attempt }).await
}

fn more(step: LoginStep) -> FlowView {
    match step {
        LoginStep::More(flow) => flow,
        LoginStep::SignedIn(signed_in) => panic!("a session was opened: {signed_in:?}"),
    }
}

fn is_denied(outcome: &Result<LoginStep, PasswordLoginError>) -> bool {
    matches!(outcome, Err(PasswordLoginError::Incorrect { attempts_left: None }))
}

#[tokio::test]
async fn password_and_sms_open_a_session_of_two_factors() {
    let world = World::new();
    world.member(1).await;

    let flow = more(world.password_login.log_in(&by_email(1, PASSWORD)).await.unwrap());
    let code = world.code(fixtures::phone(1).as_str()).await;
    let signed_in = signed_in(world.enter(&flow, &code).await.unwrap());

    assert_eq!((flow.next, flow.channel), (Next::OtpVerification, Channel::Sms));
    assert_eq!(flow.destination, "***01");
    assert_eq!(signed_in.session.methods, Methods::new(&[Method::Password, Method::Sms]));
    assert_eq!(world.authentication.policy.assurance(&signed_in.session, fixtures::now()), Assurance::Aal2);
}

#[tokio::test]
async fn a_code_after_the_password_is_leased_for_the_workers_of_this_process() {
    let mut world = World::new();
    world.member(1).await;
    world.deliver().await;
    let workers = Workers::of(&mut world.password_login.verification);

    more(world.password_login.log_in(&by_email(1, PASSWORD)).await.unwrap());

    assert_eq!(workers.handed_what_is_leased(&world).await.len(), 1);
}

#[tokio::test]
async fn a_verified_number_names_its_account_and_a_claimed_one_nobody() {
    let world = World::new();
    world.member(1).await;
    world.account(2).await;
    let by_phone = |n| attempt(Target::Phone(fixtures::phone(n)), PASSWORD);

    assert!(world.password_login.log_in(&by_phone(1)).await.is_ok());
    assert!(is_denied(&world.password_login.log_in(&by_phone(2)).await));
}

#[tokio::test]
async fn the_second_factor_verifies_a_number_that_was_only_claimed() {
    let world = World::new();
    world.account(1).await;

    let flow = more(world.password_login.log_in(&by_email(1, PASSWORD)).await.unwrap());
    let code = world.code(fixtures::phone(1).as_str()).await;
    let signed_in = signed_in(world.enter(&flow, &code).await.unwrap());

    assert!(signed_in.user.has_verified(&fixtures::phone(1)));
}

#[tokio::test]
async fn a_password_step_opens_nothing_by_itself() {
    let world = World::new();
    let member = world.member(1).await;
    let sessions = world.store.audit().iter().filter(|event| event.kind == AuditKind::SessionOpened).count();

    more(world.password_login.log_in(&by_email(1, PASSWORD)).await.unwrap());

    let after = world.store.audit().iter().filter(|event| event.kind == AuditKind::SessionOpened).count();
    assert_eq!((sessions, after), (1, 1));
    assert!(member.user.is_active());
}

#[tokio::test]
async fn a_flow_by_address_is_the_same_whatever_exists() {
    let world = World::new();
    world.member(1).await;

    let known = world.password_login.start(fixtures::email(1), &Caller::default()).await.unwrap();
    let unknown = world.password_login.start(fixtures::email(9), &Caller::default()).await.unwrap();

    for flow in [&known, &unknown] {
        assert_eq!((flow.next, flow.channel, flow.resend_at), (Next::Login, Channel::Password, None));
        assert_eq!((flow.destination.as_str(), flow.attempts_left), ("p***@example.com", 5));
    }
    for (flow, n) in [(&known, 1), (&unknown, 9)] {
        for left in (0..5).rev() {
            let denied = in_flow(&world, flow, by_email(n, "not the password")).await;
            assert!(matches!(denied, Err(PasswordLoginError::Incorrect { attempts_left: Some(l) }) if l == left));
        }
        let late = in_flow(&world, flow, by_email(n, PASSWORD)).await;
        assert!(matches!(late, Err(PasswordLoginError::Closed)));
    }
}

#[tokio::test]
async fn a_right_password_goes_on_with_its_flow_once() {
    let world = World::new();
    world.member(1).await;
    let flow = world.password_login.start(fixtures::email(1), &Caller::default()).await.unwrap();

    let next = more(in_flow(&world, &flow, by_email(1, PASSWORD)).await.unwrap());

    assert_eq!(next.channel, Channel::Sms);
    world.wait(10);
    assert!(matches!(in_flow(&world, &flow, by_email(1, PASSWORD)).await, Err(PasswordLoginError::Closed)));
}

#[tokio::test]
async fn a_flow_is_good_for_the_address_it_was_started_with() {
    let world = World::new();
    world.member(1).await;
    world.member(2).await;
    let flow = world.password_login.start(fixtures::email(1), &Caller::default()).await.unwrap();

    let denied = in_flow(&world, &flow, by_email(2, PASSWORD)).await;

    assert!(matches!(denied, Err(PasswordLoginError::Incorrect { attempts_left: Some(4) })));
}

#[tokio::test]
async fn wrong_unknown_disabled_and_unverified_are_denied_alike() {
    let world = World::new();
    let member = world.member(1).await;
    world.member(2).await;
    let event = fixtures::audit(1, AuditKind::UserDisabled);
    world.stores.accounts().set_status(member.user.id, UserStatus::Disabled, fixtures::at(1), event).await.unwrap();
    world.register(&fixtures::email(3), &fixtures::phone(3), PASSWORD).await;

    for attempt in [
        by_email(1, PASSWORD),
        by_email(2, "not the password"),
        by_email(3, PASSWORD),
        by_email(9, PASSWORD),
        attempt(Target::Phone(fixtures::phone(1)), PASSWORD),
        attempt(Target::Phone(fixtures::phone(9)), PASSWORD),
    ] {
        assert!(is_denied(&world.password_login.log_in(&attempt).await));
    }
}

#[tokio::test]
async fn a_password_lets_in_alone_where_the_operator_allows_it_and_it_is_long() {
    let mut world = World::new();
    world.password_login.alone = PasswordAlone::Suffices;
    world.member(1).await;
    let flow = world.register(&fixtures::email(2), &fixtures::phone(2), "14-characters!").await;
    let code = world.code(fixtures::email(2).as_str()).await;
    world.verify_email(&flow, &code).await.unwrap();

    let long = signed_in(world.password_login.log_in(&by_email(1, PASSWORD)).await.unwrap());
    let short = more(world.password_login.log_in(&by_email(2, "14-characters!")).await.unwrap());

    assert_eq!(long.session.methods, Methods::new(&[Method::Password]));
    assert_eq!(short.channel, Channel::Sms);
}

#[tokio::test]
async fn a_new_password_closes_the_second_factor_of_the_old_one() {
    let world = World::new();
    let member = world.member(1).await;
    let flow = more(world.password_login.log_in(&by_email(1, PASSWORD)).await.unwrap());
    let code = world.code(fixtures::phone(1).as_str()).await;
    let new = ProfileRequest { new_password: Some(new_password("a-better-passphrase")), ..ProfileRequest::default() };

    world.profile.change(&member, &Password::parse(PASSWORD).unwrap(), new, &Caller::default()).await.unwrap();

    assert!(matches!(world.enter(&flow, &code).await, Err(VerifyError::Closed)));
    assert!(is_denied(&world.password_login.log_in(&by_email(1, PASSWORD)).await));
    assert!(world.password_login.log_in(&by_email(1, "a-better-passphrase")).await.is_ok());
}

#[tokio::test]
async fn a_wrong_second_factor_counts_and_a_right_one_ends_the_flow() {
    let world = World::new();
    world.member(1).await;
    let flow = more(world.password_login.log_in(&by_email(1, PASSWORD)).await.unwrap());
    let code = world.code(fixtures::phone(1).as_str()).await;

    let denied = world.enter(&flow, &wrong(&code)).await;
    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })));
    signed_in(world.enter(&flow, &code).await.unwrap());
    assert!(matches!(world.enter(&flow, &code).await, Err(VerifyError::Closed)));
}

/// Puts the verifier of an older hasher in place of an account's.
async fn make_stale(world: &World, user: UserId) {
    let old = world.stores.users().verifier(user).await.unwrap().unwrap();
    let new = PlainHasher::stale_verifier(user, PASSWORD);
    let rehash = Rehash { user, old, new, audit: fixtures::audit(99, AuditKind::PasswordRehashed) };
    assert_eq!(world.stores.logins().rehash(rehash).await.unwrap(), RehashOutcome::Rehashed);
}

#[tokio::test]
async fn an_outdated_verifier_is_made_anew_beside_the_login() {
    let world = World::new();
    let user = world.member(1).await.user;
    make_stale(&world, user.id).await;

    more(world.password_login.log_in(&by_email(1, PASSWORD)).await.unwrap());
    let noted = world.rehashes.take();
    let (clock_and_ids, logins) = (world.verification.clock_and_ids.clone(), world.stores.store.clone());
    let rehashing = Rehashing { clock_and_ids, hasher: Arc::new(PlainHasher), logins };
    assert_eq!(rehashing.renew(noted[0].clone()).await.unwrap(), RehashOutcome::Rehashed);
    more(world.password_login.log_in(&by_email(1, PASSWORD)).await.unwrap());

    assert_eq!(world.rehashes.take().len(), 0);
    let fresh = PlainHasher::verifier(user.id, PASSWORD);
    assert_eq!(world.stores.users().verifier(user.id).await.unwrap(), Some(fresh));
    assert_eq!(rehashing.renew(noted[0].clone()).await.unwrap(), RehashOutcome::Conflict);
}

#[tokio::test]
async fn a_wrong_password_makes_nothing_anew() {
    let world = World::new();
    let user = world.member(1).await.user;
    make_stale(&world, user.id).await;

    assert!(is_denied(&world.password_login.log_in(&by_email(1, "not the password")).await));

    assert_eq!(world.rehashes.take().len(), 0);
}

/// Counts what a login asks of hasher and accounts.
#[derive(Clone)]
struct Counting {
    users: Arc<dyn Users>,
    calls: Arc<[AtomicUsize; 2]>,
}

impl Counting {
    fn count(&self, call: usize) {
        self.calls[call].fetch_add(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Users for Counting {
    async fn find_by_id(&self, user: UserId) -> Result<Option<User>, StoreError> {
        self.count(0);
        self.users.find_by_id(user).await
    }

    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<User>, StoreError> {
        self.count(0);
        self.users.find_by_email(email).await
    }

    async fn find_by_settled_email(&self, email: &EmailAddress, since: Timestamp) -> Result<Option<User>, StoreError> {
        self.count(0);
        self.users.find_by_settled_email(email, since).await
    }

    async fn find_by_phone(&self, number: &PhoneNumber) -> Result<PhoneHolders, StoreError> {
        self.count(0);
        self.users.find_by_phone(number).await
    }

    async fn credentials_by_email(&self, email: &EmailAddress) -> Result<Option<(User, PasswordVerifier)>, StoreError> {
        self.count(0);
        self.users.credentials_by_email(email).await
    }

    async fn credentials_by_phone(&self, number: &PhoneNumber) -> Result<Option<(User, PasswordVerifier)>, StoreError> {
        self.count(0);
        self.users.credentials_by_phone(number).await
    }

    async fn verifier(&self, user: UserId) -> Result<Option<PasswordVerifier>, StoreError> {
        self.count(0);
        self.users.verifier(user).await
    }
}

#[async_trait]
impl PasswordHasher for Counting {
    async fn hash(&self, user: UserId, password: &Password) -> Result<PasswordVerifier, HashError> {
        self.count(1);
        PlainHasher.hash(user, password).await
    }

    async fn verify(
        &self,
        password: &Password,
        verifier: Option<(UserId, PasswordVerifier)>,
    ) -> Result<PasswordCheck, HashError> {
        self.count(1);
        PlainHasher.verify(password, verifier).await
    }
}

#[tokio::test]
async fn whoever_is_denied_cost_one_look_up_and_one_hash_and_wrote_nothing() {
    let world = World::new();
    let member = world.member(1).await;
    world.member(2).await;
    let event = fixtures::audit(1, AuditKind::UserDisabled);
    world.stores.accounts().set_status(member.user.id, UserStatus::Disabled, fixtures::at(1), event).await.unwrap();
    let recorded = world.store.audit().len();

    for attempt in [
        by_email(1, PASSWORD),
        by_email(2, "not the password"),
        by_email(9, "not the password"),
        attempt(Target::Phone(fixtures::phone(2)), "not the password"),
        attempt(Target::Phone(fixtures::phone(9)), "not the password"),
    ] {
        let counting = Counting { users: world.stores.store.clone(), calls: Arc::default() };
        let users: Arc<dyn Users> = Arc::new(counting.clone());
        let hasher: Arc<dyn PasswordHasher> = Arc::new(counting.clone());
        let login = PasswordLogin { users, hasher, ..world.password_login.clone() };

        assert!(is_denied(&login.log_in(&attempt).await));

        assert_eq!(counting.calls.each_ref().map(|calls| calls.load(Ordering::Relaxed)), [1, 1]);
    }
    assert_eq!(world.store.audit().len(), recorded);
}
