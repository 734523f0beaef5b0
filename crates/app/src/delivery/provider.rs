use std::{
    collections::HashMap,
    error::Error,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_kernel::{Country, PhoneChannel, Timestamp};
use doorward_notifier::{Envelope, Notifier, Receipt, Scope, SendError};

use crate::{circuit_breaker::CircuitBreaker, metrics};

/// One way to send messages of a kind, left alone for a while when it does not send.
///
/// An account that carries several channels to telephones is a provider for each.
#[derive(Clone)]
pub struct Provider {
    name: String,
    notifier: Arc<dyn Notifier>,
    channel: PhoneChannel,
    countries: Option<Vec<Country>>,
    circuits: Arc<Mutex<Circuits>>,
}

/// The pauses of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pauses {
    /// One that cannot be reached.
    pub(super) unavailable: Duration,
    /// One that does not send for us, or not now; none where nobody else is there, as nothing is won by that.
    pub(super) refused: Option<Duration>,
}

#[derive(Default)]
struct Circuits {
    all: CircuitBreaker,
    countries: HashMap<Country, CircuitBreaker>,
}

impl Provider {
    /// One of mail or SMS that nothing has failed with yet. The name is told in logs and metrics.
    pub fn new(name: impl Into<String>, notifier: Arc<dyn Notifier>) -> Self {
        Self { name: name.into(), notifier, channel: PhoneChannel::Sms, countries: None, circuits: Arc::default() }
    }

    /// The same, for messages by that channel.
    #[must_use]
    pub fn by(mut self, channel: PhoneChannel) -> Self {
        self.channel = channel;
        self
    }

