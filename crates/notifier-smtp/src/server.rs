use doorward_kernel::is_loopback;
use lettre::transport::smtp::{SUBMISSION_PORT, SUBMISSIONS_PORT, authentication::Credentials};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::SmtpSettingsError;

/// The SMTP server that takes mail, and how to connect to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) credentials: Option<Credentials>,
}

/// The encryption of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Security {
    /// Not at all; only for a server on this machine.
    Plain,
    /// By STARTTLS; a server that does not offer it gets no mail (RFC 3207).
    StartTls,
    /// By TLS from the first byte (RFC 8314, section 3.3).
    Implicit,
}

impl Server {
    /// Parses `smtp://` or `smtps://`, with user and password percent-encoded; `?tls=required` insists on TLS on this
    /// machine, too.
    pub(crate) fn parse(text: &str) -> Result<Self, SmtpSettingsError> {
        let url = Url::parse(text).map_err(SmtpSettingsError::Url)?;
        let host = url.host_str().map(|host| host.trim_matches(['[', ']']).to_owned());
        let host = host.filter(|host| !host.is_empty()).ok_or(SmtpSettingsError::Host)?;
        let (security, default_port) = match url.scheme() {
            "smtp" if is_loopback(&host) && url.query().is_none() => (Security::Plain, SUBMISSION_PORT),
            "smtp" => (Security::StartTls, SUBMISSION_PORT),
            "smtps" => (Security::Implicit, SUBMISSIONS_PORT),
            _ => return Err(SmtpSettingsError::Scheme),
        };
        let is_known = matches!(url.query(), None | Some("tls=required"));
        if !matches!(url.path(), "" | "/") || !is_known || url.fragment().is_some() {
            return Err(SmtpSettingsError::Trailing);
        }
        let credentials = credentials(&url)?;
        Ok(Self { host, port: url.port().unwrap_or(default_port), security, credentials })
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, SmtpSettingsError> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let decode = |text| match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(SmtpSettingsError::Credentials),
    };
    let password = url.password().ok_or(SmtpSettingsError::Credentials)?;
    Ok(Some(Credentials::new(decode(url.username())?, decode(password)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_elsewhere_must_speak_tls() {
        for (url, security, port) in [
            ("smtp://mail.example.com", Security::StartTls, 587),
            ("smtp://mail.example.com:25", Security::StartTls, 25),
            ("smtp://localhost.example.com:25", Security::StartTls, 25),
            ("smtp://10.0.0.1:25", Security::StartTls, 25),
            ("smtps://mail.example.com", Security::Implicit, 465),
            ("smtps://127.0.0.1", Security::Implicit, 465),
            ("smtp://127.0.0.1:2525", Security::Plain, 2525),
            ("smtp://[::1]:2525", Security::Plain, 2525),
            ("smtp://localhost", Security::Plain, 587),
            ("smtp://localhost?tls=required", Security::StartTls, 587),
            ("smtp://mail.example.com/?tls=required", Security::StartTls, 587),
        ] {
            let server = Server::parse(url).unwrap();

            assert_eq!((server.security, server.port), (security, port), "{url}");
        }
    }

    #[test]
    fn user_and_password_are_percent_decoded() {
        let server = Server::parse("smtps://ada%40example.com:p%3Aa%2Fss%25+@mail.example.com").unwrap();

        assert_eq!(server.credentials, Some(Credentials::new("ada@example.com".into(), "p:a/ss%+".into())));
    }

    #[test]
    fn an_address_of_version_six_loses_its_brackets() {
        assert_eq!(Server::parse("smtp://[::1]:25").unwrap().host, "::1");
    }

    #[test]
    fn other_urls_are_refused() {
        for url in [
            "",
            "mail.example.com",
            "http://mail.example.com",
            "smtp://",
            "smtp://:25",
            "smtp:mail.example.com",
            "smtp://mail.example.com/?tls=none",
            "smtp://localhost?tls=no",
            "smtp://localhost?",
            "smtp://mail.example.com/path",
            "smtp://mail.example.com:99999",
            "smtp://user@mail.example.com",
            "smtp://user:%ff@mail.example.com",
        ] {
            assert!(Server::parse(url).is_err(), "{url}");
        }
    }
}
