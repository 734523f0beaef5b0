use std::{net::IpAddr, path::PathBuf, time::Duration};

use percent_encoding::percent_decode_str;
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};

use crate::PgSettingsError;

/// A server as a libpq URL names it.
#[derive(Debug)]
pub(super) struct Address {
    /// What the driver needs to know.
    pub(super) config: Config,
    /// How the connection is protected.
    pub(super) tls: Tls,
}

/// How a connection is protected.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tls {
    /// Not at all: it does not leave the machine.
    Off,
    /// By TLS, with the server's name checked.
    On {
        /// A PEM file that is trusted beside the system's certificates.
        root: Option<PathBuf>,
    },
}

/// What the URL says of TLS.
#[derive(Clone, Copy)]
enum Mode {
    /// TLS is not asked for, or nothing is said of it.
    Plain,
    Verified,
}

impl Address {
    /// Reads a URL, whose `sslmode` and `sslrootcert` the driver does not know as libpq does.
    pub(super) fn parse(url: &str) -> Result<Self, PgSettingsError> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(PgSettingsError::Url(None));
        }
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut root, mut rest) = (Mode::Plain, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Mode::parse(value)?,
                Some(("sslrootcert", "system")) => {}
                Some(("sslrootcert", path)) => root = Some(decode(path)),
                Some(_) | None => rest.push(pair),
            }
        }
        let mut config: Config =
            format!("{base}?{}", rest.join("&")).parse().map_err(|error| PgSettingsError::Url(Some(error)))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(PgSettingsError::Url(None));
        }
        let has_tls = match (mode, is_local(&config)) {
            (Mode::Verified, _) => true,
            (Mode::Plain, true) => false,
            (Mode::Plain, false) => return Err(PgSettingsError::Plain),
        };
        config.ssl_mode(if has_tls { SslMode::Require } else { SslMode::Disable });
        notice_silence(&mut config, &rest);
        Ok(Self { config, tls: if has_tls { Tls::On { root } } else { Tls::Off } })
    }
}

impl Mode {
    fn parse(value: &str) -> Result<Self, PgSettingsError> {
        match value {
            "disable" | "allow" | "prefer" => Ok(Self::Plain),
            "require" | "verify-ca" | "verify-full" => Ok(Self::Verified),
            _ => Err(PgSettingsError::SslMode),
        }
    }
}

fn decode(path: &str) -> PathBuf {
    percent_decode_str(path).decode_utf8_lossy().into_owned().into()
}

fn is_local(config: &Config) -> bool {
    let is_near = |host: &Host| match host {
        Host::Tcp(name) => doorward_kernel::is_loopback(name),
        Host::Unix(_) => true,
    };
    let (hosts, addresses) = (config.get_hosts(), config.get_hostaddrs());
    hosts.iter().all(is_near) && addresses.iter().all(IpAddr::is_loopback)
}

/// Networks lose connections without a word; the system's defaults take hours to notice.
fn notice_silence(config: &mut Config, said: &[&str]) {
    let is_unsaid = |name: &str| !said.iter().any(|pair| pair.starts_with(name));
    if is_unsaid("connect_timeout=") {
        config.connect_timeout(Duration::from_secs(5));
    }
    if is_unsaid("keepalives_idle=") {
        config.keepalives_idle(Duration::from_secs(30));
    }
    if is_unsaid("tcp_user_timeout=") {
        config.tcp_user_timeout(Duration::from_secs(10));
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Tls};
    use crate::PgSettingsError;

    fn tls(url: &str) -> Result<Tls, PgSettingsError> {
        Address::parse(url).map(|address| address.tls)
    }

    #[test]
    fn every_verifying_mode_of_libpq_is_tls_with_the_name_checked() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = format!("postgres://ada@db.example.com/doorward?sslmode={mode}");

            assert_eq!(tls(&url).unwrap(), Tls::On { root: None }, "{mode}");
        }
    }

    #[test]
    fn a_url_that_does_not_say_is_for_this_machine() {
        assert!(matches!(tls("postgres://ada@db.example.com/doorward"), Err(PgSettingsError::Plain)));
        assert_eq!(tls("postgresql://ada@127.0.0.1/doorward").unwrap(), Tls::Off);
        assert_eq!(tls("postgres:///doorward?host=/run/postgresql").unwrap(), Tls::Off);
    }

    #[test]
    fn a_server_elsewhere_is_never_reached_without_tls() {
        for url in [
            "postgres://ada@db.example.com/doorward?sslmode=disable",
            "postgres://ada@192.0.2.1/doorward?sslmode=prefer",
            "postgres://ada@localhost,db.example.com/doorward?sslmode=disable",
            "postgres://ada@localhost/doorward?hostaddr=192.0.2.1&sslmode=disable",
        ] {
            assert!(matches!(tls(url), Err(PgSettingsError::Plain)), "{url}");
        }
    }

    #[test]
    fn a_root_certificate_is_a_path() {
        let url = "postgres://ada@db.example.com/doorward?sslrootcert=/etc/my%20ca.pem&sslmode=verify-full";

        assert_eq!(tls(url).unwrap(), Tls::On { root: Some("/etc/my ca.pem".into()) });
    }

    #[test]
    fn what_is_no_url_of_ours_is_refused() {
        assert!(matches!(tls("sqlite://file"), Err(PgSettingsError::Url(None))));
        assert!(matches!(tls("postgres:///doorward"), Err(PgSettingsError::Url(None))));
        assert!(matches!(tls("postgres://localhost/a?sslmode=maybe"), Err(PgSettingsError::SslMode)));
        assert!(matches!(tls("postgres://localhost/a?colour=red"), Err(PgSettingsError::Url(Some(_)))));
    }
}
