use std::sync::Arc;

use doorward_kernel::Secret;
use doorward_user::{Password, PasswordCheck};
use subtle::ConstantTimeEq as _;

use crate::{
    legacy::LegacyVerifier,
    password::{
        HashParameters,
        bench::Bench,
        denial::{Denial, Origin},
        hasher::OUTPUT_BYTES,
        work::{Unit, Variant, Work},
    },
};

/// A password to compare with what is on file.
pub(super) struct Check {
    pub(super) password: Password,
    /// `None` when nothing is on file that it could be right for.
    pub(super) opened: Option<Opened>,
    pub(super) denial: Arc<Denial>,
}

/// A verifier that could be opened.
pub(super) enum Opened {
    Own(OwnHash),
    Imported(LegacyVerifier),
}

/// A hash that was made here.
pub(super) struct OwnHash {
    pub(super) parameters: HashParameters,
    pub(super) salt: Vec<u8>,
    pub(super) hash: Secret<Vec<u8>>,
    pub(super) is_stale: bool,
}

impl Opened {
    /// Returns the work of comparing one spelling.
    pub(super) fn work(&self) -> (Work, Origin) {
        match self {
            Self::Own(own) => (Work::once(Unit::Argon2(Variant::own(own.parameters))), Origin::Own),
            Self::Imported(legacy) => (legacy.work(), Origin::Imported),
        }
    }
}

impl Check {
    /// Compares, and makes up for what a denial costs where the password is wrong.
    pub(super) fn run(self, bench: &mut Bench) -> Result<PasswordCheck, argon2::Error> {
        let Self { password, opened, denial } = self;
        bench.take_spent();
        let check = match opened {
            Some(Opened::Own(own)) => own.compare(&password, bench)?,
            Some(Opened::Imported(legacy)) => compare_imported(&legacy, &password, bench),
            None => PasswordCheck::Wrong,
        };
        if check == PasswordCheck::Wrong {
            let rest: Vec<_> = denial.rest(bench.spent(), spellings(&password)).collect();
            for work in rest {
                bench.burn(work, password.reveal().as_bytes());
            }
        }
        Ok(check)
    }
}

impl OwnHash {
    fn compare(self, password: &Password, bench: &mut Bench) -> Result<PasswordCheck, argon2::Error> {
        let mut computed = [0; OUTPUT_BYTES];
        let variant = Variant::own(self.parameters);
        bench.argon2(variant, password.reveal().as_bytes(), &self.salt, &mut computed)?;
        let is_right = bool::from(computed.ct_eq(self.hash.reveal()));
        Ok(match (is_right, self.is_stale) {
            (false, _) => PasswordCheck::Wrong,
            (true, false) => PasswordCheck::Right,
            (true, true) => PasswordCheck::RightButStale,
        })
    }
}

/// Other systems hashed what was typed, so that counts, too.
fn compare_imported(legacy: &LegacyVerifier, password: &Password, bench: &mut Bench) -> PasswordCheck {
    let mut spellings = [password.reveal()].into_iter().chain(password.typed());
    let is_right = spellings.any(|spelling| legacy.verify(spelling.as_bytes(), bench));
    if is_right { PasswordCheck::RightButStale } else { PasswordCheck::Wrong }
}

