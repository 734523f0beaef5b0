//! Doorward as a program: its settings, its commands and what it tells of itself.

pub mod cli;
pub mod commands;
mod inbox;
pub mod metrics;
mod run;
pub mod settings;
pub mod telemetry;
mod wiring;
