use crate::Limit;

/// Whether limits are as set, or a quarter because somebody tries many accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ThreatLevel {
    /// As set.
    Normal,
    /// Limits of IP addresses are a quarter, and codes two digits longer.
    Elevated,
}

impl ThreatLevel {
    /// A limit of IP addresses in this mode.
    pub fn limit(self, limit: &Limit) -> Limit {
        match self {
            Self::Normal => limit.clone(),
            Self::Elevated => limit.divided_by(4),
        }
    }

    /// The digits of codes made in this mode, at most 8.
    pub fn digits(self, digits: u8) -> u8 {
        match self {
            Self::Normal => digits,
            Self::Elevated => digits.saturating_add(2).min(8).max(digits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tight_means_a_quarter_and_two_more_digits() {
        let limit = Limit::parse_all(&["20/10m", "60/1h"]).unwrap();

        assert_eq!(ThreatLevel::Elevated.limit(&limit).texts(), ["5/10m", "15/1h"]);
        assert_eq!(ThreatLevel::Elevated.limit(&Limit::OFF), Limit::OFF);
        assert_eq!([6, 7, 8].map(|digits| ThreatLevel::Elevated.digits(digits)), [8, 8, 8]);
        assert_eq!(ThreatLevel::Normal.digits(6), 6);
        assert_eq!(ThreatLevel::Normal.limit(&limit), limit);
    }
}
