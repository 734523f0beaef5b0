//! The use cases over the fakes of the testkit.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod assurance;
mod backlog;
mod binding;
mod breaches;
mod clients;
mod delivery;
mod denials;
mod double_submits;
mod floods;
mod introspection;
mod keys;
mod known_devices;
mod limits;
mod limits_elsewhere;
mod lockouts;
mod own_sessions;
mod owners;
mod password_login;
mod phone_login;
mod profile;
mod recovery;
mod refusals;
mod registration;
mod resend;
mod sessions;
mod shared_limits;
mod spend;
mod spray;
mod step_up;
mod totp;
mod tripwires;
mod undo;
mod world;
mod wrong_app_codes;
mod wrong_passwords;
