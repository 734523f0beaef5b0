//! A whole service in memory, in which time stands still until a test moves it.

mod callers;
mod workers;

use std::{
    ops::{Deref, DerefMut},
    time::Duration,
};

use doorward_app::{
    Policies, SignedIn,
    flow::{FlowView, FoundFlow, LoginStep, VerifyError},
    limits::{Attempt, CallKind, Caller},
    operator::{Import, ImportOutcome, Operator},
    registration::{Registered, RegistrationRequest},
};
use doorward_kernel::{AuditKind, ChallengeId, Client, EmailAddress, Locale, PhoneNumber};
use doorward_limit::{Limit, Limits};
use doorward_notifier::{Body, Envelope, NoticeTemplate};
use doorward_otp::{Code, EnteredCode, FlowKeys, Step, Target};
use doorward_session::{Carrier, Policy as SessionPolicy};
use doorward_testkit::{MemoryService, Stores, fixtures, service::policies};
use doorward_user::{Names, NewPassword, Password, PasswordPolicy, PasswordVerifier, User};

pub(crate) use callers::{by_password, device, of_identifiers, stranger};
pub(crate) use workers::Workers;

pub(crate) const PASSWORD: &str = "teal-otter-9-quarry-lamp";

pub(crate) struct World {
    service: MemoryService,
    pub(crate) stores: Stores,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(SessionPolicy::default())
    }

    /// A service whose sessions follow those rules.
    pub(crate) fn with(sessions: SessionPolicy) -> Self {
        Self::of(Policies { sessions, limits: without_limits(), ..policies() })
    }

    /// A service with limits.
    pub(crate) fn limited(limits: Limits) -> Self {
        Self::of(Policies { limits, ..policies() })
    }

    /// A service with those settings.
    pub(crate) fn of(policies: Policies) -> Self {
        let service = MemoryService::new(policies);
        Self { stores: Stores::of(service.store.clone()), service }
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Asks for an account with the address, number and password of that person.
    pub(crate) async fn register(&self, email: &EmailAddress, phone: &PhoneNumber, password: &str) -> FlowView {
        let names = fixtures::names("Ada", "Lovelace");
        self.registration.request(request(names, email, phone, password), &Caller::default()).await.unwrap()
    }

    /// The newest code sent to the address or number.
    pub(crate) async fn code(&self, to: &str) -> Code {
        self.try_code(to).await.unwrap()
    }

    pub(crate) async fn try_code(&self, to: &str) -> Option<Code> {
        self.deliver().await;
        let code = self.mail.last_code(to).or_else(|| self.sms.last_code(to))?;
        Some(Code::parse(&code).unwrap())
    }

    pub(crate) fn operator(&self) -> Operator {
        Operator {
            clock_and_ids: self.verification.clock_and_ids.clone(),
            users: self.stores.store.clone(),
            accounts: self.stores.store.clone(),
            conversion_breakers: self.stores.store.clone(),
        }
    }

    /// Does what a node does once a second.
    pub(crate) async fn settle(&self) {
        self.verification.limiter.record_incidents().await.unwrap();
        self.verification.phone_gate.keep_in_step().await.unwrap();
        self.buckets.settle(self.verification.clock_and_ids.now()).await.unwrap();
    }

    pub(crate) async fn deliver(&self) {
        self.settle().await;
        while self.delivery.run_once().await.unwrap().claimed > 0 {}
    }

    /// The notices that went to the address.
    pub(crate) async fn notices(&self, to: &EmailAddress) -> Vec<NoticeTemplate> {
        self.deliver().await;
        let notice = |envelope: &Envelope| match envelope.body {
            Body::Notice { template, .. } => Some(template),
            Body::Code { .. } => None,
        };
        self.mail
            .sent()
            .iter()
            .filter(|envelope| envelope.recipient.as_str() == to.as_str())
            .filter_map(notice)
            .collect()
    }

    pub(crate) fn id(&self, flow: &FlowView) -> ChallengeId {
        self.keys.open(flow.token.reveal()).unwrap()
    }

    /// The flow as a start finds it.
    pub(crate) async fn named(&self, flow: &FlowView) -> Option<FoundFlow> {
        let call = (&Target::Phone(fixtures::phone(1)), CallKind::Start);
        self.verification.resumed((Some(self.id(flow)), &[]), call, &Caller::default()).await.unwrap()
    }

    /// A try at the step by a stranger.
    pub(crate) async fn attempt(&self, flow: &FlowView, step: Step) -> Result<Attempt, VerifyError> {
        self.verification.find_open(self.id(flow), &[step], &Caller::default()).await
    }

    pub(crate) async fn verify_email(&self, flow: &FlowView, code: &Code) -> Result<Registered, VerifyError> {
        let attempt = self.attempt(flow, Step::EmailCode).await?;
        self.registration.verify(attempt, code).await
    }

    pub(crate) async fn enter(&self, flow: &FlowView, code: &Code) -> Result<LoginStep, VerifyError> {
        let attempt = self.attempt(flow, Step::PhoneCode).await?;
        self.phone_login.verify(attempt, code, Carrier::Token, Client::default()).await
    }

    /// An account that was registered; its number is claimed, not verified.
    pub(crate) async fn account(&self, n: u32) -> Registered {
        let (email, phone) = (fixtures::email(n), fixtures::phone(n));
        let flow = self.register(&email, &phone, PASSWORD).await;
        let code = self.code(email.as_str()).await;
        self.verify_email(&flow, &code).await.unwrap()
    }

    /// An account whose owner has logged in and so verified the number.
    pub(crate) async fn member(&self, n: u32) -> SignedIn {
        let registered = self.account(n).await;
        let continuation = self.named(&registered.continuation).await;
        let flow = self.phone_login.start(fixtures::phone(n), continuation, &Caller::default()).await.unwrap();
        let code = self.code(fixtures::phone(n).as_str()).await;
        signed_in(self.enter(&flow, &code).await.unwrap())
    }

    /// The session that a right code for the flow leads to, in the session of the call.
    pub(crate) async fn verify_again(
        &self,
        flow: &FlowView,
        code: &Code,
        signed_in: Option<SignedIn>,
    ) -> Result<SignedIn, VerifyError> {
        let attempt = self.attempt(flow, Step::PhoneCode).await?;
        self.step_up.verify(attempt, EnteredCode::Digits(code.clone()), signed_in).await
    }

    /// An account that was taken over from another system.
    pub(crate) async fn import(&self, user: User, verifier: PasswordVerifier) -> User {
        let import = Import { user: user.clone(), verifier, audit: fixtures::audit(1, AuditKind::UserImported) };
        assert_eq!(self.stores.accounts().import(vec![import]).await.unwrap(), [ImportOutcome::Imported]);
        user
    }

    /// Another session of an account whose number is verified.
    pub(crate) async fn log_in(&self, phone: &PhoneNumber) -> SignedIn {
        let flow = self.phone_login.start(phone.clone(), None, &Caller::default()).await.unwrap();
        let code = self.code(phone.as_str()).await;
        signed_in(self.enter(&flow, &code).await.unwrap())
    }
}

