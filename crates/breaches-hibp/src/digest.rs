use data_encoding::HEXUPPER;
use doorward_kernel::Secret;
use doorward_user::Password;
use sha1::{Digest, Sha1};

/// The number of digits that are sent to the service.
const TOLD: usize = 5;

/// A password's SHA-1 in upper-case hexadecimal, 40 digits: what the API names passwords by.
#[derive(Debug)]
pub(crate) struct PasswordDigest(Secret<String>);

impl PasswordDigest {
    pub(crate) fn of(password: &Password) -> Self {
        Self(Secret::new(HEXUPPER.encode(&Sha1::digest(password.reveal()))))
    }

    /// The five digits that leave this machine.
    pub(crate) fn told(&self) -> &str {
        self.halves().0
    }

    /// Returns whether the other 35 digits are these.
    pub(crate) fn ends_with(&self, digits: &str) -> bool {
        self.halves().1.eq_ignore_ascii_case(digits)
    }

    fn halves(&self) -> (&str, &str) {
        self.0.reveal().split_at_checked(TOLD).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_digits_are_told_and_the_other_thirty_five_are_compared() {
        let digest = PasswordDigest::of(&Password::parse("password").unwrap());

        assert_eq!(digest.told(), "5BAA6");
        assert!(digest.ends_with("1E4C9B93F3F0682250B6CF8331B7EE68FD8"));
        assert!(digest.ends_with("1e4c9b93f3f0682250b6cf8331b7ee68fd8"));
        assert!(!digest.ends_with("1E4C9B93F3F0682250B6CF8331B7EE68FD9") && !digest.ends_with(""));
    }
}
