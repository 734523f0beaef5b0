use std::{net::IpAddr, path::PathBuf, time::Duration};

use tokio_postgres::{
    Config,
    config::{Host, SslMode, TargetSessionAttrs},
};

use super::{parameters, url::Url};
use crate::PgSettingsError;

/// A server, or several to choose from, as a libpq URL names them.
#[derive(Debug)]
pub(super) struct Address {
    /// The driver's configuration.
    pub(super) config: Config,
    /// How the connection is protected.
    pub(super) tls: Tls,
}

/// The protection of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tls {
    /// Not at all: it does not leave the machine.
    Off,
    /// By TLS, with the server's name checked.
    On(TlsFiles),
}

/// Certificates trusted besides those of the system.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TlsFiles {
    /// A PEM file of authorities that are trusted.
    pub(super) root: Option<PathBuf>,
    /// The PEM files of our own certificate and its key, where the server asks who we are.
    pub(super) client: Option<(PathBuf, PathBuf)>,
}

/// The URL, as far as it is read.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) config: Config,
    pub(super) hosts: Vec<String>,
    pub(super) ports: Vec<String>,
    pub(super) wants_tls: bool,
    pub(super) root: Option<PathBuf>,
    pub(super) certificate: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
}

impl Address {
    /// Reads a URL as libpq does.
    ///
    /// Of several servers the one that takes writes is looked for, unless the URL wants it otherwise.
    pub(super) fn parse(text: &str) -> Result<Self, PgSettingsError> {
        let url = Url::parse(text)?;
        let mut reading = Reading { hosts: url.hosts, ports: url.ports, ..Reading::default() };
        notice_silence(&mut reading.config);
        reading.config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        let named = [("user", url.user), ("password", url.password), ("dbname", url.database)];
        let named = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        for (name, value) in named.chain(url.parameters.into_iter().rev()) {
            parameters::read(&mut reading, &name, &value)?;
        }
        reading.finish()
    }
}

/// The file of the private key that the URL names.
pub(crate) fn key_file(url: &str) -> Option<PathBuf> {
    match Address::parse(url).ok()?.tls {
        Tls::On(TlsFiles { client: Some((_, key)), .. }) => Some(key),
        Tls::On(TlsFiles { client: None, .. }) | Tls::Off => None,
    }
}

impl Reading {
    fn finish(mut self) -> Result<Address, PgSettingsError> {
        self.hosts.iter().filter(|host| !host.is_empty()).for_each(|host| {
            self.config.host(host);
        });
        for port in &self.ports {
            let number = if port.is_empty() { Ok(5432) } else { port.parse() };
            self.config.port(number.map_err(|_| PgSettingsError::parameter("port", "must be a number up to 65535"))?);
        }
        let (hosts, addresses, ports) =
            (self.config.get_hosts().len(), self.config.get_hostaddrs().len(), self.config.get_ports().len());
        if hosts.max(addresses) == 0 || hosts != self.hosts.len() {
            return Err(PgSettingsError::NoHost);
        }
        if ports > 1 && ports != hosts.max(addresses) {
            return Err(PgSettingsError::parameter("port", "must be one for all hosts, or one for each"));
        }
        if hosts > 0 && addresses > 0 && hosts != addresses {
            return Err(PgSettingsError::parameter("hostaddr", "must be as many as the hosts"));
        }
        if !self.wants_tls && !is_local(&self.config) {
            return Err(PgSettingsError::Plain);
        }
        self.config.ssl_mode(if self.wants_tls { SslMode::Require } else { SslMode::Disable });
        let tls = self.tls()?;
        Ok(Address { config: self.config, tls })
    }

