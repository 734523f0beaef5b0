//! The lists of providers, `sms.providers` and `mail.providers`, and the short forms that stand for one of each.

use std::{collections::BTreeSet, time::Duration};

use doorward_kernel::PhoneChannel;
use doorward_notifier_http::{HttpSettings, WebhookSecret};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error};
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    Channels, Countries, Mailbox, Prices, SecretText, Settings, SmtpUrl, Twilio, Voice,
    load::explain,
    setting_errors::SettingErrors,
    text::{self, Text},
};

/// `mail`: who carries the mail, where it is not one relay alone.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// The providers, in the order they are tried.
    pub providers: Vec<MailProvider>,
}

/// One of `sms.providers`.
#[derive(Clone, Debug)]
pub struct PhoneProvider {
    /// The settings of every kind.
    pub common: Common,
    /// The account or gateway.
    pub kind: PhoneProviderKind,
}

/// The settings of a provider of any kind.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Common {
    /// Its name in metrics and logs.
    pub name: String,
    /// The countries it is tried for.
    pub countries: Countries,
    /// The channels it carries.
    pub channels: Channels,
    /// The longest time that it may take to answer; `delivery.timeout` when it is not set.
    #[serde(with = "text::option")]
    pub timeout: Option<Duration>,
    /// The price of a message there; `sms.prices` when it is not set.
    pub prices: Option<Prices>,
}

/// A kind of provider, and what it needs.
#[derive(Clone, Debug)]
pub enum PhoneProviderKind {
    /// An account at Twilio.
    Twilio(Box<Twilio>),
    /// A gateway that takes signed requests.
    Http(Gateway),
}

/// A gateway that takes signed requests.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gateway {
    /// Where messages are posted.
    #[serde(with = "text::option")]
    pub url: Option<Url>,
    /// The secret that signs them.
    #[serde(with = "text::option")]
    pub secret: Option<SecretText>,
}

/// One of `mail.providers`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailProvider {
    /// Its name in metrics and logs.
    pub name: String,
    /// `smtp`.
    pub kind: String,
    /// The server.
    #[serde(with = "text::option")]
    pub url: Option<SmtpUrl>,
    /// The sender of the mail; `smtp.from` when it is not set.
    #[serde(with = "text::option")]
    pub from: Option<Mailbox>,
    /// The EHLO name; the domain of the sender when it is not set.
    pub hello: Option<String>,
    /// The longest time that it may take to answer; `delivery.timeout` when it is not set.
    #[serde(with = "text::option")]
    pub timeout: Option<Duration>,
}

/// The settings of a provider that any kind has.
const COMMON: [&str; 5] = ["name", "countries", "channels", "timeout", "prices"];

impl Settings {
    /// Returns the providers of messages to telephones, in order; the short form is a list of one.
    pub fn phone_providers(&self) -> Vec<PhoneProvider> {
        if !self.sms.providers.is_empty() {
            return self.sms.providers.clone();
        }
        let channels = Channels::of(&self.twilio, &self.voice);
        let common = Common { name: "twilio".to_owned(), channels, ..Common::default() };
        vec![PhoneProvider { common, kind: PhoneProviderKind::Twilio(Box::new(self.twilio.clone())) }]
    }

    /// Returns the providers of mail, in order; the short form is a list of one.
    pub fn mail_providers(&self) -> Vec<MailProvider> {
        if !self.mail.providers.is_empty() {
            return self.mail.providers.clone();
        }
        let (url, hello) = (self.smtp.url.clone(), self.smtp.hello.clone());
        vec![MailProvider { name: "smtp".to_owned(), url, hello, ..MailProvider::default() }]
    }

    /// Returns the most a message by that channel may cost, whoever carries it; `None` where nobody does.
    pub fn prices(&self, channel: PhoneChannel) -> Option<Prices> {
        let providers = self.phone_providers();
        let carriers = providers.iter().filter(|provider| provider.common.channels.has(channel));
        let tables: Vec<_> =
            carriers.map(|provider| provider.common.prices.as_ref().unwrap_or(&self.sms.prices)).collect();
        (!tables.is_empty()).then(|| Prices::dearest(&tables))
    }

    /// Returns how long one try takes at most, with every provider of a channel too slow.
    pub(super) fn longest_try(&self) -> Duration {
        let of = |timeout: Option<Duration>| timeout.unwrap_or(self.delivery.timeout);
        let providers = self.phone_providers();
        let tries = |is_call: bool| -> Duration {
            let of_provider = |it: &PhoneProvider| -> Duration {
                let channels = it.common.channels.iter().filter(|channel| (*channel == PhoneChannel::Voice) == is_call);
                channels.map(|_| of(it.common.timeout)).sum()
            };
            providers.iter().map(of_provider).sum()
        };
        let mail = self.mail_providers().iter().map(|provider| of(provider.timeout)).sum();
        // A code by WhatsApp may go on to SMS; a call goes to no other channel.
        tries(false).max(tries(true)).max(mail)
    }

