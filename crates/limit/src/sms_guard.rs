use doorward_kernel::{Country, NumberKind, PhoneNumber};

use crate::{AllowedCountries, BreakerVerdict, BucketKey, BucketKind, Digests, Limit, Limits, Take};

/// Whether somebody has ever verified to hold the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Somebody has; what strangers use up or trip does not stop them.
    Verified,
    /// Nobody yet.
    Unverified,
}

/// The switches of SMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsGuard {
    /// Where SMS may go.
    pub countries: AllowedCountries,
    /// Whether an operator has stopped all SMS.
    pub is_paused: bool,
}

/// The facts that decide whether an SMS is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmsFacts {
    /// The country of the number; `None` for numbers of no country.
    pub country: Option<Country>,
    /// What the number is for.
    pub kind: NumberKind,
    /// Whether somebody has verified it.
    pub standing: Standing,
    /// The conversion breaker of its first seven digits.
    pub prefix: BreakerVerdict,
    /// The conversion breaker of its country.
    pub country_destination: BreakerVerdict,
}

/// Why an SMS is not sent. Only the audit shows it, never the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmsRefusal {
    /// An operator has stopped all SMS.
    #[error("sms is paused")]
    Paused,
    /// The country is not allowed, or closed by its conversion breaker.
    #[error("the country is not served")]
    CountryDenied,
    /// The number is of a kind that earns money or gets no SMS.
    #[error("the number is of a kind that is not served")]
    NumberKind,
    /// Too many went to these first digits, or too few came back.
    #[error("the prefix is used up or closed")]
    PrefixLimited,
    /// The bucket of the number, its country or of all is used up.
    #[error("a rate limit is exhausted")]
    BucketExhausted,
}

impl SmsGuard {
    /// Whether the rules that take from nothing admit it; ask before [`sms_take`].
    pub fn check(&self, facts: &SmsFacts) -> Result<(), SmsRefusal> {
        let is_unverified = facts.standing == Standing::Unverified;
        if self.is_paused {
            Err(SmsRefusal::Paused)
        } else if !self.countries.allows(facts.country) {
            Err(SmsRefusal::CountryDenied)
        } else if !facts.kind.is_served() {
            Err(SmsRefusal::NumberKind)
        } else if is_unverified && facts.country_destination != BreakerVerdict::Admits {
            Err(SmsRefusal::CountryDenied)
        } else if is_unverified && facts.prefix != BreakerVerdict::Admits {
            Err(SmsRefusal::PrefixLimited)
        } else {
            Ok(())
        }
    }
}

/// The kind of caller who asks for an SMS with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmsCaller {
    /// A device that the owner of the number has logged in with.
    Known,
    /// Anyone else.
    Stranger,
}

/// What an SMS to this number takes from the number itself, whether anybody is sent it or not.
///
/// Devices that the owner has logged in with take in place of the number, all of them on one
/// bucket: strangers who ask for codes to the number leave them theirs.
pub fn sms_take(digests: &dyn Digests, limits: &Limits, number: &PhoneNumber, caller: SmsCaller) -> Take {
    let kind = match caller {
        SmsCaller::Known => BucketKind::SMS_KNOWN,
        SmsCaller::Stranger => BucketKind::SMS,
    };
    Take::one(BucketKey::new(digests, kind, number.as_str()), limits.sms.clone())
}

/// What an SMS that is sent and costs so much takes from what is there for all: the number of them
/// and their price, and to an unverified number also its prefix and country.
///
/// The rate of the short run is not among them: a rush delays messages and drops none.
pub fn shared_sms_takes(
    digests: &dyn Digests,
    limits: &Limits,
    number: &PhoneNumber,
    standing: Standing,
    price: u32,
) -> Vec<Take> {
    let take = |kind, subject: &str, limit: &Limit| Take::one(BucketKey::new(digests, kind, subject), limit.clone());
    let mut takes = vec![
        take(BucketKind::SMS_BUDGET, "", &limits.sms_budget),
        Take { cost: price, ..take(BucketKind::SMS_SPEND, "", &limits.sms_spend) },
    ];
    if standing == Standing::Unverified {
        let country = number.country().map(Country::code).unwrap_or_default();
        takes.push(take(BucketKind::SMS_PREFIX, sms_prefix(number), &limits.sms_prefix));
        takes.push(take(BucketKind::SMS_COUNTRY, &country, &limits.sms_country));
    }
    takes
}

