use aws_lc_rs::digest::{SHA256, digest};
use doorward_limit::PuzzleDigests;

use crate::Keyring;

/// Keyed with the bucket key, as a bucket records that a puzzle was used. Puzzle input begins with a word
/// of their own, longer than the length that buckets begin with.
impl PuzzleDigests for Keyring {
    fn keyed(&self, bytes: &[u8]) -> [u8; 32] {
        self.bucket.sign(&[bytes]).as_ref().first_chunk().copied().unwrap_or_default()
    }

    fn plain(&self, bytes: &[u8]) -> [u8; 32] {
        digest(&SHA256, bytes).as_ref().first_chunk().copied().unwrap_or_default()
    }
}
