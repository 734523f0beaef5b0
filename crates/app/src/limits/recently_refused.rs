use std::time::Duration;

use doorward_kernel::Timestamp;
use doorward_limit::{BucketKey, BucketKind, Take};

use super::recent::Recent;

/// How long a refusal is repeated without asking: what is given back meanwhile counts a second late.
const REPEATED: Duration = Duration::from_secs(1);

/// The buckets that whoever floods us runs into.
const OF_FLOODS: [BucketKind; 8] = [
    BucketKind::IP_CREDENTIALS,
    BucketKind::IP_FAILURES,
    BucketKind::IP_SENDS,
    BucketKind::IP_REGISTRATIONS,
    BucketKind::NET_FAILURES,
    BucketKind::NET_SENDS,
    BucketKind::REFRESH,
    BucketKind::CLIENT_FAILURES,
];

/// Callers that this node has just refused: a flood costs one statement a second and not one a call.
#[derive(Debug, Default)]
pub(super) struct RecentlyRefused(Recent<BucketKey, u32>);

impl RecentlyRefused {
    /// The buckets of a call that have just refused, and the seconds that their callers were told to wait.
    pub(super) fn among(&self, takes: &[Take], now: Timestamp) -> Option<(Vec<BucketKey>, u32)> {
        let known = |take: &Take| Some((take.key, self.0.get(take.key, REPEATED, now)?));
        let (refused, waits): (Vec<_>, Vec<_>) = takes.iter().filter_map(known).unzip();
        Some((refused, waits.into_iter().max()?))
    }

    /// Remembers a refusal and the seconds that its caller is told to wait.
    pub(super) fn remember(&self, refused: &[BucketKey], retry_after: u32, now: Timestamp) {
        for bucket in refused.iter().filter(|bucket| OF_FLOODS.contains(&bucket.kind)) {
            self.0.learn(*bucket, retry_after, REPEATED, now);
        }
    }
}
