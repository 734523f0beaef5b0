use doorward_kernel::{EpochId, UserId};
use doorward_otp::ChallengeKeys;
use doorward_user::{PasswordVerifier, VerifierSeals};

use super::TestKeys;

impl VerifierSeals for TestKeys {
    fn key_id(&self, epoch: EpochId) -> String {
        format!("E{:05}", epoch.0)
    }

    fn reseal(&self, _: UserId, verifier: &PasswordVerifier) -> Option<PasswordVerifier> {
        let (old, new) = (verifier.key_id()?, self.key_id(self.current_epoch()));
        old.starts_with('E').then(|| PasswordVerifier::from_text(verifier.as_str().replacen(old, &new, 1)))
    }
}
