use async_trait::async_trait;
use doorward_kernel::{AuditEvent, Country, PhoneNumber, StoreError, Timestamp};

use crate::{Tripwire, TripwirePolicy, TripwireVerdict, sms_guard::PREFIX, sms_prefix};

/// What a tripwire watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WireKind {
    /// The first seven digits.
    Prefix,
    /// A country.
    Country,
}

/// Names a tripwire.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wire {
    /// What it watches.
    pub kind: WireKind,
    /// Which one: seven digits, or an ISO 3166-1 alpha-2 code, empty for numbers of no country.
    pub subject: String,
}

/// The tripwires of all nodes.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Tripwires: Send + Sync {
    /// The wires there are of those, in any order; one that was never sent to is not among them.
    async fn find(&self, wires: Vec<Wire>) -> Result<Vec<(Wire, Tripwire)>, StoreError>;

    /// The wires that were closed when they were last sent to, at most `limit`, in any order.
    async fn closed(&self, limit: u32) -> Result<Vec<(Wire, Tripwire)>, StoreError>;

    /// Counts a send on all wires, if every one is open, and gives their verdicts in order.
    ///
    /// One atomic step, as [`pass`] decides: of any number of concurrent sends no more pass than
    /// one after the other. Wires are locked in their order.
    async fn pass(&self, wires: Vec<Wire>, now: Timestamp) -> Result<Vec<TripwireVerdict>, StoreError>;

    /// Counts a code that came back, by the instant it was sent, on the wires there are.
    async fn verified(&self, wires: Vec<Wire>, sent_at: Timestamp, now: Timestamp) -> Result<(), StoreError>;

    /// Opens a wire and forgets its past; whether there was one, with which alone the event is written.
    async fn reopen(&self, wire: Wire, audit: AuditEvent) -> Result<bool, StoreError>;

    /// Forgets wires that nobody was sent to since then, at most `limit`; tells how many.
    async fn forget_untouched(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

impl WireKind {
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

    /// When such a wire closes.
    pub const fn policy(self) -> TripwirePolicy {
        match self {
            Self::Prefix => TripwirePolicy::PREFIX,
            Self::Country => TripwirePolicy::COUNTRY,
        }
    }
}

impl Wire {
    /// Reads what an operator calls it: the first seven digits of numbers, or a country as in `US`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        if digits.len() == PREFIX && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self { kind: WireKind::Prefix, subject: digits.to_owned() });
        }
        let country = Country::parse(&text.to_ascii_uppercase())?;
        Some(Self { kind: WireKind::Country, subject: country.code() })
    }

    /// The wires of a number, in their order: its prefix and its country.
    pub fn of(number: &PhoneNumber) -> [Self; 2] {
        let country = number.country().map(Country::code).unwrap_or_default();
        let prefix = Self { kind: WireKind::Prefix, subject: sms_prefix(number).to_owned() };
        [prefix, Self { kind: WireKind::Country, subject: country }]
    }
}

/// Counts a send on all wires, if every one is open, and gives their verdicts in order.
pub fn pass(wires: &mut [(Wire, Tripwire)], now: Timestamp) -> Vec<TripwireVerdict> {
    let verdicts: Vec<_> = wires.iter_mut().map(|(wire, state)| state.verdict(&wire.kind.policy(), now)).collect();
    if verdicts.iter().all(|verdict| *verdict == TripwireVerdict::Open) {
        for (wire, state) in wires {
            state.on_sent(&wire.kind.policy(), now);
        }
    }
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wire_is_called_by_seven_digits_or_a_country() {
        let wire = |kind, subject: &str| Some(Wire { kind, subject: subject.to_owned() });

        assert_eq!(Wire::parse("1415555"), wire(WireKind::Prefix, "1415555"));
        assert_eq!(Wire::parse("+1415555"), wire(WireKind::Prefix, "1415555"));
        assert_eq!(Wire::parse("us"), wire(WireKind::Country, "US"));
        for text in ["", "+", "141555", "14155552671", "141555x", "Narnia", "XX", "+US"] {
            assert_eq!(Wire::parse(text), None, "{text}");
        }
    }
}
