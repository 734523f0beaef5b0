use std::sync::Arc;

use doorward_kernel::{AuditEvent, AuditKind, ChallengeId, Locale, StoreError, Timestamp};
use doorward_limit::MailCaller;
use doorward_notifier::{Bell, Message};
use doorward_otp::{
    Challenge, ChallengeKeys, Challenges, Channel, Code, CountOutcome, FlowTokens, Policy, ProofCode, Proved, Purpose,
    Resend as ResendAt, Step, Subject, Target,
};

use super::{FlowView, Flows, Resend, ResendOutcome};
use crate::{
    Moment,
    limits::{Attempt, Caller, Guard, Posting, SmsGate, SmsReader, StartKind, say_limited, withheld},
    messages,
};

/// What all flows share: challenges are made, shown, found, checked and sent again.
#[derive(Clone)]
pub struct Verification {
    /// What the moment of a call gives.
    pub moment: Moment,
    /// Where challenges are found and counted.
    pub challenges: Arc<dyn Challenges>,
    /// Where flows are started and moved on.
    pub flows: Arc<dyn Flows>,
    /// What codes are derived from.
    pub keys: Arc<dyn ChallengeKeys>,
    /// What names a flow to its client.
    pub tokens: Arc<dyn FlowTokens>,
    /// What wakes the delivery.
    pub bell: Arc<dyn Bell>,
    /// What calls draw on.
    pub guard: Guard,
    /// What SMS draw on.
    pub sms: SmsGate,
    /// The numbers.
    pub policy: Policy,
}

