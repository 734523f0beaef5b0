//! What only the dev profile has: the inbox that captures mail and SMS instead of sending them.

mod inbox;
mod page;
mod routes;

pub use inbox::{CapturedMessage, Inbox};
pub(crate) use routes::inbox as inbox_route;
