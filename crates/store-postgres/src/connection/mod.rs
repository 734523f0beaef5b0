//! Connections: from a libpq URL, with TLS where they leave the machine, and the statements on them.

mod address;
mod connector;
mod failover;
mod limits;
mod parameters;
mod query;
mod row;
mod session;
mod tls;
mod url;

pub(crate) use address::key_file;
pub(crate) use connector::Connector;
pub(crate) use failover::Failovers;
pub(crate) use limits::Limits;
pub(crate) use session::PgConnection;