    fn tls(&mut self) -> Result<Tls, PgSettingsError> {
        let client = match (self.certificate.take(), self.key.take()) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                return Err(PgSettingsError::parameter("sslcert", "must be set together with sslkey"));
            }
        };
        match (self.wants_tls, client) {
            (true, client) => Ok(Tls::On(TlsFiles { root: self.root.take(), client })),
            (false, None) => Ok(Tls::Off),
            (false, Some(_)) => Err(PgSettingsError::parameter("sslcert", "needs sslmode=verify-full")),
        }
    }
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
fn notice_silence(config: &mut Config) {
    config.connect_timeout(Duration::from_secs(5));
    config.keepalives_idle(Duration::from_secs(30));
    config.tcp_user_timeout(Duration::from_secs(10));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls(url: &str) -> Result<Tls, PgSettingsError> {
        Address::parse(url).map(|address| address.tls)
    }

    fn config(url: &str) -> Config {
        Address::parse(url).unwrap().config
    }

    fn problem(url: &str) -> String {
        Address::parse(url).unwrap_err().to_string()
    }

    #[test]
    fn every_verifying_mode_of_libpq_is_tls_with_the_name_checked() {
        for mode in ["sslmode=require", "sslmode=verify-ca", "sslmode=verify-full", "ssl=true"] {
            let url = format!("postgres://ada@db.example.com/doorward?{mode}");

            assert_eq!(tls(&url).unwrap(), Tls::On(TlsFiles::default()), "{mode}");
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
            "postgres://ada@localhost/doorward?host=db.example.com",
        ] {
            assert!(matches!(tls(url), Err(PgSettingsError::Plain)), "{url}");
        }
    }

    #[test]
    fn certificates_are_paths() {
        let url = "postgres://ada@db.example.com/doorward?sslrootcert=/etc/my%20ca.pem&sslmode=verify-full\
            &sslcert=/etc/me.pem&sslkey=/etc/me.key";

        let client = Some(("/etc/me.pem".into(), "/etc/me.key".into()));
        assert_eq!(tls(url).unwrap(), Tls::On(TlsFiles { root: Some("/etc/my ca.pem".into()), client }));
    }

    #[test]
    fn a_certificate_needs_its_key_and_tls() {
        let alone = problem("postgres://db.example.com/a?sslmode=require&sslcert=/etc/me.pem");
        let unused = problem("postgres://localhost/a?sslcert=/etc/me.pem&sslkey=/etc/me.key");

        assert_eq!(alone, "`sslcert` in the database URL must be set together with sslkey");
        assert_eq!(unused, "`sslcert` in the database URL needs sslmode=verify-full");
    }

    #[test]
    fn a_socket_may_be_a_parameter_and_wins_over_the_host() {
        let folder = |url: &str| config(url).get_hosts().to_vec();

        assert_eq!(
            folder("postgres://ada:x@/doorward?host=/cloudsql/p:eu:db"),
            [Host::Unix("/cloudsql/p:eu:db".into())]
        );
        assert_eq!(folder("postgres://ada:x@localhost/doorward?host=/cloudsql/x"), [Host::Unix("/cloudsql/x".into())]);
        assert_eq!(folder("postgres://ada@%2Frun%2Fpostgresql/doorward"), [Host::Unix("/run/postgresql".into())]);
    }

    #[test]
    fn of_several_hosts_the_one_that_takes_writes_is_looked_for() {
        let config = config("postgres://ada@one.example:5432,two.example:5433/doorward?sslmode=verify-full");

        assert_eq!((config.get_hosts().len(), config.get_ports()), (2, &[5432, 5433][..]));
        assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
    }

    #[test]
    fn what_libpq_takes_is_taken() {
        for parameter in [
            "application_name=login",
            "fallback_application_name=x",
            "connect_timeout=3",
            "client_encoding=UTF8",
            "options=-c%20search_path%3Dauth",
            "target_session_attrs=primary",
            "target_session_attrs=any",
            "load_balance_hosts=random",
            "channel_binding=require",
            "keepalives=1",
            "keepalives_idle=60",
            "keepalives_interval=5",
            "keepalives_count=3",
            "tcp_user_timeout=5000",
            "gssencmode=disable",
            "sslnegotiation=direct",
            "ssl_min_protocol_version=TLSv1.2",
            "sslsni=1",
            "sslcompression=0",
            "sslrootcert=system",
        ] {
            let url = format!("postgres://ada@db.example.com/doorward?sslmode=verify-full&{parameter}");

            assert!(Address::parse(&url).is_ok(), "{parameter}");
        }
    }

    #[test]
    fn times_have_the_units_of_libpq() {
        let config = config("postgres://localhost/a?tcp_user_timeout=2500&connect_timeout=7");

        assert_eq!(config.get_tcp_user_timeout(), Some(&Duration::from_millis(2500)));
        assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(7)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (parameter, told) in [
            ("colour=red", "`colour` in the database URL is not supported"),
            ("sslcrl=/x", "`sslcrl` in the database URL is not supported"),
            (
                "sslmode=maybe",
                "`sslmode` in the database URL must be disable, prefer, require, verify-ca or verify-full",
            ),
            ("connect_timeout=soon", "`connect_timeout` in the database URL must be a whole number"),
            (
                "target_session_attrs=standby",
                "`target_session_attrs` in the database URL must be read-write, primary or any",
            ),
            ("client_encoding=LATIN1", "`client_encoding` in the database URL must be UTF8"),
        ] {
            assert_eq!(problem(&format!("postgres://localhost/a?{parameter}")), told);
        }
    }

    #[test]
    fn what_is_no_url_of_ours_is_refused() {
        assert!(matches!(tls("sqlite://file"), Err(PgSettingsError::Url)));
        assert!(matches!(tls("postgres:///doorward"), Err(PgSettingsError::NoHost)));
        assert!(matches!(tls("postgres://one.example,/doorward?sslmode=require"), Err(PgSettingsError::NoHost)));
    }
}
