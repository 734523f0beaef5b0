//! The steps of the calls that come most, each one named SQL statement.
//!
//! Those of [`HotSteps`] are done for all calls that wait at once.

mod find_flows;
mod find_holders;
mod find_sessions;
mod go_on_by_password;
mod open_sessions;
mod rotate_sessions;
mod settle_messages;
mod start_flows;
mod steps;
mod swap_conversion_breakers;
mod take_buckets;

pub(crate) use go_on_by_password::go_on_by_password;
pub(crate) use open_sessions::{Open, Opening, open_sessions};
pub(crate) use rotate_sessions::Rotate;
pub(crate) use settle_messages::settle_messages;
pub(crate) use start_flows::{bind_starts, start_flows};
pub(crate) use steps::HotSteps;
pub(crate) use swap_conversion_breakers::{Swap, swap_conversion_breakers};
pub(crate) use take_buckets::TakeCall;
