use std::{sync::Arc, time::Duration};

use doorward_kernel::{AuditEvent, AuditKind, ChallengeId, ChangeId, Client, PhoneNumber, Timestamp};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Challenge, Channel, Code, Purpose};
use doorward_session::{Carrier, Method, Methods, Policy as SessionPolicy, Scope, Session};
use doorward_user::{User, Users};

use super::{
    Bindings, OpenBinding, OpenBindingOutcome, PendingNumber, ScheduleNumber, ScheduleOutcome, held_back, mail_step,
};
use crate::{
    SignedIn,
    factors::{Change, Evidence, Holdings, Verdict, decide},
    flow::{Advance, AdvanceOutcome, FlowView, FoundFlow, ResendError, Verification, VerifyError},
    limits::{Attempt, Caller, DestinationChecks, MailCaller, Tried},
    messages, metrics,
    profile::Profile,
    sessions::{SessionCap, new_session},
};

/// Lets people bind a new number who have lost the old one.
#[derive(Clone)]
pub struct Binding {
    /// The steps common to all flows.
    pub verification: Verification,
    /// The accounts.
    pub users: Arc<dyn Users>,
    /// Where sessions that may only bind are opened, and what they bound is pending.
    pub bindings: Arc<dyn Bindings>,
    /// Binds at once where nothing is replaced.
    pub profile: Profile,
    /// How many sessions an account may have.
    pub sessions: SessionPolicy,
    /// The time that the owner can object before a number takes the place of a verified one, and how long
    /// an account must have had its address before a mailed code opens a session.
    pub hold: Duration,
}

/// The outcome of binding a number.
#[derive(Clone, Debug)]
pub enum Bound {
    /// The account has it.
    Now(Box<User>),
    /// The account gets it at that instant, unless its owner objects.
    Pending(Box<User>, Timestamp),
}

impl Binding {
    /// Asks for a code to the address instead of the second factor of an open login.
    ///
    /// Only after a right password; in every other flow the code goes no other way.
    #[tracing::instrument(level = "debug", name = "binding.ask_by_mail", skip_all)]
    pub async fn ask_by_mail(&self, id: ChallengeId, caller: &Caller) -> Result<FlowView, ResendError> {
        let verification = &self.verification;
        let now = verification.clock_and_ids.now();
        let FoundFlow { challenge, account } = verification.flows.find(id).await?.ok_or(ResendError::Closed)?;
        if challenge.denial(now).is_some() {
            return self.repeated(&challenge, now).await;
        }
        let is_second = challenge.purpose == Purpose::Login && challenge.verified.contains(Channel::Password);
        let other = if challenge.step.is_code() { ResendError::OtherChannel } else { ResendError::Closed };
        let user = account.filter(|_| is_second).ok_or(other)?;
        verification.limiter.admit_start(caller, challenge.known_device, now).await?;
        let next = mail_step(verification, &user, challenge.known_device, now);
        let next = held_back(&*self.users, next, &user, now - self.hold).await?;
        let refusal = verification.refusal(&next, DestinationChecks::Skip, MailCaller::Known, now).await?;
        let view = verification.view(&next);
        let next = verification.start_or_decoy(next, refusal, now);
        match verification.flows.advance(Advance { done: challenge.id, next, now }).await? {
            AdvanceOutcome::Advanced => {
                verification.signal.notify();
                Ok(view)
            }
            AdvanceOutcome::Closed => self.repeated(&challenge, now).await,
        }
    }

    /// The code by mail that was asked for a moment ago, if the call came twice.
    async fn repeated(&self, done: &Challenge, now: Timestamp) -> Result<FlowView, ResendError> {
        let next = self.verification.repeated(done.id, Purpose::Bind, now).await?.ok_or(ResendError::Closed)?;
        Ok(self.verification.view(&next))
    }

