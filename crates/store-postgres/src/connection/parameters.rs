use std::time::Duration;

use tokio_postgres::config::{ChannelBinding, LoadBalanceHosts, SslNegotiation, TargetSessionAttrs};

use super::address::Reading;
use crate::PgSettingsError;

/// Reads a parameter as libpq does (PostgreSQL, "Parameter Key Words").
pub(super) fn read(reading: &mut Reading, name: &str, value: &str) -> Result<(), PgSettingsError> {
    let list = || value.split(',').map(str::to_owned).collect();
    match (name, value) {
        ("host", _) => reading.hosts = list(),
        ("port", _) => reading.ports = list(),
        ("hostaddr", _) => {
            for address in value.split(',') {
                let address = address.parse().map_err(|_| wrong(name, "must be IP addresses"))?;
                reading.config.hostaddr(address);
            }
        }
        ("sslmode", "disable" | "allow" | "prefer") => reading.wants_tls = false,
        ("sslmode", "require" | "verify-ca" | "verify-full") | ("ssl", "true") => reading.wants_tls = true,
        ("sslmode", _) => return Err(wrong(name, "must be disable, prefer, require, verify-ca or verify-full")),
        ("sslrootcert", "system") => reading.root = None,
        ("sslrootcert", _) => reading.root = Some(value.into()),
        ("sslcert", _) => reading.certificate = Some(value.into()),
        ("sslkey", _) => reading.key = Some(value.into()),
        // So it is anyway.
        ("ssl_min_protocol_version", "TLSv1" | "TLSv1.1" | "TLSv1.2")
        | ("gssencmode", "disable" | "prefer")
        | ("sslcompression", "0")
        | ("sslsni", "1") => {}
        ("ssl_min_protocol_version", _) => return Err(wrong(name, "must be TLSv1.2")),
        ("client_encoding", _) if ["UTF8", "UTF-8", "AUTO"].contains(&value.to_uppercase().as_str()) => {}
        ("client_encoding", _) => return Err(wrong(name, "must be UTF8")),
        _ => return read_driver(reading, name, value),
    }
    Ok(())
}

/// The rest, which the driver knows.
fn read_driver(reading: &mut Reading, name: &str, value: &str) -> Result<(), PgSettingsError> {
    let config = &mut reading.config;
    let number = || value.parse::<u32>().map_err(|_| wrong(name, "must be a whole number"));
    let seconds = || number().map(|seconds| Duration::from_secs(seconds.into()));
    match name {
        "user" => config.user(value),
        "password" => config.password(value),
        "dbname" => config.dbname(value),
        "options" => config.options(value),
        "fallback_application_name" if config.get_application_name().is_some() => config,
        "application_name" | "fallback_application_name" => config.application_name(value),
        "connect_timeout" => config.connect_timeout(seconds()?),
        "keepalives" => config.keepalives(number()? != 0),
        "keepalives_idle" => config.keepalives_idle(seconds()?),
        "keepalives_interval" => config.keepalives_interval(seconds()?),
        "keepalives_count" | "keepalives_retries" => config.keepalives_retries(number()?),
        "tcp_user_timeout" => config.tcp_user_timeout(Duration::from_millis(number()?.into())),
        "target_session_attrs" => config.target_session_attrs(match value {
            "any" => TargetSessionAttrs::Any,
            "read-write" | "primary" => TargetSessionAttrs::ReadWrite,
            _ => return Err(wrong(name, "must be read-write, primary or any")),
        }),
        "channel_binding" => config.channel_binding(match value {
            "disable" => ChannelBinding::Disable,
            "prefer" => ChannelBinding::Prefer,
            "require" => ChannelBinding::Require,
            _ => return Err(wrong(name, "must be disable, prefer or require")),
        }),
        "load_balance_hosts" => config.load_balance_hosts(match value {
            "disable" => LoadBalanceHosts::Disable,
            "random" => LoadBalanceHosts::Random,
            _ => return Err(wrong(name, "must be disable or random")),
        }),
        "sslnegotiation" => config.ssl_negotiation(match value {
            "postgres" => SslNegotiation::Postgres,
            "direct" => SslNegotiation::Direct,
            _ => return Err(wrong(name, "must be postgres or direct")),
        }),
        _ => return Err(wrong(name, "is not supported")),
    };
    Ok(())
}

fn wrong(name: &str, problem: &'static str) -> PgSettingsError {
    PgSettingsError::parameter(name, problem)
}
