use doorward_kernel::{AuditKind, ChallengeId, PhoneChannels, Timestamp};
use doorward_otp::{Challenge, Channel, Resend as ResendAt, Target};

use super::{FlowView, Resend, ResendError, ResendOutcome, Verification};
use crate::limits::{CallKind, Caller, DestinationChecks, MailCaller};

impl Verification {
    /// Sends the code of an open flow again: the same one, as a late message must stay right.
    ///
    /// `channel` is the way it is asked to go, where the caller cares; a code to a number goes that way from then on.
    #[tracing::instrument(level = "debug", name = "flow.resend", skip_all)]
    pub async fn resend(
        &self,
        id: ChallengeId,
        channel: Option<Channel>,
        caller: &Caller,
    ) -> Result<FlowView, ResendError> {
        let now = self.clock_and_ids.now();
        self.limiter.refuse_flow_again(id, caller, CallKind::Start, now)?;
        let challenge = match self.may_resend(id, channel, now).await {
            Ok(challenge) => challenge,
            Err(ResendError::Store(error)) => return Err(error.into()),
            Err(error) => {
                self.limiter.admit_call(caller, None, now).await?;
                return Err(error);
            }
        };
        self.limiter.note_flow(id, Some(&challenge), caller, now);
        self.limiter.admit_start(caller, challenge.known_device, now).await?;
        let checks = match &challenge.target {
            Target::Phone(number) => self.phone_gate.destination_checks(number).await?,
            Target::Email(_) => DestinationChecks::Skip,
        };
        let refusal = self.refusal(&challenge, checks, mail_caller(&challenge), now).await?;
        let sent = Challenge { sends: challenge.sends.saturating_add(1), sent_at: now, ..challenge.clone() };
        let resend = Resend {
            challenge: id,
            sends: challenge.sends,
            now,
            phone_channels: sent.phone_channels,
            message: self.code_message(&sent, refusal, now),
            audit: self.event_of(&challenge, refusal.unwrap_or(AuditKind::FlowResent), now),
        };
        match self.flows.resend(resend).await? {
            ResendOutcome::Resent => {
                self.signal.notify();
                Ok(self.view(&sent))
            }
            // Whoever sent it in between did so just now.
            ResendOutcome::Conflict => Err(match sent.resend_at(&self.policy) {
                Some(at) => ResendError::TooEarly { at },
                None => ResendError::Exhausted { ends_at: sent.expires_at },
            }),
        }
    }

    /// The challenge, if its code may be sent again now, by that channel.
    async fn may_resend(
        &self,
        id: ChallengeId,
        channel: Option<Channel>,
        now: Timestamp,
    ) -> Result<Challenge, ResendError> {
        let challenge = self.flows.find(id).await?.ok_or(ResendError::Closed)?.challenge;
        if challenge.denial(now).is_some() {
            return Err(ResendError::Closed);
        }
        let challenge = match (challenge.step.is_code(), channel) {
            // Mail may be the way on from a step without a code, too.
            (false, Some(Channel::Email)) => return Err(ResendError::OtherChannel),
            (false, _) => return Err(ResendError::Closed),
            (true, None) => challenge,
            (true, Some(channel)) => self.by_channel(challenge, channel).ok_or(ResendError::OtherChannel)?,
        };
        match challenge.resend(&self.policy, now) {
            ResendAt::Now => Ok(challenge),
            ResendAt::At(at) => Err(ResendError::TooEarly { at }),
            ResendAt::Never => Err(ResendError::Exhausted { ends_at: challenge.expires_at }),
        }
    }

    /// The challenge with its code on that channel, if it can go that way: this follows from the number alone.
    fn by_channel(&self, challenge: Challenge, channel: Channel) -> Option<Challenge> {
        let number = challenge.target.phone();
        match channel.phone().filter(|chosen| number.is_some_and(|number| self.phones.serves(number, *chosen))) {
            Some(chosen) => Some(Challenge { phone_channels: PhoneChannels::Only(chosen), ..challenge }),
            None => (channel == challenge.channel()).then_some(challenge),
        }
    }
}

/// Anybody can open a flow to an address; what came before in it tells who is its owner.
/// A session does not: the flow may change its account's address to somebody else's.
fn mail_caller(challenge: &Challenge) -> MailCaller {
    let is_owners = challenge.known_device.is_some() || challenge.verified.contains(Channel::Password);
    if is_owners { MailCaller::Known } else { MailCaller::Stranger }
}
