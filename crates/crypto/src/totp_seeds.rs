use doorward_kernel::UserId;
use doorward_otp::{SealedSeed, SeedSealError, SeedSealer, TotpSeed};

use crate::{Keyring, Sealed};

impl SeedSealer for Keyring {
    fn seal_seed(&self, user: UserId, seed: &TotpSeed) -> Result<SealedSeed, SeedSealError> {
        let sealed = self.seal_value(&associated_data(user), seed.reveal()).map_err(SeedSealError::new)?;
        Ok(SealedSeed { epoch: sealed.epoch, bytes: sealed.bytes })
    }

    fn open_seed(&self, user: UserId, sealed: &SealedSeed) -> Option<TotpSeed> {
        let sealed = Sealed { epoch: sealed.epoch, bytes: sealed.bytes.clone() };
        let opened = self.open_value(&associated_data(user), &sealed)?;
        opened.reveal().as_slice().try_into().ok().map(TotpSeed::from_bytes)
    }
}

/// Binds a seed to its user's row, and apart from all else that is sealed.
fn associated_data(user: UserId) -> Vec<u8> {
    [b"doorward/totp/v1".as_slice(), &user.to_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, epoch, retired};

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
}