/// No limits but those of wrong codes and passwords.
pub(crate) fn without_limits() -> Limits {
    let off = || Limit::OFF;
    Limits {
        ip_credentials: off(),
        ip_failures: off(),
        ip_sends: off(),
        ip_registrations: off(),
        net_failures: off(),
        net_sends: off(),
        email: off(),
        sms: off(),
        sensitive_changes: off(),
        identifier_changes: off(),
        refresh: off(),
        sms_rate: off(),
        email_rate: off(),
        ..Limits::default()
    }
}

impl Deref for World {
    type Target = MemoryService;

    fn deref(&self) -> &MemoryService {
        &self.service
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut MemoryService {
        &mut self.service
    }
}

pub(crate) fn request(names: Names, email: &EmailAddress, phone: &PhoneNumber, password: &str) -> RegistrationRequest {
    let (email, phone, locale) = (email.clone(), phone.clone(), Locale::En);
    RegistrationRequest { names, email, phone, password: new_password(password), locale }
}

pub(crate) fn new_password(text: &str) -> NewPassword {
    PasswordPolicy::default().accept(Password::parse(text).unwrap(), &[]).unwrap()
}

pub(crate) fn signed_in(step: LoginStep) -> SignedIn {
    match step {
        LoginStep::SignedIn(signed_in) => *signed_in,
        LoginStep::More(flow) => panic!("more proof is asked for: {flow:?}"),
    }
}

/// The code with its last digit replaced by the next one.
pub(crate) fn wrong(code: &Code) -> Code {
    let mut digits = code.reveal().to_owned().into_bytes();
    let last = digits.last_mut().unwrap();
    *last = b'0' + (*last - b'0' + 1) % 10;
    Code::parse(&String::from_utf8(digits).unwrap()).unwrap()
}
