//! What runs while the service runs, and how it ends.

mod background_jobs;
mod bell;
mod delivery;
mod rehash;
mod retention_jobs;
mod service;
mod signals;

pub(crate) use background_jobs::set_clock;
pub(crate) use bell::WakeBell;
pub(crate) use rehash::RehashTasks;
pub(crate) use service::{Listeners, Service};
