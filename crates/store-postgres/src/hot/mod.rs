//! The steps that calls do together, a file for each: one statement for all that wait.

mod find_flows;
mod find_sessions;
mod open_sessions;
mod rotate_sessions;
mod settle_messages;
mod start_flows;
mod steps;
mod take_budgets;

pub(crate) use open_sessions::Opening;
pub(crate) use rotate_sessions::Rotate;
pub(crate) use steps::HotSteps;
pub(crate) use take_budgets::{Take, Taking};
