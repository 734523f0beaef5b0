use std::{error::Error, sync::Arc, time::Duration};

use doorward_kernel::{Clock, Country, Timestamp};
use doorward_notifier::{Envelope, Receipt, Recipient, SendError};

use super::{Provider, provider::Pauses};

/// The providers of a channel, in the order in which a message is offered to them.
#[derive(Clone)]
pub struct Route(Arc<[Provider]>);

/// A message that was let pass to a provider.
pub(super) struct Passage<'a> {
    provider: &'a Provider,
    others: &'a [Provider],
    country: Option<Country>,
    pauses: Pauses,
}

/// Why no provider is offered a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPassage {
    /// Those for it are all left alone until then.
    Until(Timestamp),
    /// None is for its country.
    Nobody,
}

/// The refusals of all providers that a message was offered to, the last one at the end.
#[derive(Debug)]
pub(super) struct Refusals(Vec<(String, SendError)>);

impl Route {
    /// A message goes to the first of them, and to the next one where that does not take it.
    pub fn new(providers: impl Into<Arc<[Provider]>>) -> Self {
        Self(providers.into())
    }

    /// Lets a message pass to the first provider that is not left alone.
    pub(super) fn pass(
        &self,
        recipient: &Recipient,
        now: Timestamp,
        unavailable: Duration,
        refused: Duration,
    ) -> Result<Passage<'_>, NoPassage> {
        let country = match recipient {
            Recipient::Email(_) => None,
            Recipient::Phone(number) => number.country(),
        };
        let Self(providers) = self;
        let is_alone = providers.iter().filter(|provider| provider.is_for(country)).count() == 1;
        let pauses = Pauses { unavailable, refused: (!is_alone).then_some(refused) };
        first_open(providers, country, now, pauses)
    }
}

impl Passage<'_> {
    /// Tells that the message is not handed over.
    pub(super) fn unused(&self, now: Timestamp) {
        self.provider.unused(self.country, now);
    }

    /// Offers the message to the provider, and to the next ones until one takes it.
    pub(super) async fn send(self, envelope: &Envelope, clock: &dyn Clock) -> Result<(String, Receipt), Refusals> {
        let (mut passage, mut refusals) = (self, Vec::new());
        loop {
            let Passage { provider, others, country, pauses } = passage;
            let outcome = provider.send(envelope).await;
            let now = clock.now();
            provider.settle(country, outcome.as_ref().map(drop), now, pauses);
            let error = match outcome {
                Ok(receipt) => return Ok((provider.name().to_owned(), receipt)),
                Err(error) => error,
            };
            let is_final = matches!(error, SendError::RecipientNever(_));
            refusals.push((provider.name().to_owned(), error));
            passage = match first_open(others, country, now, pauses) {
                Ok(next) if !is_final => next,
                Ok(next) => {
                    next.unused(now);
                    return Err(Refusals(refusals));
                }
                Err(_) => return Err(Refusals(refusals)),
            };
        }
    }
}

impl Refusals {
    /// Whether no provider can ever send the message.
    pub(super) fn is_final(&self) -> bool {
        self.0.iter().any(|(_, error)| matches!(error, SendError::RecipientNever(_)))
    }

    /// The least wait before any of them is asked again.
    pub(super) fn retry_after(&self) -> Duration {
        self.0.iter().map(|(_, error)| error.retry_after()).min().unwrap_or_default()
    }

    /// What each of them said, with its causes, on one line.
    pub(super) fn reason(&self) -> String {
        let each = self.0.iter().map(|(provider, error)| format!("{provider}: {}", with_causes(error)));
        each.collect::<Vec<_>>().join("; ")
    }
}

fn first_open(
    providers: &[Provider],
    country: Option<Country>,
    now: Timestamp,
    pauses: Pauses,
) -> Result<Passage<'_>, NoPassage> {
    let mut earliest = None;
    for (n, provider) in providers.iter().enumerate().filter(|(_, provider)| provider.is_for(country)) {
        match provider.pass(country, now, pauses) {
            Ok(()) => {
                let others = providers.get(n + 1..).unwrap_or_default();
                return Ok(Passage { provider, others, country, pauses });
            }
            Err(until) => earliest = Some(earliest.map_or(until, |earliest: Timestamp| earliest.min(until))),
        }
    }
    Err(earliest.map_or(NoPassage::Nobody, NoPassage::Until))
}

fn with_causes(error: &SendError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
