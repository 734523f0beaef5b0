//! How a connection is made: from a libpq URL, with TLS where it leaves the machine.

mod address;
mod connector;
mod tls;

pub(crate) use connector::{Connector, Limits};
