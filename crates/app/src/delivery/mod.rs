//! Delivery: what waits in the outbox is put into words, sent and settled; operators look at it.

mod backlog;
mod backoff;
mod provider;
mod use_case;

pub use backlog::{Backlog, Listing, Scope};
pub use backoff::Backoff;
pub use provider::Provider;
pub use use_case::{Delivered, Delivery, DeliveryPolicy};
