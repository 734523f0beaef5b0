use std::{collections::HashMap, time::Duration};

use doorward_kernel::{Locale, Secret, is_loopback};
use doorward_notifier::{sms::SmsText, voice::CallText};
use url::Url;

/// The settings of messages to telephones by Twilio.
#[derive(Clone, Debug)]
pub struct TwilioSettings {
    /// The account, `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// The credentials of the account.
    pub credentials: Credentials,
    /// The sender of the messages, and with it their channel.
    pub sender: Sender,
    /// Where the API is; plain http only on this machine.
    pub base_url: String,
    /// The longest time that one message may take, connection and all.
    pub timeout: Duration,
    /// The words of SMS.
    pub text: SmsText,
    /// The words of calls.
    pub call: CallText,
    /// Where Twilio reports what became of a message.
    pub status_callback: Option<String>,
    /// Whether Twilio keeps the text; as the account says when it is not set.
    pub content_retention: Option<ContentRetention>,
    /// Whether Twilio keeps the number; as the account says when it is not set.
    pub address_retention: Option<AddressRetention>,
}

/// The credentials of an account.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// The account's own token, which may do everything.
    AuthToken(Secret<String>),
    /// An API key, which can be taken back alone.
    ApiKey {
        /// Its id, `SK…`.
        sid: String,
        /// Its secret.
        secret: Secret<String>,
    },
}

/// The sender of messages, and the channel it sends by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// SMS: a number in E.164 form, or an alphanumeric sender.
    From(String),
    /// SMS: a messaging service, by its `MG…` id.
    MessagingService(String),
    /// WhatsApp: a number in E.164 form, and the templates in which codes are sent.
    WhatsApp {
        /// The number.
        from: String,
        /// The `HX…` ids of templates whose first variable is the code, by language; English for all others.
        content_sids: HashMap<Locale, String>,
    },
    /// Calls that say the code, from a number in E.164 form.
    Caller(String),
}

/// The retention of the text at Twilio once it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentRetention {
    /// Keeps it.
    Retain,
    /// Keeps none of it.
    Discard,
}

/// The retention of the number at Twilio once the message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressRetention {
    /// Keeps it.
    Retain,
    /// Keeps it without its last digits.
    Obfuscate,
}

/// Why messages cannot be handed to Twilio that way.
#[derive(Debug, thiserror::Error)]
pub enum TwilioSettingsError {
    /// The account is none.
    #[error("the account SID must be letters and digits")]
    AccountSid,
    /// There is no token, or no whole API key.
    #[error("the auth token or API key must not be empty")]
    Credentials,
    /// The address of the reports is none.
    #[error("the address of the status callback must be a URL")]
    StatusCallback,
    /// There is no template in English for WhatsApp.
    #[error("messages by WhatsApp need a template in English")]
    Template,
    /// There is no sender.
    #[error("the sender must not be empty")]
    Sender,
    /// Not a URL.
    #[error("the base URL must be an https URL; http is for this machine only")]
    BaseUrl,
    /// TLS cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

impl ContentRetention {
    /// Twilio's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retain => "retain",
            Self::Discard => "discard",
        }
    }

    /// Reads Twilio's word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Retain, Self::Discard].into_iter().find(|retention| retention.as_str() == text)
    }
}

impl AddressRetention {
    /// Twilio's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retain => "retain",
            Self::Obfuscate => "obfuscate",
        }
    }

    /// Reads Twilio's word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Retain, Self::Obfuscate].into_iter().find(|retention| retention.as_str() == text)
    }
}

impl TwilioSettings {
    /// The longest time that one message may take unless the operator says otherwise.
    pub const TIMEOUT: Duration = Duration::from_secs(10);
    /// Twilio's own API.
    pub const BASE_URL: &str = "https://api.twilio.com";

