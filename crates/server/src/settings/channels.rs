use doorward_kernel::PhoneChannel;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Countries, PhoneProvider, PhoneProviderKind, Settings, Twilio, Voice, setting_errors::SettingErrors};

/// The channels that a provider carries, in the order in which a code is offered to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channels(Vec<PhoneChannel>);

impl Default for Channels {
    fn default() -> Self {
        Self(vec![PhoneChannel::Sms])
    }
}

impl Channels {
    /// Those that are set up for the only account.
    pub(super) fn of(twilio: &Twilio, voice: &Voice) -> Self {
        let mut channels = vec![PhoneChannel::Sms];
        channels.extend(twilio.whatsapp_from.as_ref().map(|_| PhoneChannel::WhatsApp));
        channels.extend(voice.allowed_countries.as_ref().map(|_| PhoneChannel::Voice));
        Self(channels)
    }

    /// The channels, in order.
    pub fn iter(&self) -> impl Iterator<Item = PhoneChannel> + '_ {
        self.0.iter().copied()
    }

    /// Returns whether that channel is among them.
    pub fn has(&self, channel: PhoneChannel) -> bool {
        self.0.contains(&channel)
    }
}

impl PhoneProvider {
    /// The name of the provider on that channel, of which each counts as a provider of its own.
    pub fn name_on(&self, channel: PhoneChannel) -> String {
        let name = &self.common.name;
        match channel {
            PhoneChannel::Sms => name.clone(),
            PhoneChannel::WhatsApp | PhoneChannel::Voice => format!("{name}-{}", channel.as_str()),
        }
    }

    /// The countries whose numbers the provider is tried for on that channel; none for calls where nobody is called.
    pub fn countries_on(&self, channel: PhoneChannel, settings: &Settings) -> Option<Countries> {
        let countries = &self.common.countries;
        match channel {
            PhoneChannel::Sms | PhoneChannel::WhatsApp => Some(countries.clone()),
            PhoneChannel::Voice => settings.voice.allowed_countries.as_ref()?.and(countries),
        }
    }

    /// Finds channels that this provider cannot carry.
    pub(super) fn check_channels(&self, section: &str, voice: &Voice, faults: &mut SettingErrors) {
        let is_called = voice.allowed_countries.is_some() || !self.common.channels.has(PhoneChannel::Voice);
        let problem = r#"must not have "voice" unless voice.allowed_countries is set"#;
        faults.unless(is_called, &format!("{section}.channels"), problem);
        let PhoneProviderKind::Twilio(account) = &self.kind else { return };
        let channels = &self.common.channels;
        if channels.has(PhoneChannel::WhatsApp) {
            account.check_whatsapp(section, faults);
        }
        if channels.has(PhoneChannel::Voice) {
            let is_number = account.from.as_ref().is_some_and(|from| from.starts_with('+'));
            faults.unless(
                is_number,
                &format!("{section}.from"),
                "must be a number like +14155552671 that calls come from",
            );
        }
    }
}

impl<'de> Deserialize<'de> for Channels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer).unwrap_or_default();
        let channels: Option<Vec<PhoneChannel>> = names.iter().map(|name| PhoneChannel::parse(name)).collect();
        let is_once = |channels: &Vec<PhoneChannel>| {
            (1..=PhoneChannel::ALL.len()).contains(&channels.len())
                && PhoneChannel::ALL.iter().all(|one| channels.iter().filter(|channel| *channel == one).count() <= 1)
        };
        let problem = r#"must be a list of "sms", "whatsapp" and "voice", each at most once"#;
        channels.filter(is_once).map(Self).ok_or_else(|| D::Error::custom(problem))
    }
}

impl Serialize for Channels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(PhoneChannel::as_str))
    }
}
