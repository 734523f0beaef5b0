use std::sync::Arc;

use doorward_kernel::{AuditEvent, AuditKind, Client, Locale, PhoneNumber, StoreError, Timestamp};
use doorward_notifier::Claimed;
use doorward_otp::{Challenge, Channel, Code, EnteredCode, Purpose, Step, Subject, Target};
use doorward_session::{Carrier, Method, Policy as SessionPolicy, Session};
use doorward_user::{PasswordHasher, PasswordVerifier, PhoneHolders, User, Users};

use super::Dormancy;
use crate::{
    NumberVerification, SignedIn, SpentCode,
    flow::{Advance, AdvanceOutcome, CompletionError, FlowView, FoundFlow, LoginStep, Verification, VerifyError},
    limits::{AdmitError, Attempt, Caller, DestinationChecks},
    logins::{LoginOutcome, Logins, OpenSession, PasswordOutcome, RightPassword, Then},
    metrics,
    password_login::Rehashes,
    sessions::{NewDevice, SessionCap, methods_after, new_session},
    totp::TotpCodes,
};

/// The retries of a login while somebody else verifies the same number.
const MAX_RETRIES: usize = 3;

/// Logs people in by the number they hold.
#[derive(Clone)]
pub struct PhoneLogin {
    /// The steps common to all flows.
    pub verification: Verification,
    /// The accounts.
    pub users: Arc<dyn Users>,
    /// Where sessions are opened.
    pub logins: Arc<dyn Logins>,
    /// Checks the password of the first login from elsewhere.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Has outdated verifiers made anew.
    pub rehashes: Arc<dyn Rehashes>,
    /// Checks the codes of authenticator apps.
    pub totp: TotpCodes,
    /// How many sessions an account may have, and how sure they must be.
    pub sessions: SessionPolicy,
    /// When a number is no longer enough.
    pub dormancy: Dormancy,
}

impl PhoneLogin {
    /// Sends a code to the number if anybody carries it. The answer is the same if nobody does.
    ///
    /// `flow` may be the open flow of a registration that this login continues.
    #[tracing::instrument(level = "debug", name = "phone_login.start", skip_all)]
    pub async fn start(
        &self,
        number: PhoneNumber,
        flow: Option<FoundFlow>,
        caller: &Caller,
    ) -> Result<FlowView, AdmitError> {
        let verification = &self.verification;
        let now = verification.clock_and_ids.now();
        let target = Target::Phone(number.clone());
        let known = verification.limiter.known_device(caller, &target).await?;
        let taken = verification.limiter.admit_start_of_sms(&number, caller, known, now).await?;
        let flow =
            flow.filter(|FoundFlow { challenge, .. }| challenge.step == Step::FirstLogin && challenge.target == target);
        let is_continuation = flow.is_some();
        // The account whose registration the flow continues, if it still carries the number.
        let continued = flow.and_then(|flow| flow.account).filter(|user| user.is_active() && user.carries(&number));
        let holders = self.users.find_by_phone(&number).await?;
        let (subject, locale) = subject(continued.as_ref(), &holders);
        let checks = if holders.owner.is_some() { DestinationChecks::Skip } else { DestinationChecks::Apply };
        let mut challenge = verification.challenge(now, (Purpose::Login, Step::PhoneCode), target, subject, locale);
        challenge.known_device = known;
        if is_continuation && continued.is_none() {
            // The registration has lost the number: the answer will say that this is another account.
            challenge.verified = challenge.verified.and(Channel::Email);
        }
        verification.phone_gate.found(&number, checks, now);
        let is_decoy = challenge.subject == Subject::Decoy;
        let judged = if is_decoy { DestinationChecks::Skip } else { checks };
        let refusal = verification.phone_gate.judge(&number, judged, taken, now);
        let view = verification.view(&challenge);
        let start = verification.start_or_decoy(challenge, refusal, now);
        verification.launch(start, now).await?;
        Ok(view)
    }

