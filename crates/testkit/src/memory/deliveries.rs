use std::cmp::Reverse;

use async_trait::async_trait;
use doorward_kernel::{ChallengeId, StoreError, Timestamp};
use doorward_notifier::{
    Content, Deliveries, Delivery, DeliveryEnd, DeliveryOutcome, Entry, FailureAction, Message, Recipient, Report,
    ReportOutcome,
};
use doorward_otp::Challenge;

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

    async fn recent(&self, now: Timestamp, limit: u32) -> Result<Vec<Entry>, StoreError> {
        Ok(self.read(|state| {
            let is_recent = |waiting: &&Waiting| {
                let (delivery, is_dead) = (&waiting.delivery, waiting.dead_since.is_some());
                let is_code = matches!(waiting.message.content, Content::Code { .. });
                let is_known = delivery.end.is_some() || is_dead || waiting.message.expires_at <= now;
                is_code && waiting.next_try_at.is_none() && (delivery.provider.is_some() || is_dead) && is_known
            };
            let mut recent: Vec<_> = state.outbox.values().filter(is_recent).collect();
            recent.sort_by_key(|waiting| Reverse((waiting.message.expires_at, waiting.message.id)));
            recent.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            recent.into_iter().map(entry).collect()
        }))
    }

    async fn taken(&self, challenges: &[ChallengeId]) -> Result<Vec<Entry>, StoreError> {
        Ok(self.read(|state| {
            let is_asked = |waiting: &&Waiting| challenge_of(waiting).is_some_and(|code| challenges.contains(&code));
            let taken = state.outbox.values().filter(is_asked);
            taken.filter(|waiting| waiting.delivery.provider.is_some()).map(entry).collect()
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

/// Whether a challenge is open, and its code still goes by the channels of the message.
fn is_wanted(challenge: &Challenge, message: &Message) -> bool {
    let is_by_them = match &message.recipient {
        Recipient::Email(_) => true,
        Recipient::Phone(_, channels) => *channels == challenge.phone_channels,
    };
    challenge.closed_at.is_none() && is_by_them
}

fn note(state: &mut State, Report { id, provider, outcome, at, failure }: Report) -> ReportOutcome {
    let Some(waiting) = state.outbox.get_mut(&id) else { return ReportOutcome::Ignored };
    let challenge = challenge_of(waiting).and_then(|challenge| state.challenges.get(&challenge));
    let is_wanted =
        challenge.is_some_and(|challenge| is_wanted(challenge, &waiting.message)) && waiting.message.expires_at > at;
    let delivery = &mut waiting.delivery;
    let is_failed = delivery.failed_provider.as_ref() == Some(&provider);
    let ends_wait = outcome != DeliveryOutcome::Failed || failure == FailureAction::GiveUp;
    let is_tried = waiting.leased_until.is_some() || (waiting.tries > 0 && ends_wait);
    let is_handed_over = is_tried && !is_failed;
    if waiting.dead_since.is_some() || !delivery.provider.as_ref().map_or(is_handed_over, |holder| *holder == provider)
    {
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
        Some(end) if (end.outcome, outcome) == (DeliveryOutcome::Delivered, DeliveryOutcome::Read) => {
            DeliveryEnd { outcome, ..end }
        }
        Some(_) => return ReportOutcome::Ignored,
    };
    (delivery.provider, delivery.sent_at, delivery.end) = (Some(provider), sent_at, Some(end));
    // The lease stays: its holder may still settle what the report does not say.
    waiting.next_try_at = None;
    ReportOutcome::Noted
}
