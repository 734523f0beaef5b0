use async_trait::async_trait;
use doorward_kernel::{AuditEvent, Country, PhoneNumber, StoreError, Timestamp};

use crate::{BreakerPolicy, ConversionBreaker};

/// The number of digits of a prefix, country code included: ranges are rented out in such pieces.
const PREFIX: usize = 7;

/// The kind of destination that a conversion breaker watches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SmsDestination {
    /// The first seven digits of numbers.
    Prefix(String),
    /// An ISO 3166-1 alpha-2 code, empty for numbers of no country.
    Country(String),
}

/// The stops of SMS on all nodes: an operator's pause, and the conversion breakers.
#[async_trait]
pub trait ConversionBreakers: Send + Sync {
    /// The destinations there are of those, in any order; one that was never sent to is not among them.
    async fn find(
        &self,
        destinations: Vec<SmsDestination>,
    ) -> Result<Vec<(SmsDestination, ConversionBreaker)>, StoreError>;

    /// The destinations that were closed when they were last sent to, at most `limit`, in any order.
    async fn closed(&self, limit: u32) -> Result<Vec<(SmsDestination, ConversionBreaker)>, StoreError>;

    /// Counts a send on all destinations, if every one is open, and gives until when each is stopped, in order.
    ///
    /// One atomic step, as [`try_send`] decides: of any number of concurrent sends no more pass than
    /// one after the other. Destinations are locked in their order.
    async fn try_send(
        &self,
        destinations: Vec<SmsDestination>,
        now: Timestamp,
    ) -> Result<Vec<Option<Timestamp>>, StoreError>;

    /// Counts a code that came back, by the instant it was sent, on the destinations there are.
    async fn verified(
        &self,
        destinations: Vec<SmsDestination>,
        sent_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Opens a destination and forgets its past; whether there was one, with which alone the event is written.
    async fn reopen(&self, destination: SmsDestination, audit: AuditEvent) -> Result<bool, StoreError>;

    /// Whether an operator has paused SMS, and since when. Mail goes on.
    async fn paused_since(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Pauses SMS from now on; whether it was not. Atomic, and of many at once one has changed it.
    async fn pause(&self, now: Timestamp, audit: AuditEvent) -> Result<bool, StoreError>;

    /// Ends the pause; whether there was one. Atomic, and of many at once one has changed it.
    async fn resume(&self, audit: AuditEvent) -> Result<bool, StoreError>;

    /// Deletes destinations that nobody was sent to since then, at most `limit`; returns how many.
    async fn purge_untouched(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

impl SmsDestination {
    /// Reads what an operator calls it: the first seven digits of numbers, or a country as in `US`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        if digits.len() == PREFIX && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self::Prefix(digits.to_owned()));
        }
        Some(Self::Country(Country::parse(&text.to_ascii_uppercase())?.code()))
    }

    /// The destinations of a number, in their order: its prefix and its country.
    pub fn of(number: &PhoneNumber) -> [Self; 2] {
        let digits = number.as_str().trim_start_matches('+');
        let prefix = digits.get(..PREFIX).unwrap_or(digits).to_owned();
        let country = number.country().map(Country::code).unwrap_or_default();
        [Self::Prefix(prefix), Self::Country(country)]
    }

    /// The destination of that [kind](Self::kind) and [subject](Self::subject).
    pub fn of_kind(kind: &str, subject: String) -> Option<Self> {
        match kind {
            "prefix" => Some(Self::Prefix(subject)),
            "country" => Some(Self::Country(subject)),
            _ => None,
        }
    }

    /// The stable name of its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Prefix(_) => "prefix",
            Self::Country(_) => "country",
        }
    }

    /// Returns its digits or its code.
    pub fn subject(&self) -> &str {
        let (Self::Prefix(subject) | Self::Country(subject)) = self;
        subject
    }

    /// Returns when it closes.
    pub const fn policy(&self) -> BreakerPolicy {
        match self {
            Self::Prefix(_) => BreakerPolicy::PREFIX,
            Self::Country(_) => BreakerPolicy::COUNTRY,
        }
    }
}

/// Counts a send on all destinations, if every one is open, and gives until when each is stopped, in order.
pub fn try_send(destinations: &mut [(SmsDestination, ConversionBreaker)], now: Timestamp) -> Vec<Option<Timestamp>> {
    let stops: Vec<_> =
        destinations.iter_mut().map(|(destination, state)| state.stopped_until(&destination.policy(), now)).collect();
    if stops.iter().all(Option::is_none) {
        for (destination, state) in destinations {
            state.on_sent(&destination.policy(), now);
        }
    }
    stops
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_called_by_seven_digits_or_a_country() {
        assert_eq!(SmsDestination::parse("1415555"), Some(SmsDestination::Prefix("1415555".to_owned())));
        assert_eq!(SmsDestination::parse("+1415555"), Some(SmsDestination::Prefix("1415555".to_owned())));
        assert_eq!(SmsDestination::parse("us"), Some(SmsDestination::Country("US".to_owned())));
        for text in ["", "+", "141555", "14155552671", "141555x", "Narnia", "XX", "+US"] {
            assert_eq!(SmsDestination::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_goes_to_its_first_seven_digits_and_its_country() {
        let number = PhoneNumber::parse("+14155552671", None).unwrap();

        let destinations = SmsDestination::of(&number);

        let [prefix, country] = &destinations;
        assert_eq!(
            [(prefix.kind(), prefix.subject()), (country.kind(), country.subject())],
            [("prefix", "1415555"), ("country", "US")]
        );
        assert_eq!(
            destinations.clone().map(|it| SmsDestination::of_kind(it.kind(), it.subject().to_owned())),
            destinations.map(Some)
        );
        assert_eq!(SmsDestination::of_kind("city", "US".to_owned()), None);
    }
}
