//! A store in memory that keeps every promise of the ports, checked by the same suite as the real ones.

mod accounts;
mod audit_events;
mod authenticators;
mod bindings;
mod buckets;
mod check_counts;
mod claims;
mod conversion_breakers;
mod deliveries;
mod flows;
mod incidents;
mod key_epochs;
mod logins;
mod outbox;
mod pending_authenticators;
mod profiles;
mod registrations;
mod resource_servers;
mod sessions;
mod state;
mod store;
mod undos;
mod users;

pub use store::MemoryStore;
