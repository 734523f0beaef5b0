//! Background jobs and shutdown.

mod background_jobs;
mod delivery;
mod rehash;
mod retention_jobs;
mod service;
mod signals;
mod worker_signal;

pub(crate) use background_jobs::set_clock;
pub(crate) use rehash::RehashTasks;
pub(crate) use service::{Listeners, Service};
pub(crate) use worker_signal::WorkerSignal;