    pub(super) fn check_providers(&self, faults: &mut SettingErrors) {
        let mut names = BTreeSet::new();
        if self.sms.providers.is_empty() && self.twilio.account_sid.is_some() {
            self.phone_providers().iter().for_each(|account| account.check_channels("twilio", &self.voice, faults));
        }
        for provider in &self.sms.providers {
            provider.check(&self.voice, faults);
            for channel in provider.common.channels.iter() {
                check_name(&provider.name_on(channel), "sms.providers", &mut names, faults);
            }
        }
        for provider in &self.mail.providers {
            provider.check(faults);
            check_name(&provider.name, "mail.providers", &mut names, faults);
        }
        let is_sms_once = self.sms.providers.is_empty() || self.twilio.account_sid.is_none();
        faults.unless(is_sms_once, "sms.providers", "must not be set together with twilio.account_sid");
        let is_mail_once = self.mail.providers.is_empty() || self.smtp.url.is_none();
        faults.unless(is_mail_once, "mail.providers", "must not be set together with smtp.url");
        let by_sms = || self.sms.providers.iter().map(|it| &it.common).filter(|it| it.channels.has(PhoneChannel::Sms));
        let is_served = match &self.sms.allowed_countries {
            Countries::Every => by_sms().any(|it| it.countries == Countries::Every),
            Countries::Only(countries) => countries.iter().all(|country| by_sms().any(|it| it.countries.has(*country))),
        };
        let is_served = is_served || self.sms.providers.is_empty();
        faults.unless(is_served, "sms.providers", "must have one of SMS for every country of sms.allowed_countries");
    }
}

impl PhoneProvider {
    fn check(&self, voice: &Voice, faults: &mut SettingErrors) {
        let section = format!("sms.providers.{}", self.common.name);
        self.check_channels(&section, voice, faults);
        check_timeout(self.common.timeout, &section, faults);
        match &self.kind {
            PhoneProviderKind::Twilio(twilio) => {
                twilio.check(&section, true, self.common.channels.has(PhoneChannel::Sms), faults);
            }
            PhoneProviderKind::Http(gateway) => {
                let is_safe = gateway.url.as_ref().is_some_and(|url| HttpSettings::check_url(url).is_ok());
                let form = "is required, and must be https unless the host is loopback";
                faults.unless(is_safe, &format!("{section}.url"), form);
                let secret = gateway.secret.as_ref().map(SecretText::reveal);
                let is_secret = secret.is_some_and(|secret| WebhookSecret::parse(secret).is_ok());
                let form = "is required, and must be whsec_ and the base64 of 24 to 64 bytes";
                faults.unless(is_secret, &format!("{section}.secret"), form);
            }
        }
    }
}

impl MailProvider {
    fn check(&self, faults: &mut SettingErrors) {
        let section = format!("mail.providers.{}", self.name);
        faults.unless(self.kind == "smtp", &format!("{section}.kind"), r#"must be "smtp""#);
        faults.unless(self.url.is_some(), &format!("{section}.url"), format!("is required: {}", SmtpUrl::FORM));
        super::smtp::check_hello(self.hello.as_deref(), &format!("{section}.hello"), faults);
        check_timeout(self.timeout, &section, faults);
    }
}

fn check_timeout(timeout: Option<Duration>, section: &str, faults: &mut SettingErrors) {
    let is_sound = |timeout| (Duration::from_secs(1)..=Duration::from_mins(10)).contains(&timeout);
    faults.unless(timeout.is_none_or(is_sound), &format!("{section}.timeout"), "must be 1s to 10m");
}

fn check_name(name: &str, setting: &str, names: &mut BTreeSet<String>, faults: &mut SettingErrors) {
    let is_name = (1..=32).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    faults.unless(is_name, setting, "must each have a name of lower-case letters, digits and dashes, 32 at most");
    faults.unless(names.insert(name.to_owned()), setting, format!("must have names of their own; two are {name}"));
}

impl<'de> Deserialize<'de> for PhoneProvider {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut own = Map::<String, Value>::deserialize(deserializer)
            .map_err(|_| D::Error::custom("must be a list of tables"))?;
        let common = COMMON.iter().filter_map(|key| Some(((*key).to_owned(), own.remove(*key)?))).collect();
        let kind = own.remove("kind");
        let name =
            |common: &Map<String, Value>| common.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let common: Common = read(&common, &name(&common)).map_err(D::Error::custom)?;
        let kind = match kind.as_ref().and_then(Value::as_str) {
            Some("twilio") => PhoneProviderKind::Twilio(Box::new(read(&own, &common.name).map_err(D::Error::custom)?)),
            Some("http") => PhoneProviderKind::Http(read(&own, &common.name).map_err(D::Error::custom)?),
            _ => {
                let problem = format!(r#"must have a kind, "twilio" or "http", in `{}`"#, common.name);
                return Err(D::Error::custom(problem));
            }
        };
        Ok(Self { common, kind })
    }
}

impl Serialize for PhoneProvider {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, own) = match &self.kind {
            PhoneProviderKind::Twilio(twilio) => ("twilio", json!(twilio)),
            PhoneProviderKind::Http(gateway) => ("http", json!(gateway)),
        };
        let mut all = json!(self.common);
        if let (Value::Object(all), Value::Object(own)) = (&mut all, own) {
            all.insert("kind".to_owned(), json!(kind));
            all.extend(own);
        }
        all.serialize(serializer)
    }
}

/// Reads each value by itself, so that the refusal names the one that is wrong.
fn read<T: DeserializeOwned>(table: &Map<String, Value>, provider: &str) -> Result<T, String> {
    for (key, value) in table {
        T::deserialize(json!({ key: value })).map(drop).map_err(|error: serde_json::Error| {
            let is_unknown = error.to_string().starts_with("unknown field");
            let problem = if is_unknown { "is not a setting of such a provider".to_owned() } else { explain(&error) };
            format!("has `{provider}`, whose {key} {problem}")
        })?;
    }
    T::deserialize(Value::Object(table.clone())).map_err(|error| explain(&error))
}
