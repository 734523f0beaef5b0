use std::collections::BTreeMap;

use doorward_kernel::{Country, PhoneChannel};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Countries, Settings, setting_errors::SettingErrors};

/// Stands for every country that is not listed.
const ELSEWHERE: &str = "*";
const FORM: &str = r#"must be a table of countries and whole prices up to 1000000, like { US = 1, "*" = 8 }"#;

/// The price of a message in the smallest unit of a currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    /// The price to some countries.
    pub by_country: Vec<(Country, u32)>,
    /// The price to all others, written `"*"`.
    pub elsewhere: u32,
}

impl Prices {
    /// The most that any of these ask, country by country.
    pub(super) fn dearest(tables: &[&Self]) -> Self {
        let listed = tables.iter().flat_map(|table| table.by_country.iter().map(|(country, _)| *country));
        let mut countries: Vec<Country> = Vec::new();
        for country in listed {
            if !countries.contains(&country) {
                countries.push(country);
            }
        }
        let most = |country| tables.iter().map(|table| table.to(country)).max().unwrap_or_default();
        Self {
            by_country: countries.into_iter().map(|country| (country, most(country))).collect(),
            elsewhere: tables.iter().map(|table| table.elsewhere).max().unwrap_or_default(),
        }
    }

    fn to(&self, country: Country) -> u32 {
        let listed = self.by_country.iter().find(|(listed, _)| *listed == country);
        listed.map_or(self.elsewhere, |(_, price)| *price)
    }

    /// A bucket of money counts nothing where nothing costs anything.
    pub(super) fn check(settings: &Settings, faults: &mut SettingErrors) {
        let is_counted = |channel: &PhoneChannel| match (settings.prices(*channel), allowed(settings, *channel)) {
            (Some(prices), Some(allowed)) if prices.elsewhere == 0 => {
                carried(settings, *channel, &allowed).all(|countries| prices.is_whole(&countries))
            }
            _ => true,
        };
        let is_counted = settings.limits.sms_spend.is_off() || PhoneChannel::ALL.iter().all(is_counted);
        let problem = "must have a price for every country that a provider sends to, or for \"*\", \
            as limits.sms_spend counts them";
        faults.unless(is_counted, "sms.prices", problem);
    }

    fn is_whole(&self, countries: &Countries) -> bool {
        match countries {
            Countries::Every => false,
            Countries::Only(countries) => countries.iter().all(|country| self.to(*country) > 0),
        }
    }
}

/// The countries that are sent to by that channel; `None` where nobody is called.
fn allowed(settings: &Settings, channel: PhoneChannel) -> Option<Countries> {
    match channel {
        PhoneChannel::Voice => settings.voice.allowed_countries.clone(),
        PhoneChannel::Sms | PhoneChannel::WhatsApp => Some(settings.sms.allowed_countries.clone()),
    }
}

/// Those of them that each provider of the channel carries.
fn carried(settings: &Settings, channel: PhoneChannel, allowed: &Countries) -> impl Iterator<Item = Countries> {
    let carriers = settings.phone_providers().into_iter().filter(move |it| it.common.channels.has(channel));
    carriers.filter_map(move |it| it.common.countries.and(allowed))
}

impl<'de> Deserialize<'de> for Prices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = BTreeMap::<String, u32>::deserialize(deserializer).map_err(|_| D::Error::custom(FORM))?;
        let mut prices = Self::default();
        for (code, price) in table {
            if price > 1_000_000 {
                return Err(D::Error::custom(FORM));
            }
            if code == ELSEWHERE {
                prices.elsewhere = price;
            } else {
                let country = Country::parse(&code).ok_or_else(|| D::Error::custom(FORM))?;
                prices.by_country.push((country, price));
            }
        }
        Ok(prices)
    }
}

impl Serialize for Prices {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let listed = self.by_country.iter().map(|(country, price)| (country.code(), *price));
        let elsewhere = (self.elsewhere > 0).then(|| (ELSEWHERE.to_owned(), self.elsewhere));
        serializer.collect_map(listed.chain(elsewhere))
    }
}