    /// Goes on when the code is right: to a session, or to the authenticator app of an account that has one.
    ///
    /// For a number that nobody has verified or none has used for long, and where two factors are required,
    /// a password is asked for next.
    #[tracing::instrument(level = "debug", name = "phone_login.verify", skip_all)]
    pub async fn verify(
        &self,
        attempt: Attempt,
        code: &Code,
        carrier: Carrier,
        client: Client,
    ) -> Result<LoginStep, VerifyError> {
        let verification = &self.verification;
        let now = verification.clock_and_ids.now();
        verification.check(&attempt, code, now).await?;
        let Attempt { challenge, account, .. } = attempt;
        let methods = methods_after(&challenge.verified, Method::Sms);
        let is_dormant =
            |user: &User| !challenge.verified.contains(Channel::Password) && self.dormancy.is_dormant(user, now);
        let needs_more = methods.assurance() < self.sessions.require
            // An authenticator app is asked for anyway.
            || account.as_ref().is_some_and(|user| !user.has_totp() && is_dormant(user));
        let Some(user) = challenge.user().filter(|_| !needs_more) else {
            return Ok(self.ask(&challenge, Step::Password, challenge.subject, now).await?);
        };
        let session = new_session(&*verification.clock_and_ids.random, user, methods, carrier, client, now);
        Ok(self.open((&challenge, account), session, None, None, now).await?)
    }

    /// Finishes the login with a code of the account's authenticator app, or a recovery code.
    #[tracing::instrument(level = "debug", name = "phone_login.verify_totp", skip_all)]
    pub async fn verify_totp(
        &self,
        attempt: Attempt,
        code: &EnteredCode,
        carrier: Carrier,
        client: Client,
    ) -> Result<LoginStep, VerifyError> {
        let code = self.totp.check(attempt, code).await?;
        let Attempt { challenge, account, .. } = &code.attempt;
        let now = self.verification.clock_and_ids.now();
        let methods = methods_after(&challenge.verified, code.method);
        let random = &*self.verification.clock_and_ids.random;
        let session = new_session(random, code.spends.user, methods, carrier, client, now);
        let opened = self.open((challenge, account.clone()), session, None, Some(&code.spends), now).await;
        self.totp.settle(&code, opened).await
    }

    /// Closes the step that is done and asks for the next one.
    async fn ask(
        &self,
        done: &Challenge,
        step: Step,
        subject: Subject,
        now: Timestamp,
    ) -> Result<LoginStep, CompletionError> {
        let next = self.verification.step_after(done, step, subject, now);
        let view = self.verification.view(&next.challenge);
        match self.verification.flows.advance(Advance { done: done.id, next, now }).await? {
            AdvanceOutcome::Advanced => Ok(LoginStep::More(view)),
            AdvanceOutcome::Closed => self.repeat(done, now).await,
        }
    }

    async fn repeat(&self, done: &Challenge, now: Timestamp) -> Result<LoginStep, CompletionError> {
        let next = self.verification.repeated(done.id, Purpose::Login, now).await?.ok_or(CompletionError::Closed)?;
        Ok(LoginStep::More(self.verification.view(&next)))
    }

    /// Asks for a code of the account's authenticator app.
    ///
    /// A password that was checked must still be the account's, or what changes it would not close the step.
    async fn ask_totp(
        &self,
        done: &Challenge,
        user: &User,
        checked: Option<PasswordVerifier>,
        now: Timestamp,
    ) -> Result<LoginStep, CompletionError> {
        let subject = Subject::Account(user.id);
        let Some(verifier) = checked else { return self.ask(done, Step::Totp, subject, now).await };
        let start = self.verification.step_after(done, Step::Totp, subject, now);
        let view = self.verification.view(&start.challenge);
        let then = Then::Step(Box::new(start));
        let right = RightPassword { user: user.id, verifier, done: Some(done.id), then, now };
        match self.logins.go_on(right).await? {
            PasswordOutcome::Done(_) => Ok(LoginStep::More(view)),
            PasswordOutcome::Closed => self.repeat(done, now).await,
            PasswordOutcome::Conflict => Err(CompletionError::Closed),
        }
    }

