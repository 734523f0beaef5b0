//! A file for each port that [`PgStore`](crate::PgStore) implements.

mod accounts;
mod audit_events;
mod authenticators;
mod bindings;
mod buckets;
mod check_counts;
mod claims;
mod clock;
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
mod sealed_seeds;
mod sealed_verifiers;
mod sessions;
mod undos;
mod users;
