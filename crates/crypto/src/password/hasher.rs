use std::{fmt, io, sync::Arc};

use async_trait::async_trait;
use doorward_kernel::{Random, Secret, UserId};
use doorward_otp::FlowKeys;
use doorward_user::{HashError, Password, PasswordCheck, PasswordHasher, PasswordVerifier};

use crate::{
    Keyring,
    legacy::open_legacy,
    password::{
        HashParameters,
        bench::Bench,
        check::{Check, Opened, OwnHash, spellings},
        denial::{Denial, OnFile},
        phc::Phc,
        pool::{Pool, PoolSize},
        work::{Unit, Variant, Work},
    },
};

const SALT_BYTES: usize = 16;
/// The number of bytes of a hash of ours.
pub(super) const OUTPUT_BYTES: usize = 32;

/// Argon2id on threads of its own; outputs are sealed to their users under the current epoch.
pub struct Argon2Hasher {
    keyring: Arc<Keyring>,
    random: Arc<dyn Random>,
    parameters: HashParameters,
    on_file: OnFile,
    pool: Pool,
}

impl Argon2Hasher {
    /// Starts the threads: one for each core, at most as many as 256 MiB allow or 19 MiB a core.
    ///
    /// They end when the hasher is dropped.
    pub fn start(keyring: Arc<Keyring>, random: Arc<dyn Random>, parameters: HashParameters) -> io::Result<Self> {
        let pool = Pool::start(parameters, PoolSize::of_this_machine(parameters))?;
        Ok(Self { keyring, random, parameters, on_file: OnFile::new(parameters), pool })
    }

    /// Takes the kinds of verifiers that are on file now: every denial costs one of each.
    ///
    /// A kind is what stands in a verifier before its key. Gives what a denial costs if that is new.
    pub fn set_kinds(&self, kinds: &[String]) -> Option<Vec<String>> {
        self.on_file.set(kinds)
    }

    fn open(&self, user: UserId, verifier: &PasswordVerifier) -> Option<Opened> {
        if let Some(legacy) = open_legacy(&self.keyring, user, verifier) {
            return Some(Opened::Imported(legacy));
        }
        let phc = Phc::parse(verifier.as_str())?;
        let hash = self.keyring.open_value(&associated_data(user), &phc.sealed)?;
        let is_stale = phc.parameters != self.parameters || phc.sealed.epoch != self.keyring.current_epoch();
        Some(Opened::Own(OwnHash { parameters: phc.parameters, salt: phc.salt, hash, is_stale }))
    }

    /// The check, with what a denial costs now.
    pub(super) fn check(&self, password: &Password, verifier: Option<(UserId, PasswordVerifier)>) -> Check {
        let opened = verifier.and_then(|(user, verifier)| self.open(user, &verifier));
        let denial = match &opened {
            Some(opened) => {
                let (work, origin) = opened.work();
                self.on_file.meet(work, origin)
            }
            None => self.on_file.denial(),
        };
        Check { password: password.clone(), opened, denial }
    }

    /// Every check weighs as much as a denial, or a full queue would tell whom it is for.
    fn weight(&self, denial: &Denial, password: &Password) -> usize {
        denial.weight(Work::once(Unit::Argon2(Variant::own(self.parameters))), spellings(password))
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, user: UserId, password: &Password) -> Result<PasswordVerifier, HashError> {
        let mut salt = vec![0; SALT_BYTES];
        self.random.fill(&mut salt);
        let (variant, secret, with) = (Variant::own(self.parameters), password.clone(), salt.clone());
        let hash = move |bench: &mut Bench| {
            let mut output = [0; OUTPUT_BYTES];
            let done = bench.argon2(variant, secret.reveal().as_bytes(), &with, &mut output);
            done.map(|()| Secret::new(output))
        };
        let hash = self.pool.run(1, hash).await?.map_err(|error| HashError::Failed(Box::new(error)))?;
        let sealed = self.keyring.seal_value(&associated_data(user), hash.reveal());
        let sealed = sealed.map_err(|error| HashError::Failed(Box::new(error)))?;
        Ok(PasswordVerifier::from_text(Phc { parameters: self.parameters, salt, sealed }.to_string()))
    }

    async fn verify(
        &self,
        password: &Password,
        verifier: Option<(UserId, PasswordVerifier)>,
    ) -> Result<PasswordCheck, HashError> {
        let check = self.check(password, verifier);
        let weight = self.weight(&check.denial, password);
        let checked = self.pool.run(weight, move |bench| check.run(bench)).await?;
        checked.map_err(|error| HashError::Failed(Box::new(error)))
    }
}

impl fmt::Debug for Argon2Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Argon2Hasher")
            .field("parameters", &self.parameters)
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}

