use std::sync::Arc;

use doorward_kernel::{
    AuditEvent, AuditKind, Client, Country, EmailAddress, Locale, PhoneNumber, StoreError, Timestamp,
};
use doorward_otp::{Challenge, Code, Purpose, Step, Subject, Target};
use doorward_session::{Carrier, Method, Methods, Policy as SessionPolicy, Session};
use doorward_user::{HashError, Password, PasswordCheck, PasswordHasher, PasswordVerifier, PhoneHolders, User, Users};

use super::{LoginOutcome, OpenSession, PhoneLogins, prove};
use crate::{
    flow::{Advance, AdvanceOutcome, FlowView, Start, Verification, VerifyError},
    password_login::{Rehashes, StaleVerifier},
    sessions::{Room, SignedIn, methods_after, new_session},
};

/// How often a login looks again when somebody else proves the same number meanwhile.
const LOOKS: usize = 3;

/// Logs people in by the number they hold.
#[derive(Clone)]
pub struct PhoneLogin {
    /// What all flows share.
    pub verification: Verification,
    /// The accounts.
    pub users: Arc<dyn Users>,
    /// Where sessions are opened.
    pub logins: Arc<dyn PhoneLogins>,
    /// Checks the password of the first login from elsewhere.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Has outdated verifiers made anew.
    pub rehashes: Arc<dyn Rehashes>,
    /// Where SMS may go.
    pub sms: SmsPolicy,
    /// How many sessions an account may have, and how sure they must be.
    pub sessions: SessionPolicy,
}

/// Where SMS may go.
#[derive(Clone, Debug, Default)]
pub struct SmsPolicy {
    /// The countries; `None` means all.
    pub countries: Option<Vec<Country>>,
}

/// What a right code leads to.
#[derive(Clone, Debug)]
pub enum LoginStep {
    /// A session.
    SignedIn(Box<SignedIn>),
    /// Another step.
    More(FlowView),
}

/// Why a password did not finish a login.
#[derive(Debug, thiserror::Error)]
pub enum PasswordStepError {
    /// The flow is not open for a password.
    #[error("the flow is closed")]
    Closed,
    /// Address and password are not those of an account that carries the number; counted.
    #[error("the credentials are wrong")]
    Incorrect {
        /// Tries left.
        attempts_left: u8,
    },
    /// The password could not be checked now.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SmsPolicy {
    /// Whether an SMS may go to the number.
    pub fn allows(&self, number: &PhoneNumber) -> bool {
        match (&self.countries, number.country()) {
            (None, _) => true,
            (Some(countries), Some(country)) => countries.contains(&country),
            (Some(_), None) => false,
        }
    }
}

impl PhoneLogin {
    /// Sends a code to the number if anybody carries it. The answer is the same if nobody does.
    ///
    /// `flow` may be the open flow of a registration that this login continues.
    pub async fn start(&self, number: PhoneNumber, flow: Option<Challenge>) -> Result<FlowView, StoreError> {
        let verification = &self.verification;
        let now = verification.moment.now();
        let continued = self.continued(flow, &number).await?;
        let holders = self.users.find_by_phone(&number).await?;
        let (subject, locale) = self.subject(&number, continued.as_ref(), &holders);
        let target = Target::Phone(number);
        let challenge = verification.challenge(now, (Purpose::Login, Step::SmsCode), target, subject, locale);
        let start = Start {
            message: verification.code_message(&challenge, now),
            audit: verification.event_of(&challenge, AuditKind::FlowStarted, now),
            challenge: challenge.clone(),
        };
        verification.flows.start(start).await?;
        verification.bell.ring();
        Ok(verification.view(&challenge))
    }

    /// The account whose registration the flow continues, if it does so for this very number.
    async fn continued(&self, flow: Option<Challenge>, number: &PhoneNumber) -> Result<Option<User>, StoreError> {
        let continues = |flow: &Challenge| flow.step == Step::FirstLogin && flow.target.phone() == Some(number);
        let Some(user) = flow.filter(continues).and_then(|flow| flow.user()) else { return Ok(None) };
        let user = self.users.find_by_id(user).await?;
        Ok(user.filter(|user| user.is_active() && user.carries(number)))
    }

    /// Whose login a code to the number is, and the language it is sent in.
    fn subject(&self, number: &PhoneNumber, continued: Option<&User>, holders: &PhoneHolders) -> (Subject, Locale) {
        let mut claimants = holders.claimants.iter().filter(|user| user.is_active());
        let owner = holders.owner.as_ref().filter(|user| user.is_active());
        if !self.sms.allows(number) {
            (Subject::Decoy, Locale::default())
        } else if let Some(user) = continued.or(owner) {
            (Subject::Account(user.id), user.locale)
        } else if let (None, Some(user)) = (&holders.owner, claimants.next()) {
            (Subject::Unclaimed, user.locale)
        } else {
            (Subject::Decoy, Locale::default())
        }
    }

