use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use doorward_kernel::UserId;
use doorward_user::{HashError, Password, PasswordCheck, PasswordHasher, PasswordVerifier};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

const HASHES: &str = "doorward_password_hashes_total";
const IN_PROGRESS: &str = "doorward_password_hashes_in_progress";
const DURATION: &str = "doorward_password_hash_duration_seconds";
const OUTCOMES: [&str; 3] = ["done", "overloaded", "failed"];

/// Counts what a hasher does, and how many wait for it.
pub(super) struct CountedHasher(pub(super) Arc<dyn PasswordHasher>);

/// A password that is being hashed or waits for it; it is no longer once this is dropped.
struct Hashing(Instant);

/// Describes what is counted here.
pub(crate) fn describe_hashes() {
    describe_counter!(HASHES, Unit::Count, "Passwords hashed or refused, by outcome.");
    describe_gauge!(IN_PROGRESS, Unit::Count, "Passwords that are being hashed or wait for it.");
    describe_histogram!(DURATION, Unit::Seconds, "What hashing a password took, waiting included.");
    gauge!(IN_PROGRESS).set(0.0);
    for outcome in OUTCOMES {
        counter!(HASHES, "outcome" => outcome).absolute(0);
    }
}

impl Hashing {
    fn begin() -> Self {
        gauge!(IN_PROGRESS).increment(1.0);
        Self(Instant::now())
    }

    fn end<T>(self, result: Result<T, HashError>) -> Result<T, HashError> {
        let [done, overloaded, failed] = OUTCOMES;
        let outcome = match &result {
            Ok(_) => done,
            Err(HashError::Overloaded { .. }) => overloaded,
            Err(HashError::Failed(_)) => failed,
        };
        counter!(HASHES, "outcome" => outcome).increment(1);
        if outcome == done {
            histogram!(DURATION).record(self.0.elapsed().as_secs_f64());
        }
        result
    }
}

impl Drop for Hashing {
    fn drop(&mut self) {
        gauge!(IN_PROGRESS).decrement(1.0);
    }
}

#[async_trait]
impl PasswordHasher for CountedHasher {
    async fn hash(&self, user: UserId, password: &Password) -> Result<PasswordVerifier, HashError> {
        let hashing = Hashing::begin();
        hashing.end(self.0.hash(user, password).await)
    }

    async fn verify(
        &self,
        password: &Password,
        verifier: Option<(UserId, PasswordVerifier)>,
    ) -> Result<PasswordCheck, HashError> {
        let hashing = Hashing::begin();
        hashing.end(self.0.verify(password, verifier).await)
    }
}
