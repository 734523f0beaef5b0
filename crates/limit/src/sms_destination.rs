use async_trait::async_trait;
use doorward_kernel::{AuditEvent, Country, PhoneNumber, StoreError, Timestamp};

use crate::{BreakerPolicy, ConversionBreaker};

/// How many digits make a prefix, country code included: ranges are rented out in such pieces.
const PREFIX: usize = 7;

/// What a conversion breaker watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DestinationKind {
    /// The first seven digits.
    Prefix,
    /// A country.
    Country,
}

/// Names a conversion breaker.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SmsDestination {
    /// What it watches.
    pub kind: DestinationKind,
    /// Which one: seven digits, or an ISO 3166-1 alpha-2 code, empty for numbers of no country.
    pub subject: String,
}

/// The conversion breakers of all nodes.
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

    /// Deletes destinations that nobody was sent to since then, at most `limit`; returns how many.
    async fn purge_untouched(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

impl DestinationKind {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::Country => "country",
        }
    }

    /// Reads the stable name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Prefix, Self::Country].into_iter().find(|kind| kind.as_str() == text)
    }

    /// When such a destination closes.
    pub const fn policy(self) -> BreakerPolicy {
        match self {
            Self::Prefix => BreakerPolicy::PREFIX,
            Self::Country => BreakerPolicy::COUNTRY,
        }
    }
}

impl SmsDestination {
    /// Reads what an operator calls it: the first seven digits of numbers, or a country as in `US`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        if digits.len() == PREFIX && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self { kind: DestinationKind::Prefix, subject: digits.to_owned() });
        }
        let country = Country::parse(&text.to_ascii_uppercase())?;
        Some(Self { kind: DestinationKind::Country, subject: country.code() })
    }

    /// The destinations of a number, in their order: its prefix and its country.
    pub fn of(number: &PhoneNumber) -> [Self; 2] {
        let digits = number.as_str().trim_start_matches('+');
        let prefix = digits.get(..PREFIX).unwrap_or(digits).to_owned();
        let country = number.country().map(Country::code).unwrap_or_default();
        [
            Self { kind: DestinationKind::Prefix, subject: prefix },
            Self { kind: DestinationKind::Country, subject: country },
        ]
    }
}

/// Counts a send on all destinations, if every one is open, and gives until when each is stopped, in order.
pub fn try_send(destinations: &mut [(SmsDestination, ConversionBreaker)], now: Timestamp) -> Vec<Option<Timestamp>> {
    let stops: Vec<_> = destinations
        .iter_mut()
        .map(|(destination, state)| state.stopped_until(&destination.kind.policy(), now))
        .collect();
    if stops.iter().all(Option::is_none) {
        for (destination, state) in destinations {
            state.on_sent(&destination.kind.policy(), now);
        }
    }
    stops
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_called_by_seven_digits_or_a_country() {
        let destination = |kind, subject: &str| Some(SmsDestination { kind, subject: subject.to_owned() });

        assert_eq!(SmsDestination::parse("1415555"), destination(DestinationKind::Prefix, "1415555"));
        assert_eq!(SmsDestination::parse("+1415555"), destination(DestinationKind::Prefix, "1415555"));
        assert_eq!(SmsDestination::parse("us"), destination(DestinationKind::Country, "US"));
        for text in ["", "+", "141555", "14155552671", "141555x", "Narnia", "XX", "+US"] {
            assert_eq!(SmsDestination::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_goes_to_its_first_seven_digits_and_its_country() {
        let number = PhoneNumber::parse("+14155552671", None).unwrap();

        assert_eq!(SmsDestination::of(&number).map(|it| it.subject), ["1415555", "US"]);
    }
}
