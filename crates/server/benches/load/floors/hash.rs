use std::sync::Arc;

use doorward_crypto::{
    Argon2Hasher, HashParameters, Keyring, OsRandom, RootSecret, SystemClock, TokenSettings, first_epoch,
};
use doorward_kernel::{Clock as _, UserId};
use doorward_user::{Password, PasswordHasher as _};

use crate::{
    measure::{Outcome, Refused, Work},
    person::PASSWORD,
};

pub(super) struct Hash(Arc<Argon2Hasher>, Password);

impl Work for Hash {
    async fn once(&mut self) -> Outcome {
        // A full queue is what more clients than it holds come up against.
        self.0.hash(UserId::from_bytes([1; 16]), &self.1).await.map_err(|_| Refused)?;
        Ok(None)
    }
}

/// Clients of one hasher.
pub(super) fn clients(count: usize) -> Vec<Hash> {
    let clock = Arc::new(SystemClock::default());
    let epochs = vec![first_epoch(&OsRandom, clock.now())];
    let settings = TokenSettings::new("https://auth.example.com", "https://api.example.com");
    let ring = Keyring::new(RootSecret::generate(&OsRandom), epochs, settings, clock, Arc::new(OsRandom)).unwrap();
    let parameters = HashParameters::new(19_456, 2, 1).unwrap();
    let hasher = Arc::new(Argon2Hasher::start(Arc::new(ring), Arc::new(OsRandom), parameters).unwrap());
    let password = Password::parse(PASSWORD).unwrap();
    (0..count).map(|_| Hash(hasher.clone(), password.clone())).collect()
}