    /// Opens a session that may only bind when the mailed code is right, and tells the owner.
    #[tracing::instrument(level = "debug", name = "binding.verify_email", skip_all)]
    pub async fn verify_email(
        &self,
        attempt: Attempt,
        code: &Code,
        carrier: Carrier,
        client: Client,
    ) -> Result<SignedIn, VerifyError> {
        let verification = &self.verification;
        let clock_and_ids = &verification.clock_and_ids;
        let now = clock_and_ids.now();
        verification.check(&attempt, code, now).await?;
        let challenge = attempt.challenge;
        let user = challenge.user().ok_or(VerifyError::Closed)?;
        let user = self.users.find_by_id(user).await?.ok_or(VerifyError::Closed)?;
        let methods = Methods::new(&[Method::Password]);
        let session = new_session(&*clock_and_ids.random, user.id, methods, carrier, client, now);
        let session = Session { scope: Scope::Binding, ..session };
        let (to, id) = ((&user.email, user.locale), clock_and_ids.message_id(now));
        let notice = messages::notice(to, NoticeTemplate::BindingOpened, None, id, now);
        let open = OpenBinding {
            challenge: challenge.id,
            cap: SessionCap::new(clock_and_ids, &self.sessions, &user, &session, now),
            notices: vec![messages::undoable(notice, ChangeId::from_bytes(session.id.to_bytes()))],
            audit: AuditEvent {
                session: Some(session.id),
                ..verification.event_of(&challenge, AuditKind::BindingOpened, now)
            },
            session: session.clone(),
            now,
        };
        match self.bindings.open(open).await? {
            OpenBindingOutcome::Opened(user) => {
                metrics::session_opened();
                verification.signal.notify();
                Ok(SignedIn { session, user })
            }
            OpenBindingOutcome::Closed => Err(VerifyError::Closed),
        }
    }

    /// Binds the number when its code is right: at once, or where it replaces another verified one, later.
    #[tracing::instrument(level = "debug", name = "binding.verify_number", skip_all)]
    pub async fn verify_number(&self, attempt: Attempt, code: &Code) -> Result<Bound, VerifyError> {
        let verification = &self.verification;
        let user = match attempt.challenge.user() {
            Some(user) => self.users.find_by_id(user).await?,
            None => None,
        };
        let number = attempt.challenge.target.phone();
        let Some(user) = user else {
            // What was never sent is guessed at like any other code.
            verification.check(&attempt, code, verification.clock_and_ids.now()).await?;
            return Err(VerifyError::Closed);
        };
        let is_bound_again = number.is_some_and(|number| user.has_verified(number));
        let verdict = decide(Change::BindNumber, Holdings::of(&user), Evidence::Binding);
        if is_bound_again || verdict == Verdict::AtOnce {
            return Ok(Bound::Now(Box::new(self.profile.verify_phone(attempt, code).await?)));
        }
        let now = verification.clock_and_ids.now();
        verification.check(&attempt, code, now).await?;
        let challenge = &attempt.challenge;
        let number = challenge.target.phone().ok_or(VerifyError::Closed)?;
        self.schedule(challenge, &user, number, now).await
    }

    async fn schedule(
        &self,
        challenge: &Challenge,
        user: &User,
        number: &PhoneNumber,
        now: Timestamp,
    ) -> Result<Bound, VerifyError> {
        let verification = &self.verification;
        let clock_and_ids = &verification.clock_and_ids;
        let id = ChangeId::mint(now, &*clock_and_ids.random);
        let due_at = now + self.hold;
        let detail = Some(number.masked());
        let (to, message) = ((&user.email, user.locale), clock_and_ids.message_id(now));
        let notice = messages::notice(to, NoticeTemplate::NumberHeld, detail, message, now);
        let by_sms = verification.notice_by_sms(user, NoticeTemplate::NumberHeld, now);
        let hold = ScheduleNumber {
            challenge: challenge.id,
            session: challenge.session,
            pending: PendingNumber { id, user: user.id, number: number.clone(), verified_at: now, due_at },
            notices: [messages::undoable(notice, id)].into_iter().chain(by_sms).collect(),
            now,
            audit: verification.event_of(challenge, AuditKind::NumberHeld, now),
        };
        match self.bindings.schedule(hold).await? {
            ScheduleOutcome::Scheduled(user) => {
                verification.lockouts.clear_failures(&Tried::sent_to(user.id, &challenge.target)).await?;
                verification.signal.notify();
                Ok(Bound::Pending(Box::new(user), due_at))
            }
            ScheduleOutcome::Closed => Err(VerifyError::Closed),
        }
    }
}
