//! A proxy before a PostgreSQL that records what its clients ask.

mod journal;
mod proxy;
mod wire;

pub use journal::Recorded;
pub use proxy::Recorder;
