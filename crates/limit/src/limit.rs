use std::time::Duration;

use crate::{LockoutPolicy, Rate, RateError, Rule};

/// One or several rates that must all admit, or none at all; or a lockout.
///
/// Its text is `off`, one rate, or a list of rates with windows that differ: a stored state
/// belongs to the window, so it outlives a change of count, burst or order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Limit {
    rates: Vec<Rate>,
    lockout: Option<LockoutPolicy>,
}

/// Why texts are no limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// One of the texts is no rate.
    #[error("{text:?}: {reason}")]
    Rate {
        /// The text.
        text: String,
        /// Its fault.
        reason: RateError,
    },
    /// There is no text at all.
    #[error("must name at least one rate, or be \"off\"")]
    Empty,
    /// `off` stands beside a rate.
    #[error("\"off\" stands alone")]
    Off,
    /// Two rates have the same window.
    #[error("two rates have the window of {0:?}")]
    Repeated(String),
    /// There are more than four rates.
    #[error("must be at most 4 rates")]
    Many,
}

impl Limit {
    /// No limit.
    pub const OFF: Self = Self { rates: Vec::new(), lockout: None };

    /// Reads `off` or one rate.
    pub fn parse(text: &str) -> Result<Self, LimitError> {
        Self::parse_all(&[text])
    }

    /// Reads a list of rates, or the list of one `off`.
    pub fn parse_all<T: AsRef<str>>(texts: &[T]) -> Result<Self, LimitError> {
        match texts {
            [] => return Err(LimitError::Empty),
            [text] if text.as_ref() == "off" => return Ok(Self::OFF),
            texts if texts.iter().any(|text| text.as_ref() == "off") => return Err(LimitError::Off),
            texts if texts.len() > 4 => return Err(LimitError::Many),
            _ => {}
        }
        let mut rates: Vec<Rate> = Vec::with_capacity(texts.len());
        for text in texts.iter().map(AsRef::as_ref) {
            let rate = Rate::parse(text).map_err(|reason| LimitError::Rate { text: text.to_owned(), reason })?;
            if rates.iter().any(|other| other.window_seconds() == rate.window_seconds()) {
                return Err(LimitError::Repeated(text.to_owned()));
            }
            rates.push(rate);
        }
        Ok(rates.into())
    }

    /// So many in that time; off where that is no rate.
    pub fn per(count: u32, window: Duration) -> Self {
        Rate::per(count, window).map_or(Self::OFF, Self::from)
    }

    /// A default of ours: so many in so many seconds each.
    pub(crate) fn fixed(rates: &[(u32, u32)]) -> Self {
        rates.iter().map(|(count, seconds)| Rate::fixed(*count, *seconds, *count)).collect::<Vec<_>>().into()
    }

    /// Whether there is no limit.
    pub const fn is_off(&self) -> bool {
        self.rates.is_empty() && self.lockout.is_none()
    }

    /// The rates, which must all admit; none where it is off.
    pub fn rates(&self) -> &[Rate] {
        &self.rates
    }

    /// The failures in a row that it admits, where it is a lockout.
    pub const fn lockout(&self) -> Option<&LockoutPolicy> {
        self.lockout.as_ref()
    }

    /// All that must admit.
    pub fn rules(&self) -> impl Iterator<Item = Rule> {
        self.rates.iter().copied().map(Rule::Rate).chain(self.lockout.map(Rule::Lockout))
    }

    /// The texts that [`parse_all`](Self::parse_all) reads back.
    pub fn texts(&self) -> Vec<String> {
        if self.is_off() { vec!["off".to_owned()] } else { self.rates.iter().map(Rate::to_string).collect() }
    }

    /// The limit with every count and burst divided, each at least one; off stays off.
    pub fn divided_by(&self, divisor: u32) -> Self {
        self.each(|rate| rate.divided_by(divisor))
    }

    /// The limit with every count and burst multiplied; off stays off.
    #[must_use]
    pub fn times(&self, factor: u32) -> Self {
        self.each(|rate| rate.times(factor))
    }

    /// Returns what is left of every rate to those who may not touch a reserve.
    ///
    /// `None` when a rate is all reserve. Strangers take from the whole and on this, those the
    /// reserve is for on the whole alone; so strangers cannot use it up.
    pub fn without(&self, reserve: u32) -> Option<Self> {
        let rates = self.rates.iter().map(|rate| rate.without(reserve)).collect::<Option<_>>()?;
        Some(Self { rates, lockout: self.lockout })
    }

    fn each(&self, change: impl Fn(&Rate) -> Rate) -> Self {
        Self { rates: self.rates.iter().map(change).collect(), lockout: self.lockout }
    }
}

impl From<Rate> for Limit {
    fn from(rate: Rate) -> Self {
        vec![rate].into()
    }
}

impl From<Vec<Rate>> for Limit {
    fn from(rates: Vec<Rate>) -> Self {
        Self { rates, lockout: None }
    }
}

impl From<LockoutPolicy> for Limit {
    fn from(policy: LockoutPolicy) -> Self {
        Self { rates: Vec::new(), lockout: Some(policy) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_off_one_rate_or_a_list() {
        for texts in [vec!["off"], vec!["5/10m"], vec!["5/1h", "10/1d"], vec!["60/1m burst 20"]] {
            assert_eq!(Limit::parse_all(&texts).unwrap().texts(), texts);
        }
    }

    #[test]
    fn what_is_unclear_is_refused_with_its_reason() {
        let none: [&str; 0] = [];

        assert_eq!(Limit::parse_all(&none), Err(LimitError::Empty));
        assert_eq!(Limit::parse_all(&["off", "5/1h"]), Err(LimitError::Off));
        assert_eq!(Limit::parse_all(&["5/1h", "9/60m"]), Err(LimitError::Repeated("9/60m".to_owned())));
        assert_eq!(Limit::parse_all(&["1/1s", "1/2s", "1/3s", "1/4s", "1/5s"]), Err(LimitError::Many));
        assert_eq!(
            Limit::parse("0/1h").unwrap_err().to_string(),
            "\"0/1h\": the count must be 1 to 1000000; \"off\" switches a limit off"
        );
    }

    #[test]
    fn of_five_mails_a_day_strangers_may_use_three() {
        let limit = Limit::parse("5/1d").unwrap();

        assert_eq!(limit.without(2), Some(Limit::parse("3/1d").unwrap()));
        assert_eq!(limit.without(5), None);
        assert_eq!(Limit::OFF.without(2), Some(Limit::OFF));
    }
}
