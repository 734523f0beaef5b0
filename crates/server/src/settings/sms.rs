use serde::{Deserialize, Serialize};

use super::{Countries, PhoneProvider, Prices};

/// `sms`: where text messages may go.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sms {
    /// The countries whose numbers are accepted.
    pub allowed_countries: Countries,
    /// The host that codes are bound to, by which browsers and phones offer them; that of `http.public_url` when it
    /// is not set.
    pub autofill_host: Option<String>,
    /// The hash of the Android app that is handed the codes.
    pub android_hash: Option<String>,
    /// The price of an SMS by country.
    pub prices: Prices,
    /// The providers, in the order they are tried.
    pub providers: Vec<PhoneProvider>,
}

/// `voice`: where codes may be said by calls.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Voice {
    /// The countries whose numbers may be called; nobody is called when it is not set.
    pub allowed_countries: Option<Countries>,
}
