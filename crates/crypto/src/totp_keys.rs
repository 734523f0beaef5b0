use doorward_kernel::UserId;
use doorward_otp::{RecoveryCode, RecoveryDigest, SealedSeed, SeedSealError, TotpKeys, TotpSeed};

use crate::{Keyring, Sealed, epoch_keys::EpochKeys};

impl TotpKeys for Keyring {
    fn seal_seed(&self, user: UserId, seed: &TotpSeed) -> Result<SealedSeed, SeedSealError> {
        let sealed = self.seal_value(&associated_data(user), seed.reveal()).map_err(SeedSealError::new)?;
        Ok(SealedSeed { epoch: sealed.epoch, bytes: sealed.bytes })
    }

    fn open_seed(&self, user: UserId, sealed: &SealedSeed) -> Option<TotpSeed> {
        let sealed = Sealed { epoch: sealed.epoch, bytes: sealed.bytes.clone() };
        let opened = self.open_value(&associated_data(user), &sealed)?;
        opened.reveal().as_slice().try_into().ok().map(TotpSeed::from_bytes)
    }

    fn recovery_digest(&self, user: UserId, code: &RecoveryCode) -> RecoveryDigest {
        digest(&self.current(), user, code)
    }

    fn accepted_digests(&self, user: UserId, code: &RecoveryCode) -> Vec<RecoveryDigest> {
        self.epochs().accepted(self.now()).map(|keys| digest(keys, user, code)).collect()
    }
}

/// Binds a seed to its user's row, and apart from all else that is sealed.
fn associated_data(user: UserId) -> Vec<u8> {
    [b"doorward/totp/v1".as_slice(), &user.to_bytes()].concat()
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

    #[test]
    fn a_seed_opens_for_its_user_until_its_epoch_is_retired() {
        let fixture = Fixture::new(vec![retired(1, 100), epoch(2, 50)]);
        let seed = TotpSeed::from_bytes([7; 20]);

        let sealed = fixture.keyring.seal_seed(ADA, &seed).unwrap();

        assert_eq!(fixture.keyring.open_seed(ADA, &sealed).unwrap().reveal(), seed.reveal());
        assert!(fixture.keyring.open_seed(BOB, &sealed).is_none());
        fixture.clock.set(100);
        assert!(fixture.keyring.open_seed(ADA, &sealed).is_none());
    }

    #[test]
    fn what_was_sealed_for_something_else_is_no_seed() {
        let keyring = Fixture::new(vec![epoch(1, 0)]).keyring;
        let foreign = keyring.seal_value(b"doorward/password/v1", &[7; 20]).unwrap();
        let short = keyring.seal_value(&associated_data(ADA), &[7; 19]).unwrap();

        for Sealed { epoch, bytes } in [foreign, short] {
            assert!(keyring.open_seed(ADA, &SealedSeed { epoch, bytes }).is_none());
        }
    }

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
            one.recovery_digest(ADA, &first()),
            one.recovery_digest(BOB, &first()),
            one.recovery_digest(ADA, &second),
            two.recovery_digest(ADA, &first()),
            stranger.recovery_digest(ADA, &first()),
        ];

        let distinct: std::collections::HashSet<_> = digests.iter().collect();
        assert_eq!(distinct.len(), digests.len());
    }

    #[test]
    fn a_code_of_an_earlier_epoch_is_accepted_until_that_is_retired() {
        let fixture = Fixture::new(vec![retired(1, 100), epoch(2, 50)]);
        let stored = fixture.keyring.recovery_digest(ADA, &first());

        fixture.clock.set(99);
        assert_ne!(fixture.keyring.recovery_digest(ADA, &first()), stored);
        assert!(fixture.keyring.accepted_digests(ADA, &first()).contains(&stored));
        fixture.clock.set(100);
        assert_eq!(fixture.keyring.accepted_digests(ADA, &first()), [fixture.keyring.recovery_digest(ADA, &first())]);
    }
}
