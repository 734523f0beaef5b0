use doorward_kernel::{AuditKind, PhoneNumber, StoreError, Timestamp};
use doorward_notifier::{Message, NoticeTemplate};
use doorward_otp::{Challenge, Target};
use doorward_user::User;

use super::Verification;
use crate::{
    limits::{DestinationChecks, MailCaller},
    messages,
};

impl Verification {
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
        Ok(match &challenge.target {
            Target::Email(address) => self.limiter.mail(address, caller, now).await?,
            Target::Phone(number) => {
                let checks = if challenge.is_decoy() { DestinationChecks::Skip } else { checks };
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
        let is_sent = !challenge.is_decoy() && refusal.is_none() && !is_reviewers;
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
}