    /// Opens a session when the code is right.
    ///
    /// For a number nobody has proved, and where two factors are required, a password is asked for next.
    pub async fn verify(
        &self,
        challenge: Challenge,
        code: &Code,
        carrier: Carrier,
        client: Client,
    ) -> Result<LoginStep, VerifyError> {
        let verification = &self.verification;
        let now = verification.moment.now();
        verification.check(&challenge, code, now).await?;
        let methods = methods_after(&challenge.proved, Method::Sms);
        let enough = challenge.user().filter(|_| methods.assurance() >= self.sessions.require);
        let Some(user) = enough else { return self.ask_password(&challenge, now).await };
        let session = new_session(&*verification.moment.random, user, methods, carrier, client, now);
        let signed_in = self.open(&challenge, session, None, now).await?;
        Ok(LoginStep::SignedIn(Box::new(signed_in)))
    }

    async fn ask_password(&self, challenge: &Challenge, now: Timestamp) -> Result<LoginStep, VerifyError> {
        let verification = &self.verification;
        let step = (Purpose::Login, Step::Password);
        let next = verification.challenge(now, step, challenge.target.clone(), Subject::Unclaimed, challenge.locale);
        let audit = verification.event_of(&next, AuditKind::FlowStarted, now);
        let start = Start { challenge: next.clone(), message: None, audit };
        match verification.flows.advance(Advance { done: challenge.id, next: start, now }).await? {
            AdvanceOutcome::Advanced => Ok(LoginStep::More(verification.view(&next))),
            AdvanceOutcome::Closed => Err(VerifyError::Closed),
        }
    }

    /// Finishes the login with address and password of an account that carries the proved number.
    pub async fn finish_with_password(
        &self,
        challenge: Challenge,
        email: &EmailAddress,
        password: &Password,
        carrier: Carrier,
        client: Client,
    ) -> Result<SignedIn, PasswordStepError> {
        let now = self.verification.moment.now();
        let credentials = self.users.credentials_by_email(email).await?;
        let verifier = credentials.as_ref().map(|(user, verifier)| (user.id, verifier.clone()));
        let check = self.hasher.verify(password, verifier).await?;
        let may_enter =
            |user: &User| user.is_active() && challenge.target.phone().is_some_and(|number| user.carries(number));
        let credentials = credentials.filter(|(user, _)| check != PasswordCheck::Wrong && may_enter(user));
        let Some((user, verifier)) = credentials else {
            return Err(self.verification.count_wrong(&challenge, now).await?.into());
        };
        let methods = Methods::new(&[Method::Sms, Method::Password]);
        let session = new_session(&*self.verification.moment.random, user.id, methods, carrier, client, now);
        let signed_in = self.open(&challenge, session, Some(verifier.clone()), now).await?;
        if check == PasswordCheck::RightButStale {
            self.rehashes.ask(StaleVerifier { user: user.id, verifier, password: password.clone() });
        }
        Ok(signed_in)
    }

    /// Opens the session, proving the number for its user where that is still to be done.
    async fn open(
        &self,
        challenge: &Challenge,
        session: Session,
        checked: Option<PasswordVerifier>,
        now: Timestamp,
    ) -> Result<SignedIn, VerifyError> {
        let number = challenge.target.phone().ok_or(VerifyError::Closed)?;
        for _ in 0..LOOKS {
            let open = self.open_session(challenge, number, &session, now).await?;
            match self.logins.open(OpenSession { checked: checked.clone(), ..open }).await? {
                LoginOutcome::Opened(user) => {
                    self.verification.bell.ring();
                    return Ok(SignedIn { session, user });
                }
                LoginOutcome::Closed | LoginOutcome::Refused => return Err(VerifyError::Closed),
                LoginOutcome::Lost => {}
            }
        }
        Err(VerifyError::Closed)
    }

    async fn open_session(
        &self,
        challenge: &Challenge,
        number: &PhoneNumber,
        session: &Session,
        now: Timestamp,
    ) -> Result<OpenSession, VerifyError> {
        let moment = &self.verification.moment;
        let user = self.users.find_by_id(session.user).await?.ok_or(VerifyError::Closed)?;
        let room = Room::new(moment, &self.sessions, &user, session, now);
        let proof = if user.carries(number) && !user.has_proved(number) {
            let holders = self.users.find_by_phone(number).await?;
            Some(prove(moment, &user, number, holders, AuditKind::PhoneProved, now))
        } else {
            None
        };
        let audit = AuditEvent {
            user: Some(session.user),
            session: Some(session.id),
            challenge: Some(challenge.id),
            ..moment.event(AuditKind::SessionOpened, now)
        };
        let (challenge, session, number) = (challenge.id, session.clone(), number.clone());
        Ok(OpenSession { challenge, session, number, checked: None, proof, room, now, audit })
    }
}

impl From<VerifyError> for PasswordStepError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Closed => Self::Closed,
            VerifyError::Incorrect { attempts_left } => Self::Incorrect { attempts_left },
            VerifyError::Store(error) => Self::Store(error),
        }
    }
}
