//! The inbox of the dev profile, which captures mail and SMS instead of sending them.

mod events;
mod inbox;
mod page;
mod routes;

pub use inbox::{CapturedMessage, Inbox, InboxFilter};
pub(crate) use routes::configure;
