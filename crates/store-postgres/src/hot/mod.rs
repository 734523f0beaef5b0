//! The steps that calls do together, a file for each: one statement for all that wait.

mod find_challenges;
mod find_sessions;
mod rotate_sessions;
mod steps;

pub(crate) use rotate_sessions::Rotate;
pub(crate) use steps::HotSteps;