    /// Opens the session, verifying the number for its user where that is still to be done.
    ///
    /// An account with an authenticator app is asked for a code of it first, which `spends` is then. `account` is it as it was seen before,
    /// where it was; what may have changed since, the store checks again.
    pub(super) async fn open(
        &self,
        (challenge, mut account): (&Challenge, Option<User>),
        session: Session,
        checked: Option<PasswordVerifier>,
        spends: Option<&SpentCode>,
        now: Timestamp,
    ) -> Result<LoginStep, CompletionError> {
        for _ in 0..MAX_RETRIES {
            let user = match account.take() {
                Some(user) => user,
                None => self.users.find_by_id(session.user).await?.ok_or(CompletionError::Closed)?,
            };
            if spends.is_none() && user.has_totp() {
                return self.ask_totp(challenge, &user, checked, now).await;
            }
            let open = self.open_session(challenge, &session, &user, now).await?;
            // The notice of a session that was ended for this one goes out when the workers poll next.
            let (number_verification, new_device) = (open.number_verification.clone(), open.new_device.clone());
            let open = OpenSession { checked: checked.clone(), spends: spends.cloned(), ..open };
            match self.logins.open(open).await? {
                LoginOutcome::Opened(user) => {
                    metrics::session_opened();
                    if let Some(device) = new_device {
                        self.verification.send_device(device, &user, now);
                    }
                    if let Some(number_verification) = number_verification {
                        self.tell(number_verification);
                    }
                    return Ok(LoginStep::SignedIn(Box::new(SignedIn { session, user })));
                }
                LoginOutcome::Closed | LoginOutcome::Refused => return Err(CompletionError::Closed),
                LoginOutcome::CodeRefused => return Err(CompletionError::CodeRefused),
                LoginOutcome::Conflict => {}
            }
        }
        Err(CompletionError::Closed)
    }

    /// Sends what the verification of a number has written.
    fn tell(&self, NumberVerification { notice, leased_until, drops, .. }: NumberVerification) {
        let leased =
            leased_until.map(|leased_until| Claimed { message: notice, tries: 0, leased_until, failed_provider: None });
        self.verification.send(leased);
        if !drops.is_empty() {
            self.verification.signal.notify();
        }
    }

    async fn open_session(
        &self,
        challenge: &Challenge,
        session: &Session,
        user: &User,
        now: Timestamp,
    ) -> Result<OpenSession, StoreError> {
        let clock_and_ids = &self.verification.clock_and_ids;
        let cap = SessionCap::new(clock_and_ids, &self.sessions, user, session, now);
        // A login that began with the password and went on to the authenticator app verifies no number.
        let is_verified = challenge.step == Step::PhoneCode || challenge.verified.contains(Channel::Sms);
        let number = challenge.target.phone().filter(|_| is_verified);
        let number_verification = match number.filter(|number| user.carries(number) && !user.has_verified(number)) {
            Some(number) => {
                let holders = self.users.find_by_phone(number).await?;
                let number_verification =
                    NumberVerification::new(clock_and_ids, user, number, holders, AuditKind::PhoneProved, now);
                Some(NumberVerification { leased_until: self.verification.signal.lease(now), ..number_verification })
            }
            None => None,
        };
        let notes_use = number.is_some_and(|number| user.has_verified(number)) && Dormancy::notes_use(user, now);
        let is_expected = is_expected(challenge, number_verification.is_some());
        let new_device = if is_expected { None } else { NewDevice::of(clock_and_ids, user, session, now) };
        let new_device = new_device.map(|device| self.verification.leased_device(device, now));
        let is_reviewers = number.is_some_and(|number| self.verification.lockouts.reviewers.has(number));
        let kind = if is_reviewers { AuditKind::SessionOpenedByReviewer } else { AuditKind::SessionOpened };
        let audit = AuditEvent {
            user: Some(session.user),
            session: Some(session.id),
            challenge: Some(challenge.id),
            ..clock_and_ids.event(kind, now)
        };
        let (challenge, session, number) = (challenge.id, session.clone(), number.cloned());
        Ok(OpenSession {
            challenge,
            session,
            number,
            checked: None,
            spends: None,
            number_verification,
            cap,
            notes_use,
            new_device,
            now,
            audit,
        })
    }
}

/// Returns whether the owner need not be told of the device: the account knows it, or its registration goes on there.
///
/// A device that is known is one of whoever has verified the number, so of nobody who verifies it now.
fn is_expected(challenge: &Challenge, proves_number: bool) -> bool {
    if proves_number {
        challenge.user().is_some() && !challenge.verified.contains(Channel::Password)
    } else {
        challenge.known_device.is_some()
    }
}

/// Whose login a code to a number is, and the language it is sent in.
fn subject(continued: Option<&User>, holders: &PhoneHolders) -> (Subject, Locale) {
    let mut claimants = holders.claimants.iter().filter(|user| user.is_active());
    let owner = holders.owner.as_ref().filter(|user| user.is_active());
    if let Some(user) = continued.or(owner) {
        (Subject::Account(user.id), user.locale)
    } else if let (None, Some(user)) = (&holders.owner, claimants.next()) {
        (Subject::Unclaimed, user.locale)
    } else {
        (Subject::Decoy, Locale::default())
    }
}
