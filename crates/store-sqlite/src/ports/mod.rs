//! The ports, a file each; a method is a step of the writer or a query of a reader.

mod accounts;
mod authenticators;
mod bindings;
mod budgets;
mod challenges;
mod epoch_uses;
mod flows;
mod held_apps;
mod imports;
mod key_epochs;
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