/// Why a step was not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The flow is finished, expired, exhausted, unknown or not for this call.
    #[error("the flow is closed")]
    Closed,
    /// The code is wrong, and that was counted.
    #[error("the code is wrong")]
    Incorrect {
        /// Tries left.
        attempts_left: u8,
    },
    /// The caller's host or network has used up a budget; nothing was counted against the flow.
    #[error("a budget is used up")]
    Limited {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The caller's host or network has used up a budget.
    #[error("a budget is used up")]
    Limited {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the flows that a start names cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum NamedError {
    /// The flow that the body names is closed.
    #[error("the flow is closed")]
    Closed,
    /// Body and cookie name two open flows.
    #[error("two flows are named")]
    Ambiguous,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a code was not sent again.
#[derive(Debug, thiserror::Error)]
pub enum ResendError {
    /// The flow is closed, or its step has no code that is sent.
    #[error("the flow is closed")]
    Closed,
    /// The step has no code that goes that way.
    #[error("the code does not go that way")]
    OtherChannel,
    /// It was sent a moment ago.
    #[error("the code was sent a moment ago")]
    TooEarly {
        /// When it may be sent again.
        at: Timestamp,
    },
    /// It was sent as often as it ever will be.
    #[error("the code was sent too often")]
    Exhausted {
        /// When the flow ends, and a new one may be started.
        ends_at: Timestamp,
    },
    /// The caller's host or network has used up a budget.
    #[error("a budget is used up")]
    Limited {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
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
            id: ChallengeId::mint(now, &*self.moment.random),
            purpose,
            step,
            target,
            subject,
            locale,
            proved: Proved::default(),
            session: None,
            known_device: None,
            epoch: self.keys.current_epoch(),
            digits: self.policy.digits,
            tries: 0,
            max_tries: self.policy.max_tries,
            sends: 1,
            sent_at: now,
            created_at: now,
            expires_at: now + self.policy.ttl(step),
            closed_at: None,
        }
    }

    /// The challenge as its client sees it.
    pub fn view(&self, challenge: &Challenge) -> FlowView {
        FlowView::new(challenge, self.tokens.seal(challenge.id), &self.policy)
    }

    /// A try at the challenge, if it is open for one of these steps; drawn before it is looked at.
    pub async fn find_open(&self, id: ChallengeId, steps: &[Step], caller: &Caller) -> Result<Attempt, VerifyError> {
        let now = self.moment.now();
        let is_open = |challenge: &Challenge| challenge.denial(now).is_none() && steps.contains(&challenge.step);
        let Some(challenge) = self.challenges.find(id).await?.filter(is_open) else {
            self.guard.admit_call(caller, None, now).await?;
            return Err(VerifyError::Closed);
        };
        Ok(self.guard.attempt(challenge, caller, now).await?)
    }

    /// A try at a challenge that was found open; drawn before anything is compared.
    pub async fn attempt(&self, challenge: Challenge, caller: &Caller) -> Result<Attempt, VerifyError> {
        Ok(self.guard.attempt(challenge, caller, self.moment.now()).await?)
    }

    /// The open flow that a start names, where it names one.
    ///
    /// One that the body names must be open; one that a cookie names counts only if it is.
    pub async fn named(
        &self,
        by_token: Option<ChallengeId>,
        by_cookie: Option<ChallengeId>,
    ) -> Result<Option<Challenge>, NamedError> {
        let by_cookie = self.find_if_open(by_cookie).await?;
        let Some(id) = by_token else { return Ok(by_cookie) };
        let challenge = self.find_if_open(Some(id)).await?.ok_or(NamedError::Closed)?;
        if by_cookie.is_some_and(|other| other.id != id) { Err(NamedError::Ambiguous) } else { Ok(Some(challenge)) }
    }

    async fn find_if_open(&self, id: Option<ChallengeId>) -> Result<Option<Challenge>, StoreError> {
        let Some(id) = id else { return Ok(None) };
        let now = self.moment.now();
        Ok(self.challenges.find(id).await?.filter(|challenge| challenge.denial(now).is_none()))
    }

    /// Compares a code with the challenge's own; a wrong one is counted before anyone is told.
    pub(crate) async fn check(&self, attempt: &Attempt, code: &Code, now: Timestamp) -> Result<(), VerifyError> {
        let challenge = &attempt.challenge;
        let expected = self.keys.code(challenge).ok_or(VerifyError::Closed)?;
        // A decoy does the same work, and even its own right code is wrong.
        let is_right = expected.matches(code) && challenge.subject != Subject::Decoy && attempt.is_looked_at;
        if !is_right {
            return Err(self.was_wrong(attempt, now).await?);
        }
        self.guard.was_right(attempt, now).await?;
        if let (Step::SmsCode, Target::Phone(number)) = (challenge.step, &challenge.target) {
            self.sms.verified(number, challenge.sent_at, now).await?;
        }
        Ok(())
    }

    /// The code that was sent, where a person may type a recovery code too; that counts as wrong here.
    pub async fn sent_code(&self, attempt: &Attempt, code: ProofCode) -> Result<Code, VerifyError> {
        match code {
            ProofCode::Digits(code) => Ok(code),
            ProofCode::Recovery(_) => Err(self.was_wrong(attempt, self.moment.now()).await?),
        }
    }

    /// Gives back what a try drew at a flow that the call is not for, which is closed to it.
    pub async fn not_for_this(&self, attempt: &Attempt) -> Result<VerifyError, StoreError> {
        self.guard.was_unread(attempt, self.moment.now()).await?;
        Ok(VerifyError::Closed)
    }

    /// Counts a wrong code; one that came after the last try of its flow costs the identifier nothing.
    pub(crate) async fn was_wrong(&self, attempt: &Attempt, now: Timestamp) -> Result<VerifyError, StoreError> {
        let counted = self.count_wrong(&attempt.challenge, now).await?;
        if matches!(counted, VerifyError::Closed) {
            self.guard.was_late(attempt, now).await?;
        }
        Ok(counted)
    }

    /// Counts a wrong code or password and gives what the caller is told.
    pub(crate) async fn count_wrong(&self, challenge: &Challenge, now: Timestamp) -> Result<VerifyError, StoreError> {
        let audit = self.event_of(challenge, AuditKind::FlowFailed, now);
        Ok(match self.challenges.count_wrong(challenge.id, now, audit).await? {
            CountOutcome::Counted { attempts_left } => VerifyError::Incorrect { attempts_left },
            CountOutcome::Closed => VerifyError::Closed,
        })
    }

    /// Sends the code of an open flow again: the same one, as a late message must stay right.
    ///
    /// `channel` is the way it is asked to go, where the caller cares.
    pub async fn resend(
        &self,
        id: ChallengeId,
        channel: Option<Channel>,
        caller: &Caller,
    ) -> Result<FlowView, ResendError> {
        let now = self.moment.now();
        let challenge = match self.may_resend(id, channel, now).await {
            Ok(challenge) => challenge,
            Err(ResendError::Store(error)) => return Err(error.into()),
            Err(error) => {
                self.guard.admit_call(caller, None, now).await?;
                return Err(error);
            }
        };
        self.guard.admit_start(caller, challenge.known_device, StartKind::Send, now).await?;
        let reader = match &challenge.target {
            Target::Phone(number) => SmsReader::Holder(self.sms.standing(number).await?),
            Target::Email(_) => SmsReader::Nobody,
        };
        let refusal = self.refusal(&challenge, reader, MailCaller::Known, now).await?;
        let sent = Challenge { sends: challenge.sends.saturating_add(1), sent_at: now, ..challenge.clone() };
        let resend = Resend {
            challenge: id,
            sends: challenge.sends,
            now,
            message: if refusal.is_none() { self.code_message(&sent, now) } else { None },
            audit: self.event_of(&challenge, refusal.unwrap_or(AuditKind::FlowResent), now),
        };
        match self.flows.resend(resend).await? {
            ResendOutcome::Resent => {
                self.bell.ring();
                Ok(self.view(&sent))
            }
            // Whoever sent it in between did so just now.
            ResendOutcome::Lost => Err(match sent.resend_at(&self.policy) {
                Some(at) => ResendError::TooEarly { at },
                None => ResendError::Exhausted { ends_at: sent.expires_at },
            }),
        }
    }

    /// The challenge, if its code may be sent again now.
    async fn may_resend(
        &self,
        id: ChallengeId,
        channel: Option<Channel>,
        now: Timestamp,
    ) -> Result<Challenge, ResendError> {
        let challenge = self.challenges.find(id).await?.ok_or(ResendError::Closed)?;
        if challenge.denial(now).is_some() {
            return Err(ResendError::Closed);
        }
        if channel.is_some_and(|channel| channel != challenge.step.channel()) {
            return Err(ResendError::OtherChannel);
        }
        if !challenge.step.is_code() {
            return Err(ResendError::Closed);
        }
        match challenge.resend(&self.policy, now) {
            ResendAt::Now => Ok(challenge),
            ResendAt::At(at) => Err(ResendError::TooEarly { at }),
            ResendAt::Never => Err(ResendError::Exhausted { ends_at: challenge.expires_at }),
        }
    }

    /// Draws for the challenge's code and gives what the audit says if it is not sent.
    ///
    /// A decoy draws on its own address or number, and is sent nothing anyway.
    pub(crate) async fn refusal(
        &self,
        challenge: &Challenge,
        reader: SmsReader,
        caller: MailCaller,
        now: Timestamp,
    ) -> Result<Option<AuditKind>, StoreError> {
        let is_decoy = challenge.subject == Subject::Decoy;
        Ok(match &challenge.target {
            Target::Email(address) => match self.guard.mail(address, caller, is_decoy, now).await? {
                Posting::Sent => None,
                Posting::Withheld => Some(AuditKind::EmailBudgetExhausted),
            },
            Target::Phone(number) => {
                let reader = if is_decoy { SmsReader::Nobody } else { reader };
                self.sms.admit(number, reader, now).await?.err().map(withheld)
            }
        })
    }

    /// The message that carries the challenge's code; `None` for decoys and steps without one.
    pub(crate) fn code_message(&self, challenge: &Challenge, now: Timestamp) -> Option<Message> {
        let is_sent = challenge.subject != Subject::Decoy && challenge.step.is_code();
        is_sent.then(|| messages::code(challenge, self.moment.message_id(now), now))
    }

    /// An event about a challenge.
    pub(crate) fn event_of(&self, challenge: &Challenge, kind: AuditKind, now: Timestamp) -> AuditEvent {
        AuditEvent {
            user: challenge.user(),
            session: challenge.session,
            challenge: Some(challenge.id),
            ..self.moment.event(kind, now)
        }
    }
}

say_limited!(VerifyError, StartError, ResendError);
