use async_trait::async_trait;
use doorward_kernel::{ChallengeId, StoreError};
use doorward_notifier::{
    Content, Deliveries, Delivery, DeliveryEnd, DeliveryOutcome, Entry, FailureAction, Report, ReportOutcome,
};

use super::{
    MemoryStore,
    outbox::entry,
    state::{State, Waiting},
};

#[async_trait]
impl Deliveries for MemoryStore {
    async fn latest(&self, challenge: ChallengeId) -> Result<Option<Entry>, StoreError> {
        Ok(self.read(|state| {
            let codes = state.outbox.values().filter(|waiting| challenge_of(waiting) == Some(challenge));
            codes.max_by_key(|waiting| (waiting.message.created_at, waiting.message.id)).map(entry)
        }))
    }

    async fn report(&self, report: Report) -> Result<ReportOutcome, StoreError> {
        self.write(|state| Ok(note(state, report)))
    }
}

const fn challenge_of(waiting: &Waiting) -> Option<ChallengeId> {
    match &waiting.message.content {
        Content::Code { code, .. } | Content::Decoy { code } => Some(code.challenge),
        Content::Notice { .. } => None,
    }
}

fn note(state: &mut State, Report { id, provider, outcome, at, failure }: Report) -> ReportOutcome {
    let Some(waiting) = state.outbox.get_mut(&id) else { return ReportOutcome::Ignored };
    let challenge = challenge_of(waiting).and_then(|challenge| state.challenges.get(&challenge));
    let is_wanted = challenge.is_some_and(|challenge| challenge.closed_at.is_none()) && waiting.message.expires_at > at;
    let delivery = &mut waiting.delivery;
    let is_failed = delivery.failed_provider.as_ref() == Some(&provider);
    let is_handed_over = waiting.leased_until.is_some() && !is_failed;
    if !delivery.provider.as_ref().map_or(is_handed_over, |holder| *holder == provider) {
        return ReportOutcome::Ignored;
    }
    let is_first = delivery.failed_provider.is_none() && delivery.end.is_none();
    let is_to_be_sent = (outcome, failure) == (DeliveryOutcome::Failed, FailureAction::SendAgain);
    let sent_at = delivery.sent_at.or(Some(at));
    if is_to_be_sent && is_first && is_wanted {
        *delivery = Delivery { failed_provider: Some(provider), sent_at, ..Delivery::default() };
        waiting.tries += 1;
        (waiting.next_try_at, waiting.leased_until) = (Some(at), None);
        return ReportOutcome::SentAgain;
    }
    let end = match delivery.end {
        None => DeliveryEnd { outcome, at },
        Some(end) if outcome == DeliveryOutcome::Read && end.outcome != outcome => DeliveryEnd { outcome, ..end },
        Some(_) => return ReportOutcome::Ignored,
    };
    (delivery.provider, delivery.sent_at, delivery.end) = (Some(provider), sent_at, Some(end));
    ReportOutcome::Noted
}
