//! What runs while the service runs, and how it ends.

mod bell;
mod chores;
mod delivery;
mod rehash;
mod service;
mod signals;
mod sweeps;

pub(crate) use bell::WakeBell;
pub(crate) use chores::set_clock;
pub(crate) use rehash::RehashTasks;
pub(crate) use service::{Listeners, Service};
