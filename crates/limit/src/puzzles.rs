use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use doorward_kernel::{Random, Timestamp};
use subtle::ConstantTimeEq as _;

use crate::{BucketKey, BucketKind, Digests, Rate, Take};

/// Puzzles that let a caller through the limits of an elevated threat level.
///
/// [`ProofOfWork`] is built in; a service that shows CAPTCHAs is another one.
#[async_trait]
pub trait Puzzles: Send + Sync {
    /// A puzzle for callers from that host.
    fn puzzle(&self, host: &str, now: Timestamp) -> AskedPuzzle;

    /// Returns the takes of the one use of a right answer; `None` for a wrong one.
    ///
    /// A failure to find out is no right answer, too: the caller is limited as without one.
    async fn solved(&self, host: &str, answer: &str, now: Timestamp) -> Option<Vec<Take>>;
}

/// A puzzle as its client gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedPuzzle {
    /// How it is solved: `sha256`, or the name of a provider.
    pub kind: String,
    /// The puzzle, or what the provider's page needs to show one.
    pub text: String,
}

/// Puzzles that a machine solves in a second or so and that cost nobody's attention.
///
/// The text of one is version, difficulty, end, salt and seal, joined by dots. It is solved by a text of at
/// most 32 letters and digits so that the SHA-256 of puzzle, dot and that text begins with so many zero bits.
/// Nothing is stored for it: the seal binds it to its host.
#[derive(Clone)]
pub struct ProofOfWork {
    /// Seals puzzles.
    pub digests: Arc<dyn Digests>,
    /// SHA-256, which every client can compute too.
    pub sha256: fn(&[u8]) -> [u8; 32],
    /// Makes them unguessable.
    pub random: Arc<dyn Random>,
    /// The leading zero bits of a solution, 1 to 32; each doubles the work.
    pub difficulty: u8,
}

/// The time for which a puzzle can be solved.
const TTL: Duration = Duration::from_mins(5);

impl ProofOfWork {
    /// About a million digests: a second in a browser, and a second of a botnet's for each start.
    pub const DIFFICULTY: u8 = 20;

    fn seal(&self, text: &str, host: &str) -> [u8; 32] {
        self.digests.digest(BucketKind::SOLVED_PUZZLES, &format!("{text} {host}"))
    }

    fn find_solved(&self, host: &str, answer: &str, now: Timestamp) -> Option<Take> {
        let (puzzle, solution) = answer.rsplit_once('.')?;
        let (text, seal) = puzzle.rsplit_once('.')?;
        let subject = self.seal(text, host);
        if !bool::from(HEXLOWER.encode(&subject).as_bytes().ct_eq(seal.as_bytes())) {
            return None;
        }
        // It is ours, so it reads as it was written.
        let mut fields = text.split('.').skip(1);
        let difficulty: u32 = fields.next()?.parse().ok()?;
        let expires_at: i64 = fields.next()?.parse().ok()?;
        let is_solution = solution.len() <= 32 && solution.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_solved = is_solution && leading_zeros(&(self.sha256)(answer.as_bytes())) >= difficulty;
        // One in an hour, and so one in its life.
        let once = Take::one(BucketKey { kind: BucketKind::SOLVED_PUZZLES, subject }, Rate::fixed(1, 3600, 1).into());
        (is_solved && now.as_seconds() < expires_at).then_some(once)
    }
}

#[async_trait]
impl Puzzles for ProofOfWork {
    fn puzzle(&self, host: &str, now: Timestamp) -> AskedPuzzle {
        let mut salt = [0; 8];
        self.random.fill(&mut salt);
        let text = format!("pz1.{}.{}.{}", self.difficulty, (now + TTL).as_seconds(), HEXLOWER.encode(&salt));
        let seal = HEXLOWER.encode(&self.seal(&text, host));
        AskedPuzzle { kind: "sha256".to_owned(), text: format!("{text}.{seal}") }
    }

    async fn solved(&self, host: &str, answer: &str, now: Timestamp) -> Option<Vec<Take>> {
        Some(vec![self.find_solved(host, answer, now)?])
    }
}

fn leading_zeros(digest: &[u8; 32]) -> u32 {
    let zeros = digest.iter().take_while(|byte| **byte == 0).count();
    let rest = digest.get(zeros).map_or(0, |byte| byte.leading_zeros());
    u32::try_from(zeros).unwrap_or(32) * 8 + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decide, rows_of};

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

    impl Digests for Toy {
        fn digest(&self, _kind: BucketKind, subject: &str) -> [u8; 32] {
            spread(1, subject.as_bytes())
        }
    }

    fn plain(bytes: &[u8]) -> [u8; 32] {
        spread(2, bytes)
    }

    impl Random for Toy {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    const HOST: &str = "192.0.2.1/32";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn puzzles() -> ProofOfWork {
        ProofOfWork { digests: Arc::new(Toy), sha256: plain, random: Arc::new(Toy), difficulty: 8 }
    }

    fn answer(puzzle: &str, is_right: bool) -> String {
        let answers = (0..1_000_000).map(|number| format!("{puzzle}.{number}"));
        let is_solved = |answer: &String| leading_zeros(&plain(answer.as_bytes())) >= 8;
        answers.into_iter().find(|answer| is_solved(answer) == is_right).unwrap()
    }

    #[test]
    fn a_solution_counts_once_for_its_host_until_it_ends() {
        let puzzles = puzzles();
        let answer = answer(&puzzles.puzzle(HOST, at(0)).text, true);

        let take = puzzles.find_solved(HOST, &answer, at(299)).unwrap();

        let used = decide(&rows_of(std::slice::from_ref(&take)), at(0), |_| None).1[0].1;
        assert!(!decide(&rows_of(&[take]), at(299), |_| Some(used)).0.is_admitted());
        assert_eq!(puzzles.find_solved(HOST, &answer, at(300)), None);
        assert_eq!(puzzles.find_solved("192.0.2.2/32", &answer, at(0)), None);
    }

    #[test]
    fn nobody_makes_a_puzzle_easier_or_longer() {
        let puzzles = puzzles();
        let text = puzzles.puzzle(HOST, at(0)).text;
        let longer = puzzles.puzzle(HOST, at(9999)).text;
        let (_, seal) = text.rsplit_once('.').unwrap();
        let forged = [
            text.replace("pz1.8.", "pz1.1."),
            text.replace("pz1.8.", "pz1.08."),
            text.replace("pz1.8.", "pz1.0."),
            format!("{text}0"),
            format!("{text}."),
            text.to_uppercase(),
            format!("{}{seal}", longer.trim_end_matches(|c: char| c != '.')),
            String::new(),
            "pz1....".to_owned(),
        ];

        assert!(puzzles.find_solved(HOST, &answer(&text, true), at(0)).is_some());
        for puzzle in forged {
            assert_eq!(puzzles.find_solved(HOST, &answer(&puzzle, true), at(0)), None, "{puzzle}");
        }
    }

    #[test]
    fn a_wrong_or_overlong_answer_solves_nothing() {
        let puzzles = puzzles();
        let text = puzzles.puzzle(HOST, at(0)).text;
        let is_solved = |answer: &String| leading_zeros(&plain(answer.as_bytes())) >= 8;
        let longer = |width| (0..1_000_000).map(|n| format!("{text}.{n:0width$}")).find(is_solved).unwrap();

        assert!(puzzles.find_solved(HOST, &longer(32), at(0)).is_some());
        for answer in [answer(&text, false), longer(33), format!("{text}.a b"), format!("{text}.é"), text.clone()] {
            assert_eq!(puzzles.find_solved(HOST, &answer, at(0)), None);
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
