//! Delivery: what waits in the outbox is put into words, sent and settled.

mod backoff;
mod provider;
mod use_case;

pub use backoff::Backoff;
pub use provider::Provider;
pub use use_case::{Delivered, Delivery, DeliveryPolicy};
