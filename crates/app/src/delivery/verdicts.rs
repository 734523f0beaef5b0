use std::time::Duration;

use doorward_kernel::{StoreError, Timestamp};
use doorward_notifier::{Content, Message, Receipt, Verdict};

use super::{Delivery, route::Refusals};
use crate::metrics::{self, Sending};

/// The most characters of a failure that are stored.
const REASON: usize = 500;

impl Delivery {
    /// A code is kept for what its provider tells of it.
    pub(super) fn taken(&self, message: &Message, provider: String, receipt: Receipt) -> Verdict {
        match message.content {
            Content::Code { .. } | Content::Decoy { .. } => {
                metrics::code_sent(&provider, &message.recipient);
                let at = self.clock_and_ids.now();
                Verdict::Sent { provider: Some(provider), reference: receipt.reference, at, end: None }
            }
            Content::Notice { .. } => Verdict::Done,
        }
    }

    pub(super) fn refused(&self, message: &Message, tries: u32, refusals: &Refusals) -> (Verdict, Sending) {
        let is_exhausted = match message.content {
            Content::Notice { .. } => tries.saturating_add(1) >= self.policy.max_tries,
            Content::Code { .. } | Content::Decoy { .. } => false,
        };
        if refusals.is_final || is_exhausted {
            return self.given_up(message, tries, &refusals.reason());
        }
        self.retried(message, tries, &refusals.reason(), refusals.retry_after())
    }

    pub(super) fn given_up(&self, message: &Message, tries: u32, reason: &str) -> (Verdict, Sending) {
        let reason = told(message, tries, reason);
        (Verdict::Dead { at: self.clock_and_ids.now(), reason }, Sending::Dead)
    }

    pub(super) fn retried(&self, message: &Message, tries: u32, reason: &str, least: Duration) -> (Verdict, Sending) {
        let reason = told(message, tries, reason);
        let wait = self.policy.backoff.wait(tries.saturating_add(1), &*self.clock_and_ids.random);
        (Verdict::Retry { at: self.clock_and_ids.now() + wait.max(least), reason }, Sending::Retried)
    }

    /// Waits where the store cannot say whether the message may be sent; no try is counted.
    pub(super) fn delayed(&self, event: &'static str, error: &StoreError, now: Timestamp) -> (Verdict, Sending) {
        tracing::warn!(error = error as &dyn std::error::Error, "{event}");
        (Verdict::Wait { until: now + self.policy.backoff.first }, Sending::Waited)
    }

    /// A decoy waits as long as a code would whose providers are all left alone.
    pub(super) fn withhold(&self, message: &Message) -> Verdict {
        let now = self.clock_and_ids.now();
        if self.route(message).is_left_alone(&message.recipient, now) && now < message.expires_at {
            return Verdict::Wait { until: now + self.policy.backoff.first };
        }
        self.replayed(message)
    }

    pub(super) fn replayed(&self, message: &Message) -> Verdict {
        self.replays.verdict(message, &*self.clock_and_ids.random)
    }
}

/// Logs that a message was not sent, and gives the reason as it is kept: one line, as long as anybody reads.
fn told(message: &Message, tries: u32, reason: &str) -> String {
    let reason: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON).collect();
    tracing::warn!(message.id = %message.id, message.tries = tries.saturating_add(1), reason, "a message was not sent");
    reason
}
