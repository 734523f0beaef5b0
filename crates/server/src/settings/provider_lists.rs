//! The lists of providers, `sms.providers` and `mail.providers`, and the short forms that stand for one of each.

use std::{collections::BTreeSet, time::Duration};

use doorward_kernel::PhoneChannel;
use doorward_notifier_http::{HttpSettings, WebhookSecret};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    Channels, Countries, Mailbox, Prices, SecretText, Settings, SmtpUrl, Twilio, Voice,
    provider_tables::is_name,
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
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct PhoneProvider {
    /// The settings of every kind.
    #[serde(flatten)]
    pub common: Common,
    /// The account or gateway.
    #[serde(flatten)]
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
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
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
        if self.sms.providers.is_empty() && self.twilio.account_sid.is_some() {
            self.phone_providers().iter().for_each(|account| account.check_channels("twilio", &self.voice, faults));
        }
        self.sms.providers.iter().for_each(|provider| provider.check(&self.voice, faults));
        self.mail.providers.iter().for_each(|provider| provider.check(faults));
        self.check_names(faults);
        self.check_served(faults);
        let is_sms_once = self.sms.providers.is_empty() || self.twilio.account_sid.is_none();
        faults.unless(is_sms_once, "sms.providers", "must not be set together with twilio.account_sid");
        let is_mail_once = self.mail.providers.is_empty() || self.smtp.url.is_none();
        faults.unless(is_mail_once, "mail.providers", "must not be set together with smtp.url");
    }

    /// A name is nobody else's, with the channel that follows it in metrics and logs neither.
    fn check_names(&self, faults: &mut SettingErrors) {
        let mut names = BTreeSet::new();
        let by_phone = self.sms.providers.iter().flat_map(|provider| {
            let channels = provider.common.channels.iter();
            channels.map(|channel| (format!("sms.providers.{}.name", provider.common.name), provider.name_on(channel)))
        });
        let by_mail = self.mail.providers.iter();
        let by_mail = by_mail.map(|provider| (format!("mail.providers.{}.name", provider.name), provider.name.clone()));
        for (setting, name) in by_phone.chain(by_mail) {
            faults.unless(is_name(&name), &setting, format!("must leave room for the channel: {name} is too long"));
            faults.unless(names.insert(name.clone()), &setting, format!("must be its own, and {name} is another's"));
        }
    }

    /// Every country that is allowed has a provider of SMS.
    fn check_served(&self, faults: &mut SettingErrors) {
        let by_sms = || self.sms.providers.iter().map(|it| &it.common).filter(|it| it.channels.has(PhoneChannel::Sms));
        let is_served = match &self.sms.allowed_countries {
            Countries::Every => by_sms().any(|it| it.countries == Countries::Every),
            Countries::Only(countries) => countries.iter().all(|country| by_sms().any(|it| it.countries.has(*country))),
        };
        // One of an unknown kind is left out, and may be the one that serves them.
        let is_left_out = |setting: &str| {
            let key = setting.strip_prefix("sms.providers.").and_then(|setting| setting.rsplit_once('.'));
            key.is_some_and(|(_, key)| key == "kind")
        };
        let is_whole = !faults.list().iter().any(|fault| is_left_out(&fault.setting));
        let is_served = is_served || self.sms.providers.is_empty() || !is_whole;
        let problem = "must each have a provider of SMS in sms.providers";
        faults.unless(is_served, "sms.allowed_countries", problem);
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
