use std::sync::Arc;

use doorward_kernel::{AuditEvent, AuditKind, ChallengeId, Locale, PhoneChannels, PhoneNumber, StoreError, Timestamp};
use doorward_notifier::{Deliveries, Message, NoticeTemplate, OutboxSignal};
use doorward_otp::{
    Challenge, Channel, Code, Digits, EnteredCode, FlowKeys, Policy, Purpose, Step, Subject, Target, Verified,
};
use doorward_user::User;

use super::{CountOutcome, FlowView, Flows, FoundFlow, Repeat, ResumeError, Start, VerifyError};
use crate::{
    ClockAndIds,
    delivery::{EnteredCodes, Outcomes, Replays, Route},
    keys::{EpochRefresh, open_or_refresh},
    limits::{Attempt, CallKind, Caller, DestinationChecks, Lockouts, MailCaller, PhoneGate, RateLimiter, TryEnd},
    messages,
};

/// The steps common to all flows: creates, shows, finds and checks challenges, and resends their codes.
#[derive(Clone)]
pub struct Verification {
    /// Clock and id generator.
    pub clock_and_ids: ClockAndIds,
    /// The store of flows.
    pub flows: Arc<dyn Flows>,
    /// The keys from which codes are derived.
    pub keys: Arc<dyn FlowKeys>,
    /// The keys that other nodes use.
    pub epochs: Arc<dyn EpochRefresh>,
    /// Wakes the delivery workers.
    pub signal: Arc<dyn OutboxSignal>,
    /// The rate limiter.
    pub limiter: Arc<RateLimiter>,
    /// Counts tries.
    pub lockouts: Lockouts,
    /// The limits of messages to telephones.
    pub phone_gate: PhoneGate,
    /// The ways to telephones.
    pub phones: Route,
    /// The numbers.
    pub policy: Policy,
    /// The states of codes.
    pub deliveries: Arc<dyn Deliveries>,
    /// The flows that show them truly.
    pub outcomes: Outcomes,
    /// The typical delays, which the others show.
    pub replays: Replays,
    /// The codes that were entered, which are counted for their providers.
    pub entered_codes: EnteredCodes,
}

impl Verification {
    /// A new challenge under the current keys, sent once.
    pub(crate) fn challenge(
        &self,
        now: Timestamp,
        (purpose, step): (Purpose, Step),
        target: Target,
        subject: Subject,
        locale: Locale,
    ) -> Challenge {
        Challenge {
            id: ChallengeId::mint(now, &*self.clock_and_ids.random),
            purpose,
            step,
            phone_channels: target.phone().map_or(PhoneChannels::SMS, |number| self.phones.preferred(number)),
            target,
            subject,
            locale,
            verified: Verified::default(),
            session: None,
            known_device: None,
            epoch: self.keys.current_epoch(),
            digits: self.digits(),
            tries: 0,
            max_tries: self.policy.max_tries,
            sends: 1,
            sent_at: now,
            created_at: now,
            expires_at: now + self.policy.ttl(step),
            closed_at: None,
            successor: None,
        }
    }

    /// Two more while somebody tries many accounts.
    fn digits(&self) -> Digits {
        let normal = self.policy.digits;
        Digits::new(self.limiter.spray.threat_level().digits(normal.get())).unwrap_or(normal)
    }

    /// The challenge as its client sees it.
    pub fn view(&self, challenge: &Challenge) -> FlowView {
        FlowView::new(challenge, self.keys.seal(challenge.id), &self.policy)
    }

