use std::{sync::Arc, time::Duration};

use doorward_kernel::{AuditEvent, AuditKind, EmailAddress, Locale, StoreError, Timestamp};
use doorward_otp::{KnownDevice, Purpose, Step, Subject, Target};
use doorward_session::Policy as SessionPolicy;
use doorward_user::{PasswordCheck, PasswordHasher, PasswordVerifier, User, Users};

use super::{PasswordAlone, PasswordAttempt, PasswordLoginError, Rehashes, StaleVerifier, next::Next};
use crate::{
    SignedIn,
    flow::{FlowView, LoginStep, Verification},
    limits::{AdmitError, CallKind, Caller, SmsPolicy, Tried, TriedBy, Try, TryEnd},
    logins::{Logins, Opening, PasswordOutcome, RightPassword, Then},
    metrics,
    sessions::{NewDevice, SessionCap},
};

/// The retries of a login whose verifier is replaced meanwhile, as by a rehash.
const MAX_RETRIES: usize = 3;

/// Logs people in who begin with their password.
#[derive(Clone)]
pub struct PasswordLogin {
    /// The steps common to all flows.
    pub verification: Verification,
    /// The accounts.
    pub users: Arc<dyn Users>,
    /// Stores the result of a right password.
    pub logins: Arc<dyn Logins>,
    /// Checks passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Has outdated verifiers made anew.
    pub rehashes: Arc<dyn Rehashes>,
    /// The time that an account must have had its address before a mailed code opens a session.
    pub hold: Duration,
    /// Where SMS may go.
    pub sms: SmsPolicy,
    /// Whether a password alone opens a session.
    pub alone: PasswordAlone,
    /// How many sessions an account may have, and how sure they must be.
    pub sessions: SessionPolicy,
}

impl PasswordLogin {
    /// Starts a login that asks for the password next.
    ///
    /// Nobody is looked up but by a device: the flow is the same whatever exists.
    #[tracing::instrument(level = "debug", name = "password_login.start", skip_all)]
    pub async fn start(&self, email: EmailAddress, caller: &Caller) -> Result<FlowView, AdmitError> {
        let verification = &self.verification;
        let now = verification.clock_and_ids.now();
        let target = Target::Email(email);
        let known = verification.limiter.known_device(caller, &target).await?;
        verification.limiter.admit_call(caller, known, now).await?;
        let step = (Purpose::Login, Step::Password);
        let mut challenge = verification.challenge(now, step, target, Subject::Unclaimed, Locale::default());
        challenge.known_device = known;
        let view = verification.view(&challenge);
        verification.flows.start(verification.start_of(challenge, None, now)).await?;
        Ok(view)
    }

    /// Checks the password and goes on: to the second factor, or where it suffices to a session.
    ///
    /// Unknown, disabled, wrong, used up: each is one look-up and one hash, and the answer is the same.
    /// The account is looked up first, as tries count for it and not for the name.
    #[tracing::instrument(level = "debug", name = "password_login.log_in", skip_all)]
    pub async fn log_in(&self, attempt: &PasswordAttempt) -> Result<LoginStep, PasswordLoginError> {
        let now = self.verification.clock_and_ids.now();
        let lockouts = &self.verification.lockouts;
        if attempt.flow.is_none() {
            let call = (&attempt.identifier, CallKind::Check);
            self.verification.limiter.refuse_again(call, &attempt.caller, now).await?;
        }
        let found = self.credentials(&attempt.identifier).await?;
        let tried = self.count(attempt, found.as_ref().map(|(user, _)| user), now).await?;
        let step = self.check(attempt, &tried, found, now).await;
        let end = match &step {
            // A right password that may not send now is no failure, either.
            Ok(_) | Err(PasswordLoginError::Limited { .. }) => TryEnd::Right,
            // What was not compared for want of time was no failure.
            Err(PasswordLoginError::Hash(_)) => TryEnd::Unread,
            Err(_) => TryEnd::Wrong,
        };
        lockouts.settle(&tried, end, now).await;
        step
    }

    async fn count(
        &self,
        attempt: &PasswordAttempt,
        owner: Option<&User>,
        now: Timestamp,
    ) -> Result<Try, PasswordLoginError> {
        let lockouts = &self.verification.lockouts;
        let known = owner.and_then(|owner| self.known_device(attempt, owner));
        let (tried, by) = (Tried::password(&attempt.identifier, owner.map(|owner| owner.id)), TriedBy::device(known));
        Ok(match &attempt.flow {
            Some(of_flow) => lockouts.password_step(of_flow, tried, by, now).await?,
            None => lockouts.password_alone(tried, by, &attempt.caller, now).await?,
        })
    }

    /// The device of the attempt, if the account knows it.
    fn known_device(&self, attempt: &PasswordAttempt, owner: &User) -> Option<KnownDevice> {
        match attempt.challenge() {
            Some(challenge) => challenge.known_device.filter(|_| attempt.is_about_its_flow()),
            None => self.verification.limiter.device_of(&attempt.caller, owner.device_owner()),
        }
    }