    /// The same, for numbers of these countries alone.
    #[must_use]
    pub fn only_for(mut self, countries: Vec<Country>) -> Self {
        self.countries = Some(countries);
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The channel it sends by, where it sends to telephones.
    pub(super) const fn channel(&self) -> PhoneChannel {
        self.channel
    }

    /// Whether it is meant for a recipient there.
    pub(super) fn is_for(&self, country: Option<Country>) -> bool {
        let Some(countries) = &self.countries else { return true };
        country.is_some_and(|country| countries.contains(&country))
    }

    /// Lets a message pass, or tells until when the provider is left alone.
    pub(super) fn pass(
        &self,
        country: Option<Country>,
        now: Timestamp,
        unavailable: Duration,
    ) -> Result<(), Timestamp> {
        let mut circuits = self.circuits();
        circuits.all.pass(now, unavailable)?;
        let there = country.and_then(|country| circuits.countries.get_mut(&country));
        let passed = there.map_or(Ok(()), |there| there.pass(now, unavailable));
        if passed.is_err() {
            circuits.all.unused(now);
        }
        passed
    }

    /// Whether it is left alone for numbers there.
    pub(super) fn is_left_alone(&self, country: Option<Country>, now: Timestamp) -> bool {
        let circuits = self.circuits();
        let there = country.and_then(|country| circuits.countries.get(&country));
        circuits.all.is_open(now) || there.is_some_and(|there| there.is_open(now))
    }

    /// Tells that a message which was let pass is not handed over.
    pub(super) fn unused(&self, country: Option<Country>, now: Timestamp) {
        let mut circuits = self.circuits();
        circuits.all.unused(now);
        if let Some(there) = country.and_then(|country| circuits.countries.get_mut(&country)) {
            there.unused(now);
        }
    }

    /// Hands a message over that was let pass.
    pub(super) async fn send(&self, envelope: &Envelope) -> Result<Receipt, SendError> {
        let outcome = self.notifier.send(envelope).await;
        metrics::provider_tried(&self.name, outcome.as_ref().err());
        outcome
    }

    /// Notes an answer to a message that was let pass, and for how long the provider is left alone after it.
    pub(super) fn settle(
        &self,
        country: Option<Country>,
        outcome: Result<(), &SendError>,
        now: Timestamp,
        pauses: Pauses,
    ) {
        let mut circuits = self.circuits();
        let is_news = match (outcome, pauses.refused) {
            (Err(SendError::ProviderCannot { scope: Scope::Everyone, .. }), Some(pause)) => {
                circuits.all.refused(now, pause)
            }
            (Err(SendError::Unavailable(_) | SendError::ProviderCannot { scope: Scope::Everyone, .. }), _) => {
                circuits.all.failed(now, pauses.unavailable)
            }
            (Err(SendError::ProviderCannot { scope: Scope::Country, .. }), Some(pause)) => {
                circuits.all.answered();
                country.is_some_and(|country| circuits.countries.entry(country).or_default().refused(now, pause))
            }
            (Err(SendError::Transient { retry_after: Some(wait), .. }), Some(pause)) => {
                circuits.all.refused(now, pause.min(*wait));
                false
            }
            // Whoever refuses a message is there.
            (
                Ok(())
                | Err(
                    SendError::Transient { .. }
                    | SendError::ProviderCannot { scope: Scope::Country, .. }
                    | SendError::RecipientNever(_)
                    | SendError::Failed(_),
                ),
                _,
            ) => {
                circuits.all.answered();
                if let Some(country) = country {
                    circuits.countries.remove(&country);
                }
                false
            }
        };
        drop(circuits);
        if is_news && let Err(error) = outcome {
            tracing::error!(
                error = error as &dyn Error,
                provider = self.name,
                "a provider is left alone, as it does not send"
            );
        }
    }

    fn circuits(&self) -> MutexGuard<'_, Circuits> {
        self.circuits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use doorward_notifier::MockNotifier;

    use super::*;

    const PAUSE: Duration = Duration::from_secs(30);
    const LONG: Duration = Duration::from_mins(5);
    const AMONG_OTHERS: Pauses = Pauses { unavailable: PAUSE, refused: Some(LONG) };
    const ALONE: Pauses = Pauses { unavailable: PAUSE, refused: None };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn country(code: &str) -> Option<Country> {
        Country::parse(code)
    }

    fn provider() -> Provider {
        Provider::new("gateway", Arc::new(MockNotifier::new()))
    }

    /// Whether it is left alone, for a number there.
    fn is_open(provider: &Provider, there: &str, seconds: i64) -> bool {
        provider.pass(country(there), at(seconds), PAUSE).is_err()
    }

    #[test]
    fn a_country_without_permission_closes_it_for_that_country_alone() {
        let provider = provider();
        let refusal = SendError::provider_cannot(Scope::Country, "21408");

        provider.settle(country("DE"), Err(&refusal), at(0), AMONG_OTHERS);

        assert_eq!([("DE", 299), ("US", 299)].map(|(there, second)| is_open(&provider, there, second)), [true, false]);
        assert_eq!([300, 301].map(|second| is_open(&provider, "DE", second)), [false, true]);
        provider.settle(country("DE"), Ok(()), at(302), AMONG_OTHERS);
        assert!(!is_open(&provider, "DE", 302));
    }

    #[test]
    fn an_account_that_does_not_send_closes_it_at_once_and_for_long() {
        let provider = provider();
        let refusal = SendError::provider_cannot(Scope::Everyone, "20003");

        provider.settle(country("DE"), Err(&refusal), at(0), AMONG_OTHERS);

        assert_eq!([299, 300].map(|second| is_open(&provider, "US", second)), [true, false]);
    }

    #[test]
    fn the_only_one_is_asked_again_as_if_it_had_not_answered() {
        let provider = provider();
        for scope in [Scope::Everyone, Scope::Country] {
            let refusal = SendError::provider_cannot(scope, "20003");
            provider.settle(country("DE"), Err(&refusal), at(0), ALONE);
            assert!(!is_open(&provider, "DE", 0), "{scope:?}");
        }
        let refusal = SendError::provider_cannot(Scope::Everyone, "20003");

        (0..5).for_each(|_| provider.settle(country("DE"), Err(&refusal), at(0), ALONE));

        assert_eq!([29, 30].map(|second| is_open(&provider, "DE", second)), [true, false]);
    }

    #[test]
    fn a_message_that_passes_and_is_not_handed_over_leaves_the_next_one_to_ask() {
        let provider = provider();
        provider.settle(country("DE"), Err(&SendError::provider_cannot(Scope::Country, "")), at(0), AMONG_OTHERS);
        assert!(!is_open(&provider, "DE", 300));

        provider.unused(country("DE"), at(300));

        assert_eq!([300, 301].map(|second| is_open(&provider, "DE", second)), [false, true]);
    }
}
