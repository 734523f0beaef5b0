use std::sync::Arc;

use doorward_kernel::{MessageId, StoreError};
use doorward_notifier::{Content, DeliveryOutcome, FailureAction, OutboxSignal, Report, ReportOutcome};

use super::Delivery;
use crate::metrics;

/// Notes the reports of providers on the codes that they took.
#[derive(Clone)]
pub struct Reports {
    /// The delivery that sent them.
    pub delivery: Delivery,
    /// Wakes the workers.
    pub signal: Arc<dyn OutboxSignal>,
}

/// Whether another provider may reach a recipient whose message has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Another one may.
    ByOthers,
    /// None of its channel does: no mobile number, an opt-out; one of another channel may where the code may go by it.
    ByOtherChannels,
}

impl Reports {
    /// The message that a token names.
    pub fn named(&self, token: &str) -> Option<MessageId> {
        self.delivery.report_tokens.open_report_token(token)
    }

    /// Notes what a provider tells of a message.
    ///
    /// One that has failed goes to the next provider, once, while its code lives and unless nobody reaches its recipient. By that it is
    /// judged as an answer is that refuses it.
    #[tracing::instrument(level = "debug", name = "delivery.take", skip_all)]
    pub async fn take(
        &self,
        id: MessageId,
        provider: &str,
        outcome: DeliveryOutcome,
        reach: Reach,
    ) -> Result<ReportOutcome, StoreError> {
        let Some(entry) = self.delivery.outbox.find(id).await? else { return Ok(ReportOutcome::Ignored) };
        let Content::Code { .. } = entry.message.content else { return Ok(ReportOutcome::Ignored) };
        let route = self.delivery.route(&entry.message);
        let failure = match (route.has_other(provider, reach, &entry.message.recipient), reach) {
            (true, _) => FailureAction::SendAgain,
            (false, Reach::ByOtherChannels) => FailureAction::GiveUp,
            (false, Reach::ByOthers) => FailureAction::Keep,
        };
        let at = self.delivery.clock_and_ids.now();
        let report = Report { id, provider: provider.to_owned(), outcome, at, failure };
        let noted = self.delivery.deliveries.report(report).await?;
        match noted {
            ReportOutcome::Ignored => return Ok(noted),
            ReportOutcome::Noted => {}
            ReportOutcome::SentAgain => {
                tracing::warn!("a code that was not delivered goes to the next provider");
                self.signal.notify();
            }
        }
        metrics::delivery_reported(provider, &entry, outcome, at);
        Ok(noted)
    }
}
