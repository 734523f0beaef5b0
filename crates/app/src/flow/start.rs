use doorward_kernel::{AuditKind, ChallengeId, Locale, PhoneChannels, Timestamp};
use doorward_otp::{Challenge, Channel, Digits, Purpose, Step, Subject, Target, Verified};

use super::{Start, Verification};

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

    /// The same where the account may ask for another way, if its code is never sent.
    pub(crate) fn start_or_withhold(&self, challenge: Challenge, refusal: Option<AuditKind>, now: Timestamp) -> Start {
        let start = self.start_of(challenge, refusal, now);
        let subject = match (refusal, start.challenge.subject) {
            (Some(_), Subject::Account(user)) => Subject::Withheld(user),
            (_, subject) => subject,
        };
        Start { challenge: Challenge { subject, ..start.challenge }, ..start }
    }

    /// Builds the start of the step that follows one that is verified, in the same flow.
    pub(crate) fn step_after(&self, done: &Challenge, step: Step, subject: Subject, now: Timestamp) -> Start {
        let verified = done.verified.clone().and(verified_by(done.step));
        let next = self.challenge(now, (done.purpose, step), done.target.clone(), subject, done.locale);
        self.start_of(Challenge { verified, known_device: done.known_device, ..next }, None, now)
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
