//! Delivery: what waits in the outbox is put into words, sent and settled.

mod backoff;
mod use_case;

pub use backoff::Backoff;
pub use use_case::{Delivered, Delivery, DeliveryPolicy};