    async fn check(
        &self,
        attempt: &PasswordAttempt,
        tried: &Try,
        mut credentials: Option<(User, PasswordVerifier)>,
        now: Timestamp,
    ) -> Result<LoginStep, PasswordLoginError> {
        let mut start_taken = false;
        for _ in 0..MAX_RETRIES {
            // Nothing is compared where a right password would not count either: it would be denied sooner.
            let counts = tried.is_looked_at && attempt.is_about_its_flow();
            let found = credentials.take().filter(|(user, _)| counts && user.is_active());
            let verifier = found.as_ref().map(|(user, verifier)| (user.id, verifier.clone()));
            let check = self.hasher.verify(&attempt.password, verifier).await?;
            let Some((user, verifier)) = found.filter(|_| check != PasswordCheck::Wrong) else {
                return Err(self.incorrect(attempt, now).await?);
            };
            // Before the next step takes for its code: of a burst of submits one alone sends.
            if let Some(step) = self.repeated(attempt, now).await? {
                return Ok(step);
            }
            let next = self.next(&user, attempt, &mut start_taken, now).await?;
            if let Some(step) = self.go_on((&user, &verifier), next, attempt, now).await? {
                if check == PasswordCheck::RightButStale {
                    let password = attempt.password.clone();
                    self.rehashes.ask(StaleVerifier { user: user.id, verifier, password });
                }
                return Ok(step);
            }
            credentials = self.credentials(&attempt.identifier).await?;
        }
        Err(self.incorrect(attempt, now).await?)
    }

    /// The step that the same submit has led to before, if it came twice.
    async fn repeated(&self, attempt: &PasswordAttempt, now: Timestamp) -> Result<Option<LoginStep>, StoreError> {
        let Some(challenge) = attempt.challenge() else { return Ok(None) };
        let next = self.verification.repeated(challenge.id, Purpose::Login, now).await?;
        Ok(next.map(|next| LoginStep::More(self.verification.view(&next))))
    }

    async fn credentials(&self, identifier: &Target) -> Result<Option<(User, PasswordVerifier)>, StoreError> {
        match identifier {
            Target::Email(email) => self.users.credentials_by_email(email).await,
            // A number that nobody has verified belongs to nobody.
            Target::Phone(number) => self.users.credentials_by_phone(number).await,
        }
    }

    /// Writes what follows; `None` when the verifier is no longer the one that was checked.
    async fn go_on(
        &self,
        (user, verifier): (&User, &PasswordVerifier),
        next: Next,
        attempt: &PasswordAttempt,
        now: Timestamp,
    ) -> Result<Option<LoginStep>, PasswordLoginError> {
        let done = attempt.challenge().map(|challenge| challenge.id);
        let then = self.then(user, &next, attempt, now);
        let (leased, new_device) = match &then {
            Then::Step(next) => (next.leased(), None),
            Then::Session(opening) => (None, opening.new_device.clone()),
        };
        let right = RightPassword { user: user.id, verifier: verifier.clone(), done, then, now };
        let step = match self.logins.go_on(right).await? {
            PasswordOutcome::Done(user) => match next {
                Next::Step(challenge, _) => {
                    self.verification.send(leased);
                    LoginStep::More(self.verification.view(&challenge))
                }
                Next::Session(session) => {
                    metrics::session_opened();
                    if let Some(device) = new_device {
                        self.verification.send_device(device, &user, now);
                    }
                    LoginStep::SignedIn(Box::new(SignedIn { session: *session, user }))
                }
            },
            PasswordOutcome::Closed => {
                let step = self.repeated(attempt, now).await?.ok_or(PasswordLoginError::Closed)?;
                return Ok(Some(step));
            }
            PasswordOutcome::Conflict => return Ok(None),
        };
        Ok(Some(step))
    }

    fn then(&self, user: &User, next: &Next, attempt: &PasswordAttempt, now: Timestamp) -> Then {
        let verification = &self.verification;
        match next {
            Next::Step(challenge, refusal) => {
                let start = verification.start_or_withhold((**challenge).clone(), *refusal, now);
                Then::Step(Box::new(verification.leased(start, now)))
            }
            Next::Session(session) => {
                let audit = AuditEvent {
                    user: Some(session.user),
                    session: Some(session.id),
                    challenge: attempt.challenge().map(|challenge| challenge.id),
                    ..verification.clock_and_ids.event(AuditKind::SessionOpened, now)
                };
                let cap = SessionCap::new(&verification.clock_and_ids, &self.sessions, user, session, now);
                let new_device = match self.known_device(attempt, user) {
                    Some(_) => None,
                    None => NewDevice::of(&verification.clock_and_ids, user, session, now),
                };
                let new_device = new_device.map(|device| verification.leased_device(device, now));
                Then::Session(Box::new(Opening { session: (**session).clone(), cap, new_device, audit }))
            }
        }
    }

    async fn incorrect(&self, attempt: &PasswordAttempt, now: Timestamp) -> Result<PasswordLoginError, StoreError> {
        Ok(match attempt.challenge() {
            Some(challenge) => self.verification.count_wrong(challenge, now).await?.into(),
            None => PasswordLoginError::Incorrect { attempts_left: None },
        })
    }
}
