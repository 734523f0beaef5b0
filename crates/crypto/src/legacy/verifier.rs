use std::fmt;

use subtle::ConstantTimeEq as _;

use crate::{
    legacy::{LegacyError, argon2, bcrypt, bcrypt_sha256, firebase, pbkdf2, phpass, scrypt, wordpress},
    password::{
        Bench,
        Prf::{Sha1, Sha256, Sha512},
        Work,
    },
};

/// The longest that checking an imported hash may take on the core that [`Work::nanos`] tells of: bcrypt of cost 13.
///
/// Every denied password takes one of each kind on file, so a single hash costs everybody.
pub(super) const MAX_MILLIS: u64 = 700;
/// The longest text that is read, in bytes.
const MAX_BYTES: usize = 512;

/// An old password hash that was read and found affordable.
///
/// | made by | read |
/// |---|---|
/// | bcrypt | `$2a$`, `$2b$`, `$2y$` |
/// | Argon2 | `$argon2id$`, `$argon2i$`, in versions 16 and 19 |
/// | passlib | `$bcrypt-sha256$`, in both versions |
/// | phpass, by WordPress and phpBB | `$P$`, `$H$` |
/// | WordPress | `$wp$2y$` |
/// | Firebase, in the form of Supabase | `$fbscrypt$` |
/// | passlib and others in PHC form | `$scrypt$`, `$pbkdf2$`, `$pbkdf2-sha1$`, `$pbkdf2-sha256$`, `$pbkdf2-sha512$` |
/// | Werkzeug | `scrypt:`, `pbkdf2:sha1:`, `pbkdf2:sha256:`, `pbkdf2:sha512:`, each with its costs |
/// | Django | `pbkdf2_sha256$`, `pbkdf2_sha1$`, `bcrypt_sha256$`, `bcrypt$`, `scrypt$`, `argon2$` |
///
/// Those that would tie up a machine are refused: more than 2^15 rounds of bcrypt; 128 MiB, 16 passes or lanes of Argon2;
/// 128 MiB or 2^22 block mixings (N · r · p) of scrypt; five million iterations of PBKDF2; 2^22 of phpass.
/// An import takes less.
pub struct LegacyVerifier(Box<dyn OldHash>);

/// An old hash, parsed.
pub(super) trait OldHash: Send + Sync {
    /// The hash that the right password has.
    fn expected(&self) -> &[u8];

    /// Returns the work of making it.
    fn work(&self) -> Work;

    /// The hash that this password has; `None` when its algorithm refuses it.
    fn compute(&self, password: &[u8], bench: &mut Bench) -> Option<Vec<u8>>;
}

pub(super) type Read = Result<Box<dyn OldHash>, LegacyError>;

type Reader = fn(&str) -> Read;

/// The prefixes of hashes, each with the reader of its rest.
const SCHEMES: [(&str, Reader); 30] = [
    ("$2a$", bcrypt::read),
    ("$2b$", bcrypt::read),
    ("$2y$", bcrypt::read),
    ("bcrypt$$2a$", bcrypt::read),
    ("bcrypt$$2b$", bcrypt::read),
    ("bcrypt$$2y$", bcrypt::read),
    ("bcrypt_sha256$$2a$", bcrypt::read_django_sha256),
    ("bcrypt_sha256$$2b$", bcrypt::read_django_sha256),
    ("bcrypt_sha256$$2y$", bcrypt::read_django_sha256),
    ("$bcrypt-sha256$", bcrypt_sha256::read),
    ("$wp$2y$", wordpress::read),
    ("$P$", phpass::read),
    ("$H$", phpass::read),
    ("$fbscrypt$", firebase::read),
    ("$argon2id$", argon2::read_id),
    ("$argon2i$", argon2::read_i),
    ("argon2$argon2id$", argon2::read_id),
    ("argon2$argon2i$", argon2::read_i),
    ("$scrypt$", scrypt::read_phc),
    ("scrypt$", scrypt::read_django),
    ("scrypt:", scrypt::read_werkzeug),
    ("$pbkdf2$", |rest| pbkdf2::read_modular(Sha1, rest)),
    ("$pbkdf2-sha1$", |rest| pbkdf2::read_modular(Sha1, rest)),
    ("$pbkdf2-sha256$", |rest| pbkdf2::read_modular(Sha256, rest)),
    ("$pbkdf2-sha512$", |rest| pbkdf2::read_modular(Sha512, rest)),
    ("pbkdf2:sha1:", |rest| pbkdf2::read_werkzeug(Sha1, rest)),
    ("pbkdf2:sha256:", |rest| pbkdf2::read_werkzeug(Sha256, rest)),
    ("pbkdf2:sha512:", |rest| pbkdf2::read_werkzeug(Sha512, rest)),
    ("pbkdf2_sha1$", |rest| pbkdf2::read_django(Sha1, rest)),
    ("pbkdf2_sha256$", |rest| pbkdf2::read_django(Sha256, rest)),
];

impl LegacyVerifier {
    /// Reads a hash that is to be imported: one that makes no wrong password too dear.
    pub fn parse_for_import(text: &str) -> Result<Self, LegacyError> {
        let verifier = Self::parse(text)?;
        let millis = verifier.work().nanos() / 1_000_000;
        if millis > MAX_MILLIS {
            return Err(LegacyError::TooDear { work: verifier.work().to_string(), millis });
        }
        Ok(verifier)
    }

    /// Reads the text of an old hash.
    pub(crate) fn parse(text: &str) -> Result<Self, LegacyError> {
        let mut schemes = SCHEMES.iter().filter_map(|(begin, read)| Some((read, text.strip_prefix(begin)?)));
        let (read, rest) = schemes.next().ok_or(LegacyError::UnknownScheme)?;
        if text.len() > MAX_BYTES {
            return Err(LegacyError::Malformed);
        }
        read(rest).map(Self)
    }

    /// Returns the work of checking it.
    pub(crate) fn work(&self) -> Work {
        self.0.work()
    }

    /// Returns whether the hash was made of this password.
    ///
    /// Hashes are compared in constant time. bcrypt knows the first 72 bytes of a password
    /// alone, so nothing after them counts there.
    pub(crate) fn verify(&self, password: &[u8], bench: &mut Bench) -> bool {
        let computed = self.0.compute(password, bench);
        computed.is_some_and(|computed| computed.ct_eq(self.0.expected()).into())
    }
}

impl fmt::Debug for LegacyVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
