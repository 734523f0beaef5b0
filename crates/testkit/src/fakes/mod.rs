//! Stand-ins for what use cases need besides stores: deterministic, in memory, for tests alone.

mod clock;
mod epoch_refreshes;
mod hasher;
mod notifier;
mod random;
mod rehashes;
mod signal;

pub use clock::FixedClock;
pub use epoch_refreshes::CountedRefreshes;
pub use hasher::PlainHasher;
pub use notifier::RecordingNotifier;
pub use random::SeededRandom;
pub use rehashes::NotedRehashes;
pub use signal::CountingSignal;