/// Returns how many spellings of a password an imported verifier is compared with.
pub(super) fn spellings(password: &Password) -> u32 {
    if password.typed().is_some() { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use doorward_kernel::UserId;
    use doorward_user::{PasswordHasher, PasswordVerifier};

    use super::*;
    use crate::{
        Argon2Hasher,
        fixtures::{Fixture, epoch},
        import_verifier,
    };

    const ADA: UserId = UserId::from_bytes([1; 16]);
    const RIGHT: &str = "correct horse battery staple";
    /// Hashes that other systems made of that, one of each scheme, three of them with two costs.
    const IMPORTED: [&str; 8] = [
        "$2b$04$N2TNQ0pcdBN553gLQeYRaeOA2vPbuHV6AXoj.1PqCP4YZlF4kk2de",
        "$2b$05$N2TNQ0pcdBN553gLQeYRaeOA2vPbuHV6AXoj.1PqCP4YZlF4kk2de",
        "scrypt:1024:8:1$U9blvQRY9zLsCQul$1489c9fd4de2aaa97029bdb4a171efadee4e34b55531dcc9c7e8953690e933f3644c17d48bf31b73a0fbf3179f6d3819ba3d19d63c13b13baebf1fbe9acab4ee",
        "pbkdf2:sha256:1000$uM736s9IaTgCXv5b$dc52a36de4e052718679c199e23be723fba8051c4599bf21f506e2b854fa6405",
        "pbkdf2:sha256:3000$uM736s9IaTgCXv5b$dc52a36de4e052718679c199e23be723fba8051c4599bf21f506e2b854fa6405",
        "$argon2id$v=19$m=64,t=2,p=2$JOJ+tKLHPD2xe2J02F4evQ$bEp2wRmfk5OLSiV9YEXr2v/qoYLkiXbER11QLkPeAOU",
        "$P$6ta0nfofcyYB0ka1zvcdu5XpoE8gfz.",
        "$H$9tvs/3zaKhwVtjjPE.dVpvM.O1pphz0",
    ];
    /// The work of a denial with all of them on file, for each spelling.
    const DENIAL: [(u32, &str); 7] = [
        (1, "argon2id:19:16:1:1"),
        (1, "argon2id:19:64:2:2"),
        (1, "bcrypt:4"),
        (1, "bcrypt:5"),
        (3000, "pbkdf2-sha256"),
        (2048, "phpass"),
        (1, "scrypt:10:8:1"),
    ];

    struct Scene {
        hasher: Argon2Hasher,
        /// All that may be on file, and nothing.
        on_file: Vec<Option<(UserId, PasswordVerifier)>>,
    }

    fn kind(verifier: &PasswordVerifier) -> String {
        verifier.as_str().split_once("keyid=").map_or("", |(kind, _)| kind).to_owned()
    }

    /// A hasher that knows of verifiers of all kinds: of each import, of our own as they are and as they were.
    async fn scene() -> Scene {
        let fixture = Fixture::new(vec![epoch(1, 0)]);
        let hasher =
            |parameters| Argon2Hasher::start(fixture.keyring.clone(), fixture.random.clone(), parameters).unwrap();
        let (before, now) = (HashParameters::for_tests(), HashParameters::bounded(16, 1, 1).unwrap());
        let (older, hasher) = (hasher(before), hasher(now));
        let password = Password::parse(RIGHT).unwrap();
        let mut verifiers: Vec<_> =
            IMPORTED.iter().map(|hash| import_verifier(&fixture.keyring, ADA, hash).unwrap()).collect();
        verifiers.push(older.hash(ADA, &password).await.unwrap());
        verifiers.push(hasher.hash(ADA, &password).await.unwrap());
        hasher.set_kinds(&verifiers.iter().map(kind).collect::<Vec<_>>());
        verifiers.push(PasswordVerifier::none());
        let on_file = verifiers.into_iter().map(|verifier| Some((ADA, verifier))).chain([None]).collect();
        Scene { hasher, on_file }
    }

    impl Scene {
        /// Returns what comparing the password takes with each that may be on file.
        fn spent(&self, password: &str) -> Vec<(PasswordCheck, Vec<String>)> {
            let password = Password::parse(password).unwrap();
            let check = |verifier: &Option<(UserId, PasswordVerifier)>| {
                let mut bench = Bench::new(HashParameters::for_tests());
                let check = self.hasher.check(&password, verifier.clone()).run(&mut bench).unwrap();
                (check, bench.take_spent().sorted())
            };
            self.on_file.iter().map(check).collect()
        }
    }

    #[tokio::test]
    async fn a_denial_takes_the_same_work_whatever_is_on_file() {
        let scene = scene().await;
        let [composed, combining] = ["p\u{e4}ssword", "pa\u{308}ssword"];

        for (wrong, spellings) in [("wrong", 1), (composed, 1), (combining, 2)] {
            let spent = scene.spent(wrong);

            assert_eq!(spent.len(), 12);
            assert_eq!(spent[11].1.len(), DENIAL.len() + 1, "{:?}", spent[11]);
            for (count, unit) in DENIAL {
                let own = unit == "argon2id:19:16:1:1";
                let count = if own { count } else { count * spellings };
                let is_there = |work: &String| work.starts_with(&format!("{count} {unit}"));
                assert!(spent[11].1.iter().any(is_there), "{count} {unit}: {:?}", spent[11]);
            }
            for one in &spent {
                assert_eq!(one, &(PasswordCheck::Wrong, spent[11].1.clone()), "{wrong}");
            }
        }
    }

    #[tokio::test]
    async fn a_right_password_takes_its_own_work_alone() {
        let scene = scene().await;

        let right: Vec<_> =
            scene.spent(RIGHT).into_iter().filter(|(check, _)| *check != PasswordCheck::Wrong).collect();

        assert_eq!(right.len(), 8);
        assert!(right.iter().all(|(_, spent)| spent.len() == 1), "{right:?}");
    }

    #[tokio::test]
    async fn a_hash_that_came_on_file_since_counts_for_all_once_it_was_met() {
        let Scene { hasher, on_file } = scene().await;
        hasher.set_kinds(&[]);
        let scene = Scene { hasher, on_file };

        let first = scene.spent("wrong");
        let second = scene.spent("wrong");

        assert_ne!(first[0], first[11]);
        assert!(second.iter().all(|spent| *spent == first[11]), "{second:?}");
    }
}
