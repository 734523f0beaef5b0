use doorward_kernel::UserId;
use doorward_otp::{RecoveryCode, RecoveryDigest, RecoveryDigests};

use crate::{Keyring, epoch_keys::EpochKeys};

impl RecoveryDigests for Keyring {
    fn digest(&self, user: UserId, code: &RecoveryCode) -> RecoveryDigest {
        digest(&self.current(), user, code)
    }

    fn accepted_digests(&self, user: UserId, code: &RecoveryCode) -> Vec<RecoveryDigest> {
        self.epochs().accepted(self.now()).map(|keys| digest(keys, user, code)).collect()
    }
}

/// The MAC of both: a digest in another user's row fits no code. The id has a fixed length.
fn digest(keys: &EpochKeys, user: UserId, code: &RecoveryCode) -> RecoveryDigest {
    let mac = keys.recovery.sign(&[&user.to_bytes(), code.reveal().as_bytes()]);
    mac.as_ref().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, OTHER_ROOT, epoch, retired, settings};

    const ADA: UserId = UserId::from_bytes([1; 16]);
    const BOB: UserId = UserId::from_bytes([2; 16]);

    fn code(text: &str) -> RecoveryCode {
        RecoveryCode::parse(text).unwrap()
    }

    fn first() -> RecoveryCode {
        code("0123-4567-89AB-CDEF-GHJK-MNPQ")
    }

    #[test]
    fn user_code_epoch_and_root_all_change_the_digest() {
        let [one, two] = [1, 2].map(|id| Fixture::new(vec![epoch(id, 0)]).keyring);
        let stranger = Fixture::with(OTHER_ROOT, vec![epoch(1, 0)], settings()).unwrap().keyring;
        let second = code("0123-4567-89AB-CDEF-GHJK-MNPR");

        let digests = [
            one.digest(ADA, &first()),
            one.digest(BOB, &first()),
            one.digest(ADA, &second),
            two.digest(ADA, &first()),
            stranger.digest(ADA, &first()),
        ];

        let distinct: std::collections::HashSet<_> = digests.iter().collect();
        assert_eq!(distinct.len(), digests.len());
    }

    #[test]
    fn a_code_of_an_earlier_epoch_is_accepted_until_that_is_retired() {
        let fixture = Fixture::new(vec![retired(1, 100), epoch(2, 50)]);
        let stored = fixture.keyring.digest(ADA, &first());

        fixture.clock.set(99);
        assert_ne!(fixture.keyring.digest(ADA, &first()), stored);
        assert!(fixture.keyring.accepted_digests(ADA, &first()).contains(&stored));
        fixture.clock.set(100);
        assert_eq!(fixture.keyring.accepted_digests(ADA, &first()), [fixture.keyring.digest(ADA, &first())]);
    }
}
