//! Stand-ins for what use cases need besides stores: deterministic, in memory, for tests alone.

mod bell;
mod clock;
mod hasher;
mod keys;
mod news;
mod notifier;
mod random;
mod rehashes;
mod seals;
mod tag;
mod tokens;

pub use bell::SilentBell;
pub use clock::FixedClock;
pub use hasher::PlainHasher;
pub use keys::TestKeys;
pub use news::NoNews;
pub use notifier::RecordingNotifier;
pub use random::SeededRandom;
pub use rehashes::NotedRehashes;
