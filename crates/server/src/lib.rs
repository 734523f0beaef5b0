//! The `doorward` program: settings, commands, log and metrics.

pub mod cli;
pub mod commands;
mod inbox;
pub mod metrics;
mod run;
pub mod settings;
pub mod telemetry;
mod wiring;