    /// A try at the challenge, if it is open for one of these steps, or was met just now and may be met again;
    /// taken before it is looked at.
    #[tracing::instrument(level = "debug", name = "flow.find_open", skip_all)]
    pub async fn find_open(&self, id: ChallengeId, steps: &[Step], caller: &Caller) -> Result<Attempt, VerifyError> {
        let now = self.clock_and_ids.now();
        self.limiter.refuse_flow_again(id, caller, CallKind::Check, now)?;
        let lock = self.limiter.lock_flow(id).await;
        let found = self.flows.find(id).await?;
        self.limiter.note_flow(id, found.as_ref().map(|found| &found.challenge), caller, now);
        let may_try =
            |FoundFlow { challenge, .. }: &FoundFlow| self.may_try(challenge, now) && steps.contains(&challenge.step);
        let Some(found) = found.filter(may_try) else {
            self.limiter.admit_call(caller, None, now).await?;
            return Err(VerifyError::Closed);
        };
        Ok(self.lockouts.attempt((found.challenge, found.account), Some(lock), caller, now).await?)
    }

    fn may_try(&self, challenge: &Challenge, now: Timestamp) -> bool {
        challenge.denial(now).is_none() || challenge.may_repeat(&self.policy, now)
    }

    /// The step that followed one that was met just now, for the submit that met it and came twice.
    ///
    /// Only for who has just shown what leads to a step of that purpose; `None` once it was gone on with.
    pub(crate) async fn repeated(
        &self,
        done: ChallengeId,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<Challenge>, StoreError> {
        let next = self.flows.repeat(Repeat { done, met_after: now - self.policy.repeat_leeway, now }).await?;
        Ok(next.filter(|next| next.purpose == purpose))
    }

    /// A try at a challenge that was found open; taken before anything is compared.
    #[tracing::instrument(level = "debug", name = "flow.attempt", skip_all)]
    pub async fn attempt(
        &self,
        FoundFlow { challenge, account }: FoundFlow,
        caller: &Caller,
    ) -> Result<Attempt, VerifyError> {
        Ok(self.lockouts.attempt((challenge, account), None, caller, self.clock_and_ids.now()).await?)
    }

    /// The flow that a start names, where it names one that is open or was gone on with just now.
    ///
    /// One that the body names must be; those that cookies name count only if they are, and
    /// only what is open can be ambiguous.
    #[tracing::instrument(level = "debug", name = "flow.resumed", skip_all)]
    pub async fn resumed(
        &self,
        by_token: Option<ChallengeId>,
        by_cookies: &[ChallengeId],
        caller: &Caller,
    ) -> Result<Option<FoundFlow>, ResumeError> {
        let now = self.clock_and_ids.now();
        let mut found = Vec::new();
        for id in by_cookies {
            found.extend(self.flows.find(*id).await?.filter(|flow| self.may_try(&flow.challenge, now)));
        }
        // An open one goes before one that was met.
        found.sort_by_key(|flow| flow.challenge.closed_at.is_some());
        let mut open = found.iter().filter(|flow| flow.challenge.closed_at.is_none());
        let Some(id) = by_token else {
            return if open.nth(1).is_some() { Err(ResumeError::Ambiguous) } else { Ok(found.into_iter().next()) };
        };
        if open.any(|other| other.challenge.id != id) {
            return Err(ResumeError::Ambiguous);
        }
        let named = self.flows.find(id).await?.filter(|flow| self.may_try(&flow.challenge, now));
        if named.is_none() {
            self.limiter.admit_call(caller, None, now).await?;
            return Err(ResumeError::Closed);
        }
        Ok(named)
    }

    /// Returns whether any of the flows is open.
    #[tracing::instrument(level = "debug", name = "flow.is_any_open", skip_all)]
    pub async fn is_any_open(&self, flows: &[ChallengeId]) -> Result<bool, StoreError> {
        let now = self.clock_and_ids.now();
        for id in flows {
            if self.flows.find(*id).await?.is_some_and(|flow| flow.challenge.denial(now).is_none()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Compares a code with the challenge's own; a wrong one is counted before the answer.
    pub(crate) async fn check(&self, attempt: &Attempt, code: &Code, now: Timestamp) -> Result<(), VerifyError> {
        let challenge = &attempt.challenge;
        let expected = open_or_refresh(&*self.epochs, || self.keys.code(challenge)).await.ok_or(VerifyError::Closed)?;
        let reviewed = self.lockouts.reviewers.code(challenge, now);
        let expected = reviewed.unwrap_or(&expected);
        // A decoy does the same work, and even its own right code is wrong.
        let is_right = expected.matches(code) && challenge.subject != Subject::Decoy && attempt.counted.is_looked_at;
        if !is_right {
            return Err(self.was_wrong(attempt, now).await?);
        }
        self.lockouts.settle(&attempt.counted, TryEnd::Right, now).await;
        if challenge.closed_at.is_none() {
            self.entered_codes.note(challenge.id);
            if reviewed.is_some() {
                let event = self.event_of(challenge, AuditKind::ReviewerVerified, now);
                self.limiter.incidents.record(event, None).await?;
            }
        }
        if let (Step::PhoneCode, Target::Phone(number), None) = (challenge.step, &challenge.target, challenge.closed_at)
        {
            // What is sent to a number's owner is not counted where it was sent.
            let is_owner = attempt.account.as_ref().is_some_and(|account| account.has_verified(number));
            if !is_owner && !self.lockouts.reviewers.has(number) {
                self.phone_gate.verified(number, challenge.sent_at);
            }
        }
        Ok(())
    }

    /// The code that was sent, where a person may type a recovery code too; that counts as wrong here.
    #[tracing::instrument(level = "debug", name = "flow.sent_code", skip_all)]
    pub async fn sent_code(&self, attempt: &Attempt, code: EnteredCode) -> Result<Code, VerifyError> {
        match code {
            EnteredCode::Digits(code) => Ok(code),
            EnteredCode::Recovery(_) => Err(self.was_wrong(attempt, self.clock_and_ids.now()).await?),
        }
    }

    /// Gives back what a try took at a flow that the call is not for, which is closed to it.
    #[tracing::instrument(level = "debug", name = "flow.not_for_this", skip_all)]
    pub async fn not_for_this(&self, attempt: &Attempt) -> VerifyError {
        self.lockouts.was_unread(&attempt.counted, self.clock_and_ids.now()).await;
        VerifyError::Closed
    }

    /// Counts a wrong code; one that came after the last try of its flow costs the identifier nothing.
    pub(crate) async fn was_wrong(&self, attempt: &Attempt, now: Timestamp) -> Result<VerifyError, StoreError> {
        let counted = self.count_wrong(&attempt.challenge, now).await?;
        let is_late = matches!(counted, VerifyError::Closed) && attempt.challenge.closed_at.is_none();
        let end = if is_late { TryEnd::Late } else { TryEnd::Wrong };
        self.lockouts.settle(&attempt.counted, end, now).await;
        Ok(counted)
    }

    /// Counts a wrong code or password and gives what the caller is told.
    ///
    /// At a step that was met there is one guess and no more: a wrong one cuts its successor off.
    pub(crate) async fn count_wrong(&self, challenge: &Challenge, now: Timestamp) -> Result<VerifyError, StoreError> {
        if challenge.closed_at.is_some() {
            self.flows.cut_off(challenge.id).await?;
            return Ok(VerifyError::Closed);
        }
        let audit = self.event_of(challenge, AuditKind::FlowFailed, now);
        Ok(match self.flows.count_wrong(challenge.id, now, audit).await? {
            CountOutcome::Counted { attempts_left } => VerifyError::Incorrect { attempts_left },
            CountOutcome::Closed => VerifyError::Closed,
        })
    }

    /// Takes for the challenge's code and gives what the audit says if it is not sent.
    ///
    /// A decoy takes from its own address or number, and is sent nothing anyway.
    pub(crate) async fn refusal(
        &self,
        challenge: &Challenge,
        checks: DestinationChecks,
        caller: MailCaller,
        now: Timestamp,
    ) -> Result<Option<AuditKind>, StoreError> {
        let is_decoy = challenge.subject == Subject::Decoy;
        Ok(match &challenge.target {
            Target::Email(address) => self.limiter.mail(address, caller, now).await?,
            Target::Phone(number) => {
                let checks = if is_decoy { DestinationChecks::Skip } else { checks };
                self.phone_gate.admit((number, challenge.phone_channels), checks, challenge.known_device, now).await?
            }
        })
    }

    /// The message that carries the challenge's code; `None` for steps without one.
    ///
    /// Where none is sent, as it is a decoy or was refused, or as a reviewer has another code, a message as large is
    /// written that is never sent.
    pub(crate) fn code_message(
        &self,
        challenge: &Challenge,
        refusal: Option<AuditKind>,
        now: Timestamp,
    ) -> Option<Message> {
        let is_reviewers = matches!(&challenge.target, Target::Phone(number) if self.lockouts.reviewers.has(number));
        let is_sent = challenge.subject != Subject::Decoy && refusal.is_none() && !is_reviewers;
        let message = if is_sent { messages::code } else { messages::decoy };
        challenge.step.is_code().then(|| message(challenge, self.clock_and_ids.message_id(now), now))
    }

    /// A notice to the number the owner has verified, where SMS may go: password and mailbox may have fallen together.
    pub(crate) fn notice_by_sms(&self, user: &User, template: NoticeTemplate, now: Timestamp) -> Option<Message> {
        let may_go =
            |number: &&PhoneNumber| self.phone_gate.policy.allows(number) && !self.lockouts.reviewers.has(number);
        let number = user.verified_number().filter(may_go)?;
        let id = self.clock_and_ids.message_id(now);
        Some(messages::notice_by_sms((number, user.locale), template, id, now))
    }

    /// Builds the start of the challenge; its code is not sent where there is a refusal.
    pub(crate) fn start_of(&self, challenge: Challenge, refusal: Option<AuditKind>, now: Timestamp) -> Start {
        Start {
            message: self.code_message(&challenge, refusal, now),
            leased_until: None,
            audit: self.event_of(&challenge, refusal.unwrap_or(AuditKind::FlowStarted), now),
            challenge,
        }
    }

    /// The same where a code is the only way on: one that was never sent can only be guessed, so its flow is a decoy.
    pub(crate) fn start_or_decoy(&self, challenge: Challenge, refusal: Option<AuditKind>, now: Timestamp) -> Start {
        let start = self.start_of(challenge, refusal, now);
        let subject = if refusal.is_some() { Subject::Decoy } else { start.challenge.subject };
        Start { challenge: Challenge { subject, ..start.challenge }, ..start }
    }

    /// Builds the start of the step that follows one that is verified, in the same flow.
    pub(crate) fn step_after(&self, done: &Challenge, step: Step, subject: Subject, now: Timestamp) -> Start {
        let verified = done.verified.clone().and(verified_by(done.step));
        let next = self.challenge(now, (done.purpose, step), done.target.clone(), subject, done.locale);
        self.start_of(Challenge { verified, known_device: done.known_device, ..next }, None, now)
    }

    /// An event about a challenge.
    pub(crate) fn event_of(&self, challenge: &Challenge, kind: AuditKind, now: Timestamp) -> AuditEvent {
        AuditEvent {
            user: challenge.user(),
            session: challenge.session,
            challenge: Some(challenge.id),
            ..self.clock_and_ids.event(kind, now)
        }
    }
}

/// Returns the channel that a verified step counts as: a code to a number is one, whichever way it went.
const fn verified_by(step: Step) -> Channel {
    match step {
        Step::EmailCode => Channel::Email,
        Step::PhoneCode | Step::FirstLogin => Channel::Sms,
        Step::Totp => Channel::Totp,
        Step::Password => Channel::Password,
    }
}
