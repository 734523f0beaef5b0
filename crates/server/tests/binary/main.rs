//! The real binary: real processes, real databases, a real mail conversation, a stub of Twilio's API.

mod client;
mod commands;
mod crashes;
mod doorward;
mod flows;
mod leaks;
mod readme;
mod resets;
mod storms;