    /// Returns whether the API may be there.
    pub fn check_base_url(url: &Url) -> Result<(), TwilioSettingsError> {
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_local(url));
        let is_bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        if is_safe && is_bare { Ok(()) } else { Err(TwilioSettingsError::BaseUrl) }
    }

    /// The address that messages are posted to, when all settings can work.
    pub(crate) fn endpoint(&self) -> Result<Url, TwilioSettingsError> {
        if self.account_sid.is_empty() || !self.account_sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(TwilioSettingsError::AccountSid);
        }
        let is_given = match &self.credentials {
            Credentials::AuthToken(token) => !token.reveal().is_empty(),
            Credentials::ApiKey { sid, secret } => !sid.is_empty() && !secret.reveal().is_empty(),
        };
        if !is_given {
            return Err(TwilioSettingsError::Credentials);
        }
        let (resource, sender) = match &self.sender {
            Sender::From(sender) | Sender::MessagingService(sender) => ("Messages.json", sender),
            Sender::WhatsApp { from, content_sids } => {
                content_sids.get(&Locale::En).ok_or(TwilioSettingsError::Template)?;
                ("Messages.json", from)
            }
            Sender::Caller(from) => ("Calls.json", from),
        };
        if sender.is_empty() {
            return Err(TwilioSettingsError::Sender);
        }
        let mut url = Url::parse(&self.base_url).map_err(|_| TwilioSettingsError::BaseUrl)?;
        Self::check_base_url(&url)?;
        let mut path = url.path_segments_mut().map_err(|()| TwilioSettingsError::BaseUrl)?;
        path.pop_if_empty().extend(["2010-04-01", "Accounts", &self.account_sid, resource]);
        drop(path);
        Ok(url)
    }
}

/// Returns whether the URL names this machine.
pub(crate) fn is_local(url: &Url) -> bool {
    url.host_str().is_some_and(is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(base_url: &str) -> TwilioSettings {
        TwilioSettings {
            account_sid: "AC1".into(),
            credentials: Credentials::AuthToken(Secret::new("hunter2".into())),
            sender: Sender::From("+15005550006".into()),
            base_url: base_url.into(),
            timeout: TwilioSettings::TIMEOUT,
            text: SmsText::new("auth.example.com", None).unwrap(),
            call: CallText::new("Acme"),
            status_callback: None,
            content_retention: None,
            address_retention: None,
        }
    }

    #[test]
    fn messages_are_posted_below_the_base_url() {
        for (base_url, expected) in [
            (TwilioSettings::BASE_URL, "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"),
            (
                "https://proxy.example.com/twilio/",
                "https://proxy.example.com/twilio/2010-04-01/Accounts/AC1/Messages.json",
            ),
            ("http://127.0.0.1:9", "http://127.0.0.1:9/2010-04-01/Accounts/AC1/Messages.json"),
            ("http://[::1]:9", "http://[::1]:9/2010-04-01/Accounts/AC1/Messages.json"),
        ] {
            assert_eq!(settings(base_url).endpoint().unwrap().as_str(), expected);
        }
    }

    #[test]
    fn calls_are_a_resource_of_their_own() {
        let settings =
            TwilioSettings { sender: Sender::Caller("+15005550006".into()), ..settings(TwilioSettings::BASE_URL) };

        assert_eq!(settings.endpoint().unwrap().as_str(), "https://api.twilio.com/2010-04-01/Accounts/AC1/Calls.json");
    }

    #[test]
    fn a_base_url_that_would_show_the_token_is_refused() {
        for base_url in ["", "http://api.twilio.com", "http://10.0.0.1", "ftp://127.0.0.1", "https://u:p@example.com"] {
            assert!(matches!(settings(base_url).endpoint(), Err(TwilioSettingsError::BaseUrl)), "{base_url}");
        }
    }

    #[test]
    fn settings_without_account_token_or_sender_are_refused() {
        let settings = settings(TwilioSettings::BASE_URL);
        let empty = String::new;
        for broken in [
            TwilioSettings { account_sid: "AC1/../AC2".into(), ..settings.clone() },
            TwilioSettings { credentials: Credentials::AuthToken(Secret::new(empty())), ..settings.clone() },
            TwilioSettings { sender: Sender::MessagingService(empty()), ..settings.clone() },
            TwilioSettings { sender: Sender::Caller(empty()), ..settings.clone() },
            TwilioSettings {
                sender: Sender::WhatsApp { from: "+14155550000".into(), content_sids: HashMap::new() },
                ..settings.clone()
            },
        ] {
            assert!(broken.endpoint().is_err(), "{broken:?}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        assert!(!format!("{:?}", settings("")).contains("hunter2"));
    }
}
