use std::{sync::Arc, time::Duration};

use doorward_kernel::{Secret, StoreError, Timestamp};
use doorward_notifier::{Body, Claimed, Content, Envelope, Message, Outbox, Recipient, SendError, Settlement, Verdict};
use doorward_otp::{ChallengeKeys, Digits, Target};
use doorward_user::UndoTokens;
use futures_util::{StreamExt, stream};

use super::{Backoff, Provider, provider::Unsent};
use crate::{
    Moment,
    limits::Guard,
    messages,
    metrics::{self, Sending},
};

/// How many characters of a failure are kept.
const REASON: usize = 500;

/// Sends what waits in the outbox.
#[derive(Clone)]
pub struct Delivery {
    /// What the moment of a call gives.
    pub moment: Moment,
    /// How much may be handed over at once.
    pub guard: Guard,
    /// What waits.
    pub outbox: Arc<dyn Outbox>,
    /// What codes are derived from.
    pub keys: Arc<dyn ChallengeKeys>,
    /// What the tokens of notices are derived from.
    pub undo_tokens: Arc<dyn UndoTokens>,
    /// Sends mail.
    pub mail: Provider,
    /// Sends SMS.
    pub sms: Provider,
    /// The numbers.
    pub policy: DeliveryPolicy,
}

/// The numbers that rule the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryPolicy {
    /// Messages claimed and sent at once.
    pub batch: u32,
    /// How long a worker holds what it claimed; longer than any send takes.
    pub lease: Duration,
    /// The waits between tries.
    pub backoff: Backoff,
    /// How long a provider that cannot be reached is left alone.
    pub breaker_open: Duration,
    /// Tries after which a notice is given up, by default more than its 72 hours hold; a code is
    /// tried while it lives.
    pub max_tries: u32,
}

/// What a round of delivery did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Messages claimed; as many as a batch holds means that more may wait.
    pub claimed: usize,
    /// Messages a provider took.
    pub sent: usize,
}

impl Default for DeliveryPolicy {
    fn default() -> Self {
        let backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_mins(10) };
        let half_a_minute = Duration::from_secs(30);
        Self { batch: 64, lease: half_a_minute, backoff, breaker_open: half_a_minute, max_tries: 500 }
    }
}

impl Delivery {
    /// Claims a batch, sends it, and settles it in one step.
    ///
    /// A process that dies in between loses nothing: the lease ends, and the same code is sent again.
    pub async fn run_once(&self) -> Result<Delivered, StoreError> {
        let now = self.moment.now();
        let claimed = self.outbox.claim(now, now + self.policy.lease, self.policy.batch).await?;
        let count = claimed.len();
        if count == 0 {
            return Ok(Delivered::default());
        }
        let at_once = count.max(1);
        let settled: Vec<(Settlement, bool)> =
            stream::iter(claimed).map(|claimed| self.deliver(claimed)).buffer_unordered(at_once).collect().await;
        let sent = settled.iter().filter(|(_, was_sent)| *was_sent).count();
        self.outbox.settle(settled.into_iter().map(|(settlement, _)| settlement).collect()).await?;
        Ok(Delivered { claimed: count, sent })
    }

    async fn deliver(&self, claimed: Claimed) -> (Settlement, bool) {
        let message = claimed.message.clone();
        let (settlement, was_sent) = self.try_to_send(claimed).await;
        metrics::message_tried(&message, sending(&settlement.verdict, was_sent), self.moment.now());
        (settlement, was_sent)
    }

    async fn try_to_send(&self, claimed: Claimed) -> (Settlement, bool) {
        let Claimed { message, tries, leased_until } = claimed;
        let settle = |verdict| Settlement { id: message.id, leased_until, verdict };
        let now = self.moment.now();
        if message.expires_at <= now {
            tracing::info!(message.id = %message.id, "dropped a message that is no longer worth sending");
            return (settle(Verdict::Done), false);
        }
        let Some(envelope) = self.envelope(&message, now) else {
            // Another node may have made a key epoch that this one does not know yet.
            let unknown = SendError::transient("the key epoch of the code is not known here");
            return (settle(self.verdict(&message, tries, &unknown)), false);
        };
        match self.guard.pace(&message.recipient, now).await {
            Ok(None) => {}
            Ok(Some(until)) => return (settle(Verdict::Wait { until }), false),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "nobody knows how much may be sent");
                return (settle(Verdict::Wait { until: now + self.policy.backoff.first }), false);
            }
        }
        let provider = match message.recipient {
            Recipient::Email(_) => &self.mail,
            Recipient::Phone(_) => &self.sms,
        };
        match provider.send(&envelope, &*self.moment.clock, self.policy.breaker_open).await {
            Ok(()) => (settle(Verdict::Done), true),
            Err(Unsent::LeftAlone(until)) => (settle(Verdict::Wait { until }), false),
            Err(Unsent::Failed(error)) => (settle(self.verdict(&message, tries, &error)), false),
        }
    }

    /// The message ready to be sent; `None` when the key of its code is not known.
    fn envelope(&self, message: &Message, now: Timestamp) -> Option<Envelope> {
        let body = match &message.content {
            Content::Notice { template, detail, undo } => Body::Notice {
                template: *template,
                detail: detail.clone(),
                undo: undo.map(|change| self.undo_tokens.undo_token(change)),
            },
            Content::Code { template, code } => {
                let target = match &message.recipient {
                    Recipient::Email(email) => Target::Email(email.clone()),
                    Recipient::Phone(number) => Target::Phone(number.clone()),
                };
                let purpose = messages::purpose_of(*template);
                let digits = Digits::new(code.digits)?;
                let digits = self.keys.code_of(code.epoch, code.challenge, purpose, &target, digits)?;
                let code = Secret::new(digits.reveal().to_owned());
                Body::Code { template: *template, code, remaining: message.expires_at.since(now) }
            }
        };
        Some(Envelope { id: message.id, recipient: message.recipient.clone(), locale: message.locale, body })
    }

    fn verdict(&self, message: &Message, tries: u32, error: &SendError) -> Verdict {
        let failures = tries.saturating_add(1);
        let reason = reason(error);
        tracing::warn!(message.id = %message.id, message.tries = failures, reason, "a message was not sent");
        match (error, &message.content) {
            (SendError::Permanent(_), _) => Verdict::Dead { at: self.moment.now(), reason },
            (_, Content::Notice { .. }) if failures >= self.policy.max_tries => {
                Verdict::Dead { at: self.moment.now(), reason }
            }
            (SendError::Unavailable(_) | SendError::Transient { .. }, _) => {
                let wait = self.policy.backoff.wait(failures, &*self.moment.random);
                Verdict::Retry { at: self.moment.now() + wait.max(error.retry_after()), reason }
            }
        }
    }
}

const fn sending(verdict: &Verdict, was_sent: bool) -> Sending {
    match verdict {
        Verdict::Done if was_sent => Sending::Delivered,
        Verdict::Done => Sending::Expired,
        Verdict::Retry { .. } => Sending::Retried,
        Verdict::Wait { .. } => Sending::Waited,
        Verdict::Dead { .. } => Sending::Dead,
    }
}

/// The error and its causes on one line, as long as anybody reads.
fn reason(error: &SendError) -> String {
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        reason = format!("{reason}: {cause}");
        source = cause.source();
    }
    reason.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON).collect()
}
