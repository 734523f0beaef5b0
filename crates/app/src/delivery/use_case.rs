use std::{collections::HashMap, sync::Arc, time::Duration};

use doorward_kernel::{AuditEvent, PhoneChannel, PhoneChannels, StoreError, Timestamp};
use doorward_limit::Take;
use doorward_notifier::{
    Claimed, Content, Deliveries, Entry, Envelope, Message, Outbox, Recipient, ReportTokens, Settlement, Verdict,
};
use doorward_otp::FlowKeys;
use doorward_user::UndoTokens;
use futures_util::{StreamExt, stream};

use super::{
    DeliveryPolicy, EnteredCodes, Replays, Route,
    route::{NoProvider, Offer},
};
use crate::{
    ClockAndIds,
    limits::PhoneGate,
    metrics::{self, Sending},
};

/// A call.
const CALL: PhoneChannels = PhoneChannels::Only(PhoneChannel::Voice);
/// The most codes that decoys replay.
const REPLAYED: u32 = 500;
/// The codes that were entered and are looked up at once.
const ENTERED: usize = 1000;

/// Sends what waits in the outbox.
#[derive(Clone)]
pub struct Delivery {
    /// Clock and id generator.
    pub clock_and_ids: ClockAndIds,
    /// The limits of SMS, and of all that is handed over at once.
    pub gate: PhoneGate,
    /// The outbox.
    pub outbox: Arc<dyn Outbox>,
    /// The states of what was sent.
    pub deliveries: Arc<dyn Deliveries>,
    /// The outcomes that decoys show.
    pub replays: Replays,
    /// The codes that were entered.
    pub entered_codes: EnteredCodes,
    /// The keys from which codes are derived.
    pub keys: Arc<dyn FlowKeys>,
    /// Derives the tokens of notices.
    pub undo_tokens: Arc<dyn UndoTokens>,
    /// Derives the names of messages for their providers.
    pub report_tokens: Arc<dyn ReportTokens>,
    /// Sends mail.
    pub mail: Route,
    /// Sends to telephones, by every channel.
    pub phones: Route,
    /// The numbers.
    pub policy: DeliveryPolicy,
}

/// The outcome of a round of delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Messages claimed; as many as a batch holds means that more may wait.
    pub claimed: usize,
    /// Messages a provider took.
    pub sent: usize,
}

impl Delivery {
    /// Claims a batch, sends it, and settles it in one step.
    ///
    /// A process that dies in between loses nothing: the lease ends, and the same code is sent again.
    #[tracing::instrument(level = "debug", name = "delivery.run_once", skip_all)]
    pub async fn run_once(&self) -> Result<Delivered, StoreError> {
        let now = self.clock_and_ids.now();
        let claimed = self.outbox.claim(now, now + self.policy.lease, self.policy.batch).await?;
        let count = claimed.len();
        if count == 0 {
            return Ok(Delivered::default());
        }
        let settled: Vec<(Settlement, Sending)> =
            stream::iter(claimed).map(|claimed| self.deliver(claimed)).buffer_unordered(count).collect().await;
        let sent = settled.iter().filter(|(_, sending)| *sending == Sending::Delivered).count();
        self.outbox.settle(settled.into_iter().map(|(settlement, _)| settlement).collect()).await?;
        Ok(Delivered { claimed: count, sent })
    }

    /// Sends and settles a message that was written already leased for this process, without a claim.
    ///
    /// One that has waited here for half of its lease is let go for whoever claims it, as a slow provider might
    /// have it still when others come.
    #[tracing::instrument(level = "debug", name = "delivery.deliver_leased", skip_all)]
    pub async fn deliver_leased(&self, leased: Claimed) -> Result<(), StoreError> {
        let now = self.clock_and_ids.now();
        let settlement = if leased.leased_until < now + self.policy.lease / 2 {
            let Claimed { message, leased_until, .. } = leased;
            Settlement { id: message.id, leased_until, verdict: Verdict::Wait { until: now } }
        } else {
            self.deliver(leased).await.0
        };
        self.outbox.settle(vec![settlement]).await
    }

    async fn deliver(&self, claimed: Claimed) -> (Settlement, Sending) {
        let (id, leased_until) = (claimed.message.id, claimed.leased_until);
        if let Content::Decoy { .. } = claimed.message.content {
            let verdict = self.withhold(&claimed.message);
            return (Settlement { id, leased_until, verdict }, Sending::Withheld);
        }
        let (verdict, sending) = self.try_to_send(&claimed).await;
        metrics::message_tried(&claimed.message, sending, self.clock_and_ids.now());
        (Settlement { id, leased_until, verdict }, sending)
    }

