use data_encoding::HEXLOWER;
use doorward_kernel::Timestamp;
use subtle::ConstantTimeEq as _;

use crate::{BucketKey, BucketKind, Rate, Take};

/// The digests that puzzles rest on.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait PuzzleDigests: Send + Sync {
    /// 32 bytes under a key of ours, HMAC-SHA-256.
    fn keyed(&self, bytes: &[u8]) -> [u8; 32];

    /// 32 bytes that every client can compute too, SHA-256.
    fn plain(&self, bytes: &[u8]) -> [u8; 32];
}

/// A puzzle: find a text whose digest, after the puzzle's own, begins with so many zero bits.
///
/// Nothing is stored for it. It is bound to one purpose and one subject, and it ends; until
/// then one solution would do many times, so take [`SolvedPuzzle::take`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Puzzle<'a> {
    /// What it is asked for, such as `login`.
    pub purpose: &'a str,
    /// The subject who must solve it, such as the caller's host.
    pub subject: &'a str,
    /// The leading zero bits, 1 to 32.
    pub difficulty: u8,
    /// When it ends: `expires_at <= now` is over. Whole seconds, at most an hour ahead.
    pub expires_at: Timestamp,
    /// Random, to tell puzzles apart.
    pub salt: u64,
}

/// A puzzle that was solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SolvedPuzzle {
    /// Names the puzzle.
    pub digest: [u8; 32],
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Why an answer to a puzzle does not count. To clients all reasons look alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PuzzleError {
    /// The text is no puzzle of ours, or one for another purpose or subject.
    #[error("the puzzle is not ours or for something else")]
    Foreign,
    /// Its time is over.
    #[error("the puzzle has expired")]
    Expired,
    /// The digest has too few leading zeros.
    #[error("the puzzle is not solved")]
    Unsolved,
}

impl SolvedPuzzle {
    /// Its one use: a take that is admitted once in an hour, and so once in its life.
    pub fn take(&self) -> Take {
        let key = BucketKey { kind: BucketKind::SOLVED_PUZZLES, subject: self.digest };
        Take::one(key, Rate::fixed(1, 3600, 1).into())
    }
}

impl Puzzle<'_> {
    /// The text of the puzzle: version, difficulty, end, salt and seal, joined by dots.
    ///
    /// Solve it by finding a text of at most 32 letters and digits so that the SHA-256 of
    /// puzzle, dot and that text begins with so many zero bits.
    pub fn seal(&self, digests: &dyn PuzzleDigests) -> String {
        let seal = HEXLOWER.encode(&self.sealed_by(digests));
        format!("pz1.{}.{}.{:016x}.{seal}", self.difficulty, self.expires_at.as_seconds(), self.salt)
    }

    fn sealed_by(&self, digests: &dyn PuzzleDigests) -> [u8; 32] {
        let mut bytes = b"doorward puzzle 1".to_vec();
        for field in [self.purpose, self.subject] {
            bytes.extend_from_slice(&u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend_from_slice(field.as_bytes());
        }
        bytes.push(self.difficulty);
        bytes.extend_from_slice(&self.expires_at.as_seconds().to_be_bytes());
        bytes.extend_from_slice(&self.salt.to_be_bytes());
        digests.keyed(&bytes)
    }
}

/// Looks at an answer: the puzzle as it was given, and the text that solves it.
pub fn verify_puzzle(
    digests: &dyn PuzzleDigests,
    purpose: &str,
    subject: &str,
    puzzle: &str,
    answer: &str,
    now: Timestamp,
) -> Result<SolvedPuzzle, PuzzleError> {
    let given = parse(puzzle, purpose, subject).ok_or(PuzzleError::Foreign)?;
    if !bool::from(given.seal(digests).as_bytes().ct_eq(puzzle.as_bytes())) {
        return Err(PuzzleError::Foreign);
    }
    if given.expires_at <= now {
        return Err(PuzzleError::Expired);
    }
    let is_answer = answer.len() <= 32 && answer.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let digest = digests.plain(format!("{puzzle}.{answer}").as_bytes());
    if !is_answer || leading_zeros(&digest) < u32::from(given.difficulty) {
        return Err(PuzzleError::Unsolved);
    }
    Ok(SolvedPuzzle { digest: given.sealed_by(digests), expires_at: given.expires_at })
}

fn parse<'a>(puzzle: &str, purpose: &'a str, subject: &'a str) -> Option<Puzzle<'a>> {
    let mut fields = puzzle.strip_prefix("pz1.")?.splitn(4, '.');
    let difficulty = fields.next()?.parse().ok().filter(|bits| (1..=32).contains(bits))?;
    let seconds: i64 = fields.next()?.parse().ok()?;
    let salt = u64::from_str_radix(fields.next()?, 16).ok()?;
    let expires_at = Timestamp::from_micros(seconds.checked_mul(1_000_000)?);
    Some(Puzzle { purpose, subject, difficulty, expires_at, salt })
}

