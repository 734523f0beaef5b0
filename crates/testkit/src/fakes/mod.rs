//! Stand-ins for what use cases need besides stores: deterministic, in memory, for tests alone.

mod clock;
mod hasher;
mod news;
mod notifier;
mod random;
mod rehashes;
mod signal;

pub use clock::FixedClock;
pub use hasher::PlainHasher;
pub use news::NoNews;
pub use notifier::RecordingNotifier;
pub use random::SeededRandom;
pub use rehashes::NotedRehashes;
pub use signal::CountingSignal;
