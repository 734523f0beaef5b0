use std::{fmt, num::NonZeroU32};

use argon2::{Algorithm, Version};
use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512};

use crate::password::HashParameters;

/// A computation that takes the same time on one machine whatever goes into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// One Argon2 hash.
    Argon2(Variant),
    /// One bcrypt hash of 2^cost rounds.
    Bcrypt { cost: u32 },
    /// One scrypt hash.
    Scrypt(ScryptCosts),
    /// One iteration of PBKDF2 for one block of output.
    Pbkdf2(Prf),
    /// One iteration of phpass.
    Phpass,
}

/// The parameters that decide how long an Argon2 hash takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) algorithm: Algorithm,
    pub(crate) version: Version,
    pub(crate) parameters: HashParameters,
}

/// The parameters that decide how long a scrypt hash takes (RFC 7914): N is 2^log_n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScryptCosts {
    pub(crate) log_n: u8,
    pub(crate) r: u32,
    pub(crate) p: u32,
}

/// The function that PBKDF2 iterates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prf {
    Sha1,
    Sha256,
    Sha512,
}

/// So many of one computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) unit: Unit,
    pub(crate) count: u32,
}

impl Variant {
    /// Argon2id as our own verifiers have it.
    pub(crate) const fn own(parameters: HashParameters) -> Self {
        Self { algorithm: Algorithm::Argon2id, version: Version::V0x13, parameters }
    }

    fn parse(algorithm: Algorithm, costs: &str) -> Option<Self> {
        let [version, memory, passes, lanes] = numbers(costs)?;
        let parameters = HashParameters::bounded(memory, passes, lanes)?;
        Some(Self { algorithm, version: Version::try_from(version).ok()?, parameters })
    }
}

impl Prf {
    pub(crate) const fn algorithm(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => PBKDF2_HMAC_SHA1,
            Self::Sha256 => PBKDF2_HMAC_SHA256,
            Self::Sha512 => PBKDF2_HMAC_SHA512,
        }
    }

    /// The length of a block of output, in bytes.
    pub(crate) const fn block_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "pbkdf2-sha1",
            Self::Sha256 => "pbkdf2-sha256",
            Self::Sha512 => "pbkdf2-sha512",
        }
    }
}

impl Work {
    pub(crate) const fn once(unit: Unit) -> Self {
        Self { unit, count: 1 }
    }

    /// So many iterations for each block of an output of so many bytes.
    pub(crate) fn pbkdf2(prf: Prf, iterations: NonZeroU32, output_bytes: usize) -> Self {
        let blocks = u32::try_from(output_bytes.div_ceil(prf.block_bytes())).unwrap_or(u32::MAX);
        Self { unit: Unit::Pbkdf2(prf), count: iterations.get().saturating_mul(blocks) }
    }

    /// Reads what `Display` wrote.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, costs) = text.split_once(':')?;
        let unit = match name {
            "argon2i" => Unit::Argon2(Variant::parse(Algorithm::Argon2i, costs)?),
            "argon2id" => Unit::Argon2(Variant::parse(Algorithm::Argon2id, costs)?),
            "bcrypt" => Unit::Bcrypt { cost: costs.parse().ok().and_then(exponent)? },
            "scrypt" => {
                let [log_n, r, p] = numbers(costs)?;
                Unit::Scrypt(ScryptCosts { log_n: exponent(log_n)?.try_into().ok()?, r, p })
            }
            "phpass" => return Some(Self { unit: Unit::Phpass, count: costs.parse().ok()? }),
            _ => {
                let prf = [Prf::Sha1, Prf::Sha256, Prf::Sha512].into_iter().find(|prf| prf.name() == name)?;
                return Some(Self { unit: Unit::Pbkdf2(prf), count: costs.parse().ok()? });
            }
        };
        Some(Self::once(unit))
    }

    /// About how many nanoseconds it takes on a core that makes 38 hashes of 19 MiB a second.
    ///
    /// Measured on one machine: only ratios count, and they for no more than the weights of a queue.
    pub(crate) const fn nanos(self) -> u64 {
        let of_one = match self.unit {
            Unit::Argon2(Variant { parameters, .. }) => {
                parameters.memory_kib() as u64 * parameters.iterations() as u64 * 670
            }
            Unit::Bcrypt { cost } => 79_000 << cost,
            Unit::Scrypt(ScryptCosts { log_n, r, p }) => (370 * r as u64 * p as u64) << log_n,
            Unit::Pbkdf2(Prf::Sha1 | Prf::Sha256) => 210,
            Unit::Pbkdf2(Prf::Sha512) => 320,
            Unit::Phpass => 110,
        };
        of_one.saturating_mul(self.count as u64)
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit {
            Unit::Argon2(Variant { algorithm, version, parameters }) => {
                let (m, t, p) = (parameters.memory_kib(), parameters.iterations(), parameters.parallelism());
                write!(f, "{algorithm}:{}:{m}:{t}:{p}", u32::from(version))
            }
            Unit::Bcrypt { cost } => write!(f, "bcrypt:{cost}"),
            Unit::Scrypt(ScryptCosts { log_n, r, p }) => write!(f, "scrypt:{log_n}:{r}:{p}"),
            Unit::Pbkdf2(prf) => write!(f, "{}:{}", prf.name(), self.count),
            Unit::Phpass => write!(f, "phpass:{}", self.count),
        }
    }
}

/// A number that two to the power of it is a number of 32 bits.
fn exponent(number: u32) -> Option<u32> {
    (number < 32).then_some(number)
}

fn numbers<const N: usize>(text: &str) -> Option<[u32; N]> {
    let numbers: Option<Vec<u32>> = text.split(':').map(|number| number.parse().ok()).collect();
    numbers?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_reads_back_as_it_was_written() {
        for text in [
            "argon2id:19:65536:3:4",
            "argon2i:16:64:2:1",
            "bcrypt:12",
            "scrypt:15:8:1",
            "pbkdf2-sha256:600000",
            "phpass:8192",
        ] {
            assert_eq!(Work::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_work_is_not_read() {
        for text in [
            "",
            "bcrypt",
            "bcrypt:",
            "argon2id:19:65536:3",
            "argon2id:18:65536:3:4",
            "md4:3",
            "bcrypt:64",
            "scrypt:64:8:1",
        ] {
            assert_eq!(Work::parse(text), None, "{text}");
        }
    }
}