/// How many digits make a prefix, country code included: ranges are rented out in such pieces.
pub(crate) const PREFIX: usize = 7;

/// The first seven digits.
pub fn sms_prefix(number: &PhoneNumber) -> &str {
    let digits = number.as_str().trim_start_matches('+');
    digits.get(..PREFIX).unwrap_or(digits)
}

impl SmsRefusal {
    /// What a used-up bucket is told as.
    pub fn of(kind: BucketKind) -> Self {
        if kind == BucketKind::SMS_PREFIX { Self::PrefixLimited } else { Self::BucketExhausted }
    }

    /// The stable name, as audit and metrics carry it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paused => "sms_paused",
            Self::CountryDenied => "sms_country_denied",
            Self::NumberKind => "sms_number_kind",
            Self::PrefixLimited => "sms_prefix_limited",
            Self::BucketExhausted => "sms_budget_exhausted",
        }
    }
}

#[cfg(test)]
mod tests {
    use doorward_kernel::Timestamp;

    use super::*;

    fn facts() -> SmsFacts {
        SmsFacts {
            country: Country::parse("US"),
            kind: NumberKind::FixedLineOrMobile,
            standing: Standing::Unverified,
            prefix: BreakerVerdict::Admits,
            country_destination: BreakerVerdict::Admits,
        }
    }

    fn guard() -> SmsGuard {
        SmsGuard { countries: AllowedCountries::parse_all(&["US", "GB"]).unwrap(), is_paused: false }
    }

    const CLOSED: BreakerVerdict = BreakerVerdict::Stops { until: Timestamp::from_micros(1) };

    #[test]
    fn each_rule_refuses_with_its_reason() {
        let paused = SmsGuard { is_paused: true, ..guard() };

        assert_eq!(guard().check(&facts()), Ok(()));
        assert_eq!(paused.check(&facts()), Err(SmsRefusal::Paused));
        for (facts, refusal) in [
            (SmsFacts { country: Country::parse("LV"), ..facts() }, SmsRefusal::CountryDenied),
            (SmsFacts { country: None, ..facts() }, SmsRefusal::CountryDenied),
            (SmsFacts { kind: NumberKind::PremiumRate, ..facts() }, SmsRefusal::NumberKind),
            (SmsFacts { kind: NumberKind::Satellite, ..facts() }, SmsRefusal::NumberKind),
            (SmsFacts { kind: NumberKind::SharedCost, ..facts() }, SmsRefusal::NumberKind),
            (SmsFacts { country_destination: CLOSED, ..facts() }, SmsRefusal::CountryDenied),
            (SmsFacts { prefix: CLOSED, ..facts() }, SmsRefusal::PrefixLimited),
        ] {
            assert_eq!(guard().check(&facts), Err(refusal), "{facts:?}");
        }
    }

    #[test]
    fn strangers_cannot_close_a_country_to_its_users() {
        let verified =
            SmsFacts { standing: Standing::Verified, prefix: CLOSED, country_destination: CLOSED, ..facts() };

        assert_eq!(guard().check(&verified), Ok(()));
        assert_eq!(
            guard().check(&SmsFacts { country: Country::parse("LV"), ..verified }),
            Err(SmsRefusal::CountryDenied)
        );
    }

    #[test]
    fn a_prefix_is_the_first_seven_digits() {
        let number = PhoneNumber::parse("+14155552671", None).unwrap();

        assert_eq!(sms_prefix(&number), "1415555");
    }
}
