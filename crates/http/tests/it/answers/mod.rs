//! Whole answers of the routes over the service in memory, as clients see them.
//!
//! Ids and secrets are in brackets. The headers that every answer has are checked in each, and left out.

mod auth_check;
mod profile;
mod recovery;
mod refusals;
mod registration;
mod resource_servers;
mod sessions;
mod totp;

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