/// Binds a hash to its user's row: elsewhere it opens nothing.
pub(super) fn associated_data(user: UserId) -> Vec<u8> {
    [b"doorward/password/v1".as_slice(), &user.to_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, OTHER_ROOT, epoch, retired, settings};

    const ADA: UserId = UserId::from_bytes([1; 16]);
    const BOB: UserId = UserId::from_bytes([2; 16]);

    fn hasher(fixture: &Fixture, parameters: HashParameters) -> Argon2Hasher {
        Argon2Hasher::start(fixture.keyring.clone(), fixture.random.clone(), parameters).unwrap()
    }

    fn small() -> HashParameters {
        HashParameters::for_tests()
    }

    fn password(text: &str) -> Password {
        Password::parse(text).unwrap()
    }

    async fn check(hasher: &Argon2Hasher, text: &str, user: UserId, verifier: &PasswordVerifier) -> PasswordCheck {
        hasher.verify(&password(text), Some((user, verifier.clone()))).await.unwrap()
    }

    #[tokio::test]
    async fn the_right_password_is_right_and_all_others_are_wrong() {
        let hasher = hasher(&Fixture::new(vec![epoch(1, 0)]), small());

        let verifier = hasher.hash(ADA, &password("correct horse")).await.unwrap();

        assert!(verifier.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1,keyid=AAAAAQ$"));
        assert_eq!(check(&hasher, "correct horse", ADA, &verifier).await, PasswordCheck::Right);
        for wrong in ["correct horsE", "correct horse ", "c", "Correct horse"] {
            assert_eq!(check(&hasher, wrong, ADA, &verifier).await, PasswordCheck::Wrong, "{wrong}");
        }
    }

    #[tokio::test]
    async fn one_password_has_another_verifier_each_time() {
        let hasher = hasher(&Fixture::new(vec![epoch(1, 0)]), small());

        let first = hasher.hash(ADA, &password("correct horse")).await.unwrap();
        let second = hasher.hash(ADA, &password("correct horse")).await.unwrap();

        assert_ne!(first, second);
    }

    #[tokio::test]
    async fn without_a_user_the_answer_is_wrong() {
        let hasher = hasher(&Fixture::new(vec![epoch(1, 0)]), small());

        let check = hasher.verify(&password("correct horse"), None).await.unwrap();

        assert_eq!(check, PasswordCheck::Wrong);
    }

    #[tokio::test]
    async fn a_verifier_in_another_row_fits_nobody() {
        let hasher = hasher(&Fixture::new(vec![epoch(1, 0)]), small());

        let verifier = hasher.hash(ADA, &password("correct horse")).await.unwrap();

        assert_eq!(check(&hasher, "correct horse", BOB, &verifier).await, PasswordCheck::Wrong);
    }

    #[tokio::test]
    async fn a_changed_verifier_fits_nobody() {
        let hasher = hasher(&Fixture::new(vec![epoch(1, 0), epoch(2, 900)]), small());
        let verifier = hasher.hash(ADA, &password("correct horse")).await.unwrap();
        let (head, sealed) = verifier.as_str().rsplit_once('$').unwrap();
        let flipped: String = sealed.chars().rev().collect();

        for changed in [
            String::new(),
            "$2b$12$abcdefghijklmnopqrstuv".to_owned(),
            format!("{head}${flipped}"),
            format!("{head}$"),
            verifier.as_str().replace("t=1", "t=2"),
            verifier.as_str().replace("m=8", "m=9"),
            verifier.as_str().replace("keyid=AAAAAQ", "keyid=AAAAAg"),
            verifier.as_str().replace("keyid=AAAAAQ", "keyid=AAAAAw"),
        ] {
            let verifier = PasswordVerifier::from_text(changed);
            let check = check(&hasher, "correct horse", ADA, &verifier).await;
            assert_eq!(check, PasswordCheck::Wrong, "{}", verifier.as_str());
        }
    }

    #[tokio::test]
    async fn a_verifier_of_other_parameters_is_right_but_stale() {
        let fixture = Fixture::new(vec![epoch(1, 0)]);
        let before = hasher(&fixture, small());
        let after = hasher(&fixture, HashParameters::bounded(16, 2, 1).unwrap());

        let verifier = before.hash(ADA, &password("correct horse")).await.unwrap();

        assert_eq!(check(&after, "correct horse", ADA, &verifier).await, PasswordCheck::RightButStale);
        assert_eq!(check(&after, "wrong horse", ADA, &verifier).await, PasswordCheck::Wrong);
    }

    #[tokio::test]
    async fn a_verifier_of_an_earlier_epoch_is_stale_and_of_a_retired_one_wrong() {
        let fixture = Fixture::new(vec![retired(1, 100), epoch(2, 50)]);
        let hasher = hasher(&fixture, small());
        let verifier = hasher.hash(ADA, &password("correct horse")).await.unwrap();

        fixture.clock.set(50);
        assert_eq!(check(&hasher, "correct horse", ADA, &verifier).await, PasswordCheck::RightButStale);
        fixture.clock.set(100);
        assert_eq!(check(&hasher, "correct horse", ADA, &verifier).await, PasswordCheck::Wrong);
    }

    #[tokio::test]
    async fn nodes_with_the_same_root_and_epochs_know_each_others_verifiers() {
        let [ours, theirs] = [0, 1].map(|_| hasher(&Fixture::new(vec![epoch(1, 0)]), small()));
        let stranger = hasher(&Fixture::with(OTHER_ROOT, vec![epoch(1, 0)], settings()).unwrap(), small());

        let verifier = ours.hash(ADA, &password("correct horse")).await.unwrap();

        assert_eq!(check(&theirs, "correct horse", ADA, &verifier).await, PasswordCheck::Right);
        assert_eq!(check(&stranger, "correct horse", ADA, &verifier).await, PasswordCheck::Wrong);
    }
}
