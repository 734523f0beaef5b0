//! Delivery: what waits in the outbox is put into words, sent and settled; operators look at it.

mod backoff;
mod entered_codes;
mod envelope;
mod outbox_admin;
mod policy;
mod provider;
mod replays;
mod reports;
mod route;
mod use_case;
mod verdicts;

pub use backoff::Backoff;
pub use entered_codes::EnteredCodes;
pub use outbox_admin::{Listing, OutboxAdmin, Scope};
pub use policy::{DeliveryPolicy, Outcomes};
pub use provider::Provider;
pub use replays::Replays;
pub use reports::{Reach, Reports};
pub use route::Route;
pub use use_case::{Delivered, Delivery};
