//! Resource servers: registered by an operator, known by their secret, allowed to ask about tokens.

mod resource_server;
mod store;
mod use_case;

pub use resource_server::{ClientName, ClientNameError, ResourceServer};
pub use store::{AddOutcome, ChangeOutcome, ResourceServers};
pub use use_case::{Clients, Credentials, Registered};
