use doorward_kernel::{EpochId, UserId};
use doorward_user::{PasswordVerifier, VerifierSeals};

use crate::{
    Keyring,
    legacy::reseal_legacy,
    password::{hasher::associated_data, phc::Phc},
    sealing::key_id,
};

impl VerifierSeals for Keyring {
    fn key_id(&self, epoch: EpochId) -> String {
        key_id(epoch)
    }

    fn reseal(&self, user: UserId, verifier: &PasswordVerifier) -> Option<PasswordVerifier> {
        if let Some(resealed) = reseal_legacy(self, user, verifier) {
            return Some(resealed);
        }
        let phc = Phc::parse(verifier.as_str())?;
        let hash = self.open_value(&associated_data(user), &phc.sealed)?;
        let sealed = self.seal_value(&associated_data(user), hash.reveal()).ok()?;
        Some(PasswordVerifier::from_text(Phc { sealed, ..phc }.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use doorward_user::{Password, PasswordCheck, PasswordHasher};

    use super::*;
    use crate::{
        Argon2Hasher, HashParameters,
        fixtures::{Fixture, epoch, retired},
        import_verifier,
    };

    const ADA: UserId = UserId::from_bytes([1; 16]);
    const BOB: UserId = UserId::from_bytes([2; 16]);
    /// A hash that the Python package bcrypt made, at the least cost.
    const BCRYPT: &str = "$2b$04$N2TNQ0pcdBN553gLQeYRaeOA2vPbuHV6AXoj.1PqCP4YZlF4kk2de";

    fn hasher(fixture: &Fixture) -> Argon2Hasher {
        Argon2Hasher::start(fixture.keyring.clone(), fixture.random.clone(), HashParameters::for_tests()).unwrap()
    }

    #[tokio::test]
    async fn a_verifier_under_a_new_key_is_right_when_the_old_one_is_retired() {
        let fixture = Fixture::new(vec![retired(1, 100), epoch(2, 50)]);
        let password = Password::parse("correct horse").unwrap();
        let old = hasher(&fixture).hash(ADA, &password).await.unwrap();

        fixture.clock.set(60);
        let new = fixture.keyring.reseal(ADA, &old).unwrap();
        fixture.clock.set(100);

        assert_eq!(old.key_id(), Some(&*fixture.keyring.key_id(EpochId(1))));
        assert_eq!(new.key_id(), Some(&*fixture.keyring.key_id(EpochId(2))));
        let check = hasher(&fixture).verify(&password, Some((ADA, new))).await.unwrap();
        assert_eq!(check, PasswordCheck::Right);
        assert_eq!(fixture.keyring.reseal(ADA, &old), None);
    }

    #[tokio::test]
    async fn nothing_is_sealed_for_another_user() {
        let fixture = Fixture::new(vec![epoch(1, 0)]);
        let old = hasher(&fixture).hash(ADA, &Password::parse("correct horse").unwrap()).await.unwrap();

        assert_eq!(fixture.keyring.reseal(BOB, &old), None);
        assert_eq!(fixture.keyring.reseal(ADA, &PasswordVerifier::from_text("$2b$".to_owned())), None);
    }

    #[test]
    fn imported_hashes_move_too() {
        let fixture = Fixture::new(vec![epoch(1, 0), epoch(2, 50)]);
        let old = import_verifier(&fixture.keyring, ADA, BCRYPT).unwrap();

        fixture.clock.set(60);
        let new = fixture.keyring.reseal(ADA, &old).unwrap();

        assert_eq!(old.key_id(), Some("AAAAAQ"));
        assert_eq!(new.key_id(), Some("AAAAAg"));
        assert_eq!(fixture.keyring.reseal(BOB, &old), None);
    }
}
