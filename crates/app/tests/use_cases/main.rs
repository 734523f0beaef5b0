//! The use cases over the fakes of the testkit.

mod delivery;
mod phone_login;
mod profile;
mod registration;
mod resend;
mod sessions;
mod world;
