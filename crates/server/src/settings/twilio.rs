use std::collections::BTreeMap;

use doorward_kernel::Locale;
use doorward_notifier_twilio::{AddressRetention, ContentRetention, TwilioSettings};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    SecretText,
    setting_errors::SettingErrors,
    text::{self, Text},
};

/// `twilio`: who carries the SMS.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Twilio {
    /// The account, as in `AC…`.
    pub account_sid: Option<String>,
    /// Its secret.
    #[serde(with = "text::option")]
    pub auth_token: Option<SecretText>,
    /// An API key that sends in place of the token, as in `SK…`.
    pub api_key_sid: Option<String>,
    /// Its secret.
    #[serde(with = "text::option")]
    pub api_key_secret: Option<SecretText>,
    /// The number or name that messages come from.
    pub from: Option<String>,
    /// The messaging service that picks the number, as in `MG…`.
    pub messaging_service_sid: Option<String>,
    /// The number that messages by WhatsApp come from.
    pub whatsapp_from: Option<String>,
    /// The templates of codes by WhatsApp, as in `HX…`, by language.
    pub content_sids: BTreeMap<String, String>,
    /// Where the API is.
    #[serde(with = "text")]
    pub base_url: Url,
    /// Whether Twilio keeps the texts.
    #[serde(with = "text::option")]
    pub content_retention: Option<ContentRetention>,
    /// Whether Twilio keeps the numbers.
    #[serde(with = "text::option")]
    pub address_retention: Option<AddressRetention>,
}

impl Default for Twilio {
    #[allow(clippy::expect_used, reason = "the text is a constant")]
    fn default() -> Self {
        Self {
            account_sid: None,
            auth_token: None,
            api_key_sid: None,
            api_key_secret: None,
            from: None,
            messaging_service_sid: None,
            whatsapp_from: None,
            content_sids: BTreeMap::new(),
            base_url: Url::parse("https://api.twilio.com").expect("a URL"),
            content_retention: None,
            address_retention: None,
        }
    }
}

impl Twilio {
    /// Finds what cannot work in that section, and what is missing where it `is_needed`.
    pub(super) fn check(&self, section: &str, is_needed: bool, sends_sms: bool, faults: &mut SettingErrors) {
        let mut unless =
            |is_kept: bool, key: &str, problem: &str| faults.unless(is_kept, &format!("{section}.{key}"), problem);
        let is_sid = |sid: &Option<String>, prefix: &str| {
            let is_sid = |sid: &String| sid.starts_with(prefix) && sid.bytes().all(|b| b.is_ascii_alphanumeric());
            sid.as_ref().is_none_or(is_sid)
        };
        unless(is_sid(&self.account_sid, "AC"), "account_sid", "must be AC and letters and digits");
        unless(is_sid(&self.api_key_sid, "SK"), "api_key_sid", "must be SK and letters and digits");
        let is_whole = self.api_key_sid.is_some() == self.api_key_secret.is_some();
        unless(is_whole, "api_key_secret", "and api_key_sid must be set both or not at all");
        let service = &self.messaging_service_sid;
        unless(is_sid(service, "MG"), "messaging_service_sid", "must be MG and letters and digits");
        let is_from = self.from.as_deref().is_none_or(is_sender);
        unless(is_from, "from", "must be a number like +14155552671, a short code or a sender's name");
        let is_base_url = TwilioSettings::check_base_url(&self.base_url).is_ok();
        let problem = "must be https unless the host is loopback, without user, password and query";
        unless(is_base_url, "base_url", problem);
        if is_needed || self.account_sid.is_some() {
            unless(self.account_sid.is_some(), "account_sid", "is required");
            let (has_from, has_service) = (self.from.is_some(), self.messaging_service_sid.is_some());
            unless(has_from || has_service || !sends_sms, "from", "or messaging_service_sid must be set");
            let can_send = self.auth_token.is_some() || self.api_key_sid.is_some();
            unless(can_send, "auth_token", "or api_key_sid and api_key_secret must be set");
            // Under the section, as each of the two may have a fault of its own.
            let is_one = !(has_from && has_service && sends_sms);
            faults.unless(is_one, section, "must not have both from and messaging_service_sid");
        }
    }

    /// Finds what is missing to send by WhatsApp.
    pub(super) fn check_whatsapp(&self, section: &str, faults: &mut SettingErrors) {
        let is_number = self.whatsapp_from.as_ref().is_some_and(|from| from.starts_with('+') && is_sender(from));
        let problem = "is required for WhatsApp: a number like +14155552671";
        faults.unless(is_number, &format!("{section}.whatsapp_from"), problem);
        let is_template = |(tag, sid): (&String, &String)| {
            let is_sid = sid.starts_with("HX") && sid.bytes().all(|b| b.is_ascii_alphanumeric());
            is_sid && Locale::parse(tag).is_some()
        };
        let is_whole = self.content_sids.contains_key("en") && self.content_sids.iter().all(is_template);
        let problem = r#"must have an HX… for "en", and may have one for each other language of the texts"#;
        faults.unless(is_whole, &format!("{section}.content_sids"), problem);
    }
}

/// E.164, a short code, or an alphanumeric sender of at most eleven characters.
fn is_sender(from: &str) -> bool {
    let is_number = |digits: &str| (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let is_name = |name: &str| {
        (3..=11).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b" +-_&".contains(&b))
    };
    from.strip_prefix('+').map_or_else(|| is_name(from), is_number)
}

impl Text for ContentRetention {
    const FORM: &'static str = r#""retain" or "discard""#;

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn show(&self) -> String {
        self.as_str().to_owned()
    }
}

impl Text for AddressRetention {
    const FORM: &'static str = r#""retain" or "obfuscate""#;

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn show(&self) -> String {
        self.as_str().to_owned()
    }
}