    async fn try_to_send(&self, claimed: &Claimed) -> (Verdict, Sending) {
        let (message, tries, now) = (&claimed.message, claimed.tries, self.clock_and_ids.now());
        if message.expires_at <= now {
            tracing::info!(message.id = %message.id, "dropped a message that is no longer worth sending");
            return (Verdict::Done, Sending::Expired);
        }
        let Some(envelope) = self.envelope(message, now) else {
            // Another node may have made a key epoch that this one does not know yet.
            return self.retried(message, tries, "the key epoch of the code is not known here", Duration::ZERO);
        };
        match self.gate.limiter.pace(&message.recipient, &self.shared_takes(message, tries, now), now).await {
            Ok(None) => {}
            Ok(Some(until)) => return (Verdict::Wait { until }, Sending::Waited),
            Err(error) => return self.delayed("send rate unavailable, message delayed", &error, now),
        }
        let pauses = (self.policy.breaker_open, self.policy.refused_open);
        let offer = self.route(message).offer(&message.recipient, claimed.failed_provider.as_deref(), now, pauses);
        let offer = match offer {
            Ok(offer) => offer,
            Err(NoProvider::PausedUntil(until)) => return (Verdict::Wait { until }, Sending::Waited),
            Err(NoProvider::NotServed) => return self.given_up(message, tries, "no provider is for that country"),
        };
        // At the same instant, as what was leased for it shrinks with time.
        let taken = match self.take(message, tries, now).await {
            Ok(Some(taken)) => return self.hand_over((message, tries), taken, offer, &envelope).await,
            withheld => withheld,
        };
        offer.unused(now);
        match taken {
            Ok(_) => (self.replayed(message), Sending::Withheld),
            Err(error) => self.delayed("shared limits unavailable, message delayed", &error, now),
        }
    }

    async fn hand_over(
        &self,
        (message, tries): (&Message, u32),
        taken: Vec<Take>,
        offer: Offer<'_>,
        envelope: &Envelope,
    ) -> (Verdict, Sending) {
        match offer.send(envelope, &*self.clock_and_ids.clock).await {
            Ok((provider, receipt)) => {
                tracing::debug!(message.id = %message.id, provider, reference = receipt.reference, "a message was taken");
                (self.taken(message, provider, receipt), Sending::Delivered)
            }
            Err(refusals) => {
                // A call that was refused has not rung: it takes again when it is tried again.
                if refusals.are_answers() && matches!(message.recipient, Recipient::Phone(_, CALL)) {
                    self.gate.give_back(taken);
                }
                self.refused(message, tries, &refusals)
            }
        }
    }

    /// Learns the delays and outcomes of the codes that were sent lately.
    #[tracing::instrument(level = "debug", name = "delivery.learn", skip_all)]
    pub async fn learn(&self) -> Result<(), StoreError> {
        self.replays.learn(&self.deliveries.recent(self.clock_and_ids.now(), REPLAYED).await?);
        Ok(())
    }

    /// Counts the codes that were entered for the providers that took them last.
    #[tracing::instrument(level = "debug", name = "delivery.count_entered", skip_all)]
    pub async fn count_entered(&self) -> Result<(), StoreError> {
        for entered in self.entered_codes.drain().chunks(ENTERED) {
            let mut latest = HashMap::new();
            let mut taken = self.deliveries.taken(entered).await?;
            taken.sort_unstable_by_key(|code| (code.message.created_at, code.message.id));
            for Entry { message, delivery, .. } in taken {
                if let (Content::Code { code, .. }, Some(provider)) = (&message.content, delivery.provider) {
                    latest.insert(code.challenge, (provider, message.recipient));
                }
            }
            for (provider, recipient) in latest.values() {
                metrics::code_entered(provider, recipient);
            }
        }
        Ok(())
    }

    pub(super) const fn route(&self, message: &Message) -> &Route {
        match &message.recipient {
            Recipient::Email(_) => &self.mail,
            Recipient::Phone(..) => &self.phones,
        }
    }

    /// Returns what a first try [takes](Self::take), as far as this node knows them without asking.
    fn shared_takes(&self, message: &Message, tries: u32, now: Timestamp) -> Vec<Take> {
        match (&message.content, tries, &message.recipient) {
            (Content::Code { .. }, 0, Recipient::Phone(number, channels)) => {
                self.gate.likely_takes((number, *channels), now)
            }
            (Content::Code { .. }, 0, Recipient::Email(_)) => vec![self.gate.limiter.take_of_all_mail()],
            (Content::Code { .. } | Content::Notice { .. } | Content::Decoy { .. }, ..) => Vec::new(),
        }
    }

    /// Takes from what is there for all, for the first try of a code and every try of a call, whose answer that was lost
    /// may have rung; gives what was taken, or records what must not be sent.
    ///
    /// Everything after this is a try, whatever comes of it, so none is counted twice.
    async fn take(&self, message: &Message, tries: u32, now: Timestamp) -> Result<Option<Vec<Take>>, StoreError> {
        let Content::Code { code, .. } = &message.content else { return Ok(Some(Vec::new())) };
        let taken = match (&message.recipient, tries) {
            (Recipient::Phone(number, channels), 0) => {
                self.gate.try_send((number, *channels), message.created_at, now).await?
            }
            (Recipient::Phone(number, CALL), _) => self.gate.try_again((number, CALL), now).await?,
            (Recipient::Email(_), 0) => self.gate.limiter.try_send_mail(now).await?.map_or(Ok(Vec::new()), Err),
            (Recipient::Email(_) | Recipient::Phone(..), _) => Ok(Vec::new()),
        };
        let refusal = match taken {
            Ok(taken) => return Ok(Some(taken)),
            Err(refusal) => refusal,
        };
        let event = self.clock_and_ids.event(refusal, now);
        self.gate.limiter.incidents.record(AuditEvent { challenge: Some(code.challenge), ..event }, None).await?;
        Ok(None)
    }
}
