//! The stages: what changes between one round of flows and the next.

use std::{fmt, time::Duration};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// As it is after the first start.
    Plain,
    /// So many users in all.
    Users(usize),
    /// So many messages that wait for their next try.
    Backlog(usize),
    /// So many nodes on one database.
    Nodes(usize),
    /// The provider of SMS answers so late.
    ProviderDelay(Duration),
    /// As many clients as call for the flows log in by password at the same time.
    Storm,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain => f.write_str("as it is"),
            Self::Users(count) => write!(f, "{count} users"),
            Self::Backlog(count) => write!(f, "{count} messages wait"),
            Self::Nodes(count) => write!(f, "{count} nodes"),
            Self::ProviderDelay(delay) => write!(f, "SMS take {} ms", delay.as_millis()),
            Self::Storm => f.write_str("password storm"),
        }
    }
}
