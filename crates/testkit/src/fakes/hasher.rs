use async_trait::async_trait;
use doorward_kernel::UserId;
use doorward_user::{HashError, Password, PasswordCheck, PasswordHasher, PasswordVerifier};

/// Verifiers that show their password, backwards: **for tests alone**.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainHasher;

/// The prefix of a stale verifier.
const STALE: &str = "stale ";

impl PlainHasher {
    /// The verifier of a user's password.
    pub fn verifier(user: UserId, password: &str) -> PasswordVerifier {
        PasswordVerifier::from_text(format!("{user} {}", password.chars().rev().collect::<String>()))
    }

    /// The verifier of a user's password, as an older hasher would have made it.
    pub fn stale_verifier(user: UserId, password: &str) -> PasswordVerifier {
        PasswordVerifier::from_text(format!("{STALE}{}", Self::verifier(user, password).as_str()))
    }
}

#[async_trait]
impl PasswordHasher for PlainHasher {
    async fn hash(&self, user: UserId, password: &Password) -> Result<PasswordVerifier, HashError> {
        Ok(Self::verifier(user, password.reveal()))
    }

    async fn verify(
        &self,
        password: &Password,
        verifier: Option<(UserId, PasswordVerifier)>,
    ) -> Result<PasswordCheck, HashError> {
        let Some((user, verifier)) = verifier else { return Ok(PasswordCheck::Wrong) };
        Ok(if verifier == Self::verifier(user, password.reveal()) {
            PasswordCheck::Right
        } else if verifier == Self::stale_verifier(user, password.reveal()) {
            PasswordCheck::RightButStale
        } else {
            PasswordCheck::Wrong
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::user_id;

    #[tokio::test]
    async fn a_verifier_is_right_for_its_user_and_password_alone() {
        let password = Password::parse("correct horse").unwrap();
        let verifier = PlainHasher.hash(user_id(1), &password).await.unwrap();
        let stale = PlainHasher::stale_verifier(user_id(1), "correct horse");
        let check = async |verifier| PlainHasher.verify(&password, verifier).await.unwrap();

        assert_eq!(check(Some((user_id(1), verifier.clone()))).await, PasswordCheck::Right);
        assert_eq!(check(Some((user_id(1), stale))).await, PasswordCheck::RightButStale);
        assert_eq!(check(Some((user_id(2), verifier))).await, PasswordCheck::Wrong);
        assert_eq!(check(None).await, PasswordCheck::Wrong);
    }
}
