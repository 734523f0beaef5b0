//! The inbox of the dev profile, which captures mail and SMS instead of sending them.

mod inbox;
mod page;
mod routes;

pub use inbox::{CapturedMessage, Inbox};
pub(crate) use routes::inbox as inbox_route;
