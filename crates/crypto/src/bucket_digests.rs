use doorward_limit::{BucketKind, Digests};

use crate::Keyring;

/// HMAC-SHA-256 under a key of the root secret alone: epochs come and go, and a bucket stays
/// used up. A new root secret makes every bucket full.
impl Digests for Keyring {
    fn digest(&self, kind: BucketKind, subject: &str) -> [u8; 32] {
        let kind = kind.as_str().as_bytes();
        let length = (kind.len() as u64).to_be_bytes();
        let mac = self.bucket.sign(&[&length, kind, subject.as_bytes()]);
        mac.as_ref().first_chunk().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, OTHER_ROOT, epoch, retired, settings};

    const SMS: BucketKind = BucketKind::SMS;

    #[test]
    fn a_digest_is_the_same_under_every_epoch() {
        let before = Fixture::new(vec![epoch(1, 0)]).keyring.digest(SMS, "+14155552671");

        let rotated = Fixture::new(vec![retired(1, 100), epoch(2, 50)]);
        rotated.clock.set(100);

        assert_eq!(rotated.keyring.digest(SMS, "+14155552671"), before);
    }

    #[test]
    fn kinds_subjects_and_roots_have_digests_of_their_own() {
        let ours = Fixture::new(vec![epoch(1, 0)]).keyring;
        let theirs = Fixture::with(OTHER_ROOT, vec![epoch(1, 0)], settings()).unwrap().keyring;
        let digest = ours.digest(SMS, "+14155552671");

        assert_ne!(ours.digest(SMS, "+14155552672"), digest);
        assert_ne!(ours.digest(BucketKind::WRONG_CODES, "+14155552671"), digest);
        assert_ne!(ours.digest(BucketKind::new("sm"), "s+14155552671"), digest);
        assert_ne!(theirs.digest(SMS, "+14155552671"), digest);
    }
}
