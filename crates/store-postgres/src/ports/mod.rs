//! A file for each port that [`PgStore`](crate::PgStore) implements.

mod accounts;
mod authenticators;
mod bindings;
mod budgets;
mod challenges;
mod clock;
mod epoch_uses;
mod epochs;
mod flows;
mod imports;
mod outbox;
mod password_logins;
mod phone_logins;
mod profiles;
mod recoveries;
mod registrations;
mod resource_servers;
mod sealed_seeds;
mod sealed_verifiers;
mod sessions;
mod signed_ins;
mod sms_switch;
mod step_ups;
mod tripwires;
mod undos;
mod users;
