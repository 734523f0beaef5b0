use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

use crate::{Sealed, password::HashParameters};

/// The longest salt that is read, in bytes (PHC string format).
const MAX_SALT_BYTES: usize = 48;

/// A verifier in the PHC string format, `$argon2id$v=19$m=…,t=…,p=…,keyid=…$salt$sealed`.
///
/// `keyid` is the epoch, and where others have the hash there is the sealed hash.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Phc {
    pub(super) parameters: HashParameters,
    pub(super) salt: Vec<u8>,
    pub(super) sealed: Sealed,
}

impl Phc {
    /// Reads what [`Phc`]'s `Display` wrote, and nothing that is spelled otherwise.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("$argon2id$v=19$")?.split('$');
        let (costs, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let mut costs = costs.split(',');
        let mut cost = |name| costs.next()?.strip_prefix(name)?.strip_prefix('=');
        let (memory, iterations, parallelism) = (cost("m")?, cost("t")?, cost("p")?);
        let key_id = cost("keyid")?;
        let phc = Self {
            parameters: HashParameters::bounded(
                memory.parse().ok()?,
                iterations.parse().ok()?,
                parallelism.parse().ok()?,
            )?,
            salt: STANDARD_NO_PAD.decode(salt).ok().filter(|salt| salt.len() <= MAX_SALT_BYTES)?,
            sealed: Sealed::from_texts(key_id, hash)?,
        };
        // Signs, leading zeros and additions are gone now, so only our own spelling comes back.
        (phc.to_string() == text).then_some(phc)
    }
}

impl fmt::Display for Phc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (m, t, p) = (self.parameters.memory_kib(), self.parameters.iterations(), self.parameters.parallelism());
        let (salt, [key_id, hash]) = (STANDARD_NO_PAD.encode(&self.salt), self.sealed.to_texts());
        write!(f, "$argon2id$v=19$m={m},t={t},p={p},keyid={key_id}${salt}${hash}")
    }
}

#[cfg(test)]
mod tests {
    use doorward_kernel::EpochId;

    use super::*;

    const TEXT: &str = "$argon2id$v=19$m=19456,t=2,p=1,keyid=AAAAAQ$BwcHBwcHBwcHBwcHBwcHBw$CQkJ";

    #[test]
    fn a_verifier_reads_back_as_it_was_written() {
        let phc = Phc {
            parameters: HashParameters::default(),
            salt: vec![7; 16],
            sealed: Sealed { epoch: EpochId(1), bytes: vec![9; 3] },
        };

        assert_eq!(phc.to_string(), TEXT);
        assert!(Phc::parse(TEXT) == Some(phc));
    }

    #[test]
    fn no_other_spelling_is_read() {
        for (from, to) in [
            ("$argon2id", "argon2id"),
            ("argon2id", "argon2i"),
            ("v=19", "v=16"),
            ("$v=19", ""),
            ("m=19456", "m=019456"),
            ("m=19456", "m=+19456"),
            ("m=19456", "m=-1"),
            ("m=19456", "m=4294967295"),
            ("m=19456", "m=99999999999"),
            ("t=2", "t=0"),
            ("t=2", "t=1000"),
            ("p=1", "p=0"),
            ("t=2,p=1", "p=1,t=2"),
            (",keyid=AAAAAQ", ""),
            ("keyid=AAAAAQ", "keyid=AAAAAR"),
            ("keyid=AAAAAQ", "keyid=AAAB"),
            ("keyid=AAAAAQ", "keyid=AAAAAQ,data=AA"),
            ("BwcHBwcHBwcHBwcHBwcHBw", "BwcHBwcHBwcHBwcHBwcHBw=="),
            ("$CQkJ", ""),
            ("$CQkJ", "$CQkJ$"),
            ("$CQkJ", "$CQk_"),
            ("$CQkJ", "$CQkJ\n"),
        ] {
            let changed = TEXT.replacen(from, to, 1);
            assert_ne!(changed, TEXT);
            assert!(Phc::parse(&changed).is_none(), "{changed}");
        }
    }
}
