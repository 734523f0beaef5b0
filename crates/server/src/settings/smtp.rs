use doorward_kernel::{EmailAddress, Secret};
use doorward_notifier_smtp::SmtpSettings;
use serde::{Deserialize, Serialize};

use super::{
    setting_errors::SettingErrors,
    text::{self, Text},
    url::redacted,
};

/// `smtp`: who carries the mail.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Smtp {
    /// The server.
    #[serde(with = "text::option")]
    pub url: Option<SmtpUrl>,
    /// The sender of the mail.
    #[serde(with = "text::option")]
    pub from: Option<Mailbox>,
    /// The EHLO name; the domain of `from` when it is not set.
    pub hello: Option<String>,
}

/// A mail server: `smtp://` with STARTTLS, or `smtps://`; user and password in it where needed.
#[derive(Clone, Debug)]
pub struct SmtpUrl(Secret<String>);

/// A name to show, and an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The name, where there is one.
    pub name: Option<String>,
    /// The address.
    pub address: EmailAddress,
}

impl Smtp {
    pub(super) fn check(&self, faults: &mut SettingErrors) {
        check_hello(self.hello.as_deref(), "smtp.hello", faults);
    }
}

pub(super) fn check_hello(hello: Option<&str>, setting: &str, faults: &mut SettingErrors) {
    let is_hello = hello.is_none_or(|hello| SmtpSettings::check_hello(hello).is_ok());
    faults.unless(is_hello, setting, "must be a domain like auth.example.com or an address like [192.0.2.1]");
}

impl SmtpUrl {
    /// The URL, password and all.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

impl Text for SmtpUrl {
    const FORM: &'static str =
        "smtps://USER:PASSWORD@HOST or smtp://…, which uses STARTTLS unless the host is loopback";

    fn parse(text: &str) -> Option<Self> {
        SmtpSettings::check_url(text).is_ok().then(|| Self(Secret::new(text.to_owned())))
    }

    fn show(&self) -> String {
        redacted(self.reveal())
    }
}

impl Mailbox {
    /// The mailbox as a header writes it (RFC 5322, section 3.4).
    pub fn to_header(&self) -> String {
        let address = self.address.as_str();
        self.name.as_ref().map_or_else(|| address.to_owned(), |name| format!("\"{name}\" <{address}>"))
    }
}

impl Text for Mailbox {
    const FORM: &'static str = "an address like no-reply@example.com or Example <no-reply@example.com>";

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>') {
            Some(text) => text.rsplit_once('<')?,
            None => ("", text),
        };
        let name = name.trim();
        // A quoted string (RFC 5322, section 3.2.4); nothing in it needs an escape, as quotes and backslashes are out.
        let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name).trim();
        let is_name = name.chars().all(|c| !c.is_control() && !"<>\"\\".contains(c));
        let address = EmailAddress::parse(address).ok()?;
        let mailbox = Self { name: (!name.is_empty()).then(|| name.to_owned()), address };
        (is_name && SmtpSettings::check_sender(&mailbox.to_header()).is_ok()).then_some(mailbox)
    }

    fn show(&self) -> String {
        let address = self.address.as_str();
        self.name.as_ref().map_or_else(|| address.to_owned(), |name| format!("{name} <{address}>"))
    }
}