fn leading_zeros(digest: &[u8; 32]) -> u32 {
    let zeros = digest.iter().take_while(|byte| **byte == 0).count();
    let rest = digest.get(zeros).map_or(0, |byte| byte.leading_zeros());
    u32::try_from(zeros).unwrap_or(32) * 8 + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryBuckets, TakeOutcome};

    /// Spreads bits well enough to solve puzzles on; no cryptography.
    struct Toy;

    fn spread(seed: u64, bytes: &[u8]) -> [u8; 32] {
        let step = |hash: u64, byte: u64| {
            let mixed = (hash ^ byte).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            (mixed ^ (mixed >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb)
        };
        let hash = bytes.iter().fold(seed, |hash, byte| step(hash, u64::from(*byte)));
        let mut digest = [0; 32];
        for (index, chunk) in (0..).zip(digest.chunks_mut(8)) {
            chunk.copy_from_slice(&step(hash ^ (hash >> 31), index).to_be_bytes());
        }
        digest
    }

    impl PuzzleDigests for Toy {
        fn keyed(&self, bytes: &[u8]) -> [u8; 32] {
            spread(1, bytes)
        }

        fn plain(&self, bytes: &[u8]) -> [u8; 32] {
            spread(2, bytes)
        }
    }

    const SUBJECT: &str = "192.0.2.1/32";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn puzzle() -> Puzzle<'static> {
        Puzzle { purpose: "login", subject: SUBJECT, difficulty: 8, expires_at: at(120), salt: 7 }
    }

    fn solved(puzzle: &str) -> String {
        let is_solution = |answer: &String| leading_zeros(&Toy.plain(format!("{puzzle}.{answer}").as_bytes())) >= 8;
        (0..1_000_000).map(|number| number.to_string()).find(is_solution).unwrap()
    }

    #[test]
    fn a_solution_counts_for_its_purpose_and_subject_until_it_ends() {
        let text = puzzle().seal(&Toy);
        let answer = solved(&text);
        let verify = |purpose, subject, now| verify_puzzle(&Toy, purpose, subject, &text, &answer, now);

        assert_eq!(verify("login", SUBJECT, at(119)).unwrap().expires_at, at(120));
        assert_eq!(verify("login", SUBJECT, at(120)), Err(PuzzleError::Expired));
        assert_eq!(verify("register", SUBJECT, at(0)), Err(PuzzleError::Foreign));
        assert_eq!(verify("login", "192.0.2.2/32", at(0)), Err(PuzzleError::Foreign));
    }

    #[test]
    fn a_solution_is_good_for_one_use() {
        let text = puzzle().seal(&Toy);
        let solved = verify_puzzle(&Toy, "login", SUBJECT, &text, &solved(&text), at(0)).unwrap();
        let mut memory_buckets = MemoryBuckets::default();

        assert_eq!(memory_buckets.take(&[solved.take()], at(0)), TakeOutcome::Admitted);
        assert_ne!(memory_buckets.take(&[solved.take()], at(119)), TakeOutcome::Admitted);
    }

    #[test]
    fn nobody_makes_a_puzzle_easier_or_longer() {
        let text = puzzle().seal(&Toy);
        let longer = Puzzle { expires_at: at(9999), ..puzzle() }.seal(&Toy);
        let sealed = text.rsplit('.').next().unwrap();
        let forged = [
            text.replace("pz1.8.", "pz1.1."),
            text.replace("pz1.8.", "pz1.08."),
            text.replace("pz1.8.", "pz1.0."),
            format!("{text}0"),
            format!("{text}."),
            text.to_uppercase(),
            format!("{}{sealed}", longer.trim_end_matches(|c: char| c != '.')),
            String::new(),
            "pz1....".to_owned(),
            format!("pz1.8.{}.0.00", i64::MAX),
        ];

        for puzzle in forged {
            let verified = verify_puzzle(&Toy, "login", SUBJECT, &puzzle, "1", at(0));
            assert_eq!(verified, Err(PuzzleError::Foreign), "{puzzle}");
        }
    }

    #[test]
    fn a_wrong_or_overlong_answer_solves_nothing() {
        let text = puzzle().seal(&Toy);
        let wrong =
            (0..1000).map(|n| n.to_string()).find(|n| leading_zeros(&Toy.plain(format!("{text}.{n}").as_bytes())) < 8);

        for answer in [wrong.unwrap(), "1".repeat(33), "a b".to_owned(), "é".to_owned()] {
            assert_eq!(verify_puzzle(&Toy, "login", SUBJECT, &text, &answer, at(0)), Err(PuzzleError::Unsolved));
        }
    }

    #[test]
    fn zero_bits_are_counted_over_bytes() {
        let digest = |bytes: &[u8]| {
            let mut digest = [0xff; 32];
            digest[..bytes.len()].copy_from_slice(bytes);
            digest
        };

        for (bytes, zeros) in [(&[][..], 0), (&[0x7f], 1), (&[0, 0x80], 8), (&[0, 0, 1], 23), (&[0; 32], 256)] {
            assert_eq!(leading_zeros(&digest(bytes)), zeros);
        }
    }
}
