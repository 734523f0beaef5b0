use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use doorward_kernel::{Random, Timestamp};
use doorward_limit::{Puzzle, PuzzleDigests, Take, verify_puzzle};

/// Puzzles that let a caller through the limits of an elevated threat level.
///
/// [`ProofOfWork`] is built in; a service that shows CAPTCHAs is another one.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Puzzles: Send + Sync {
    /// A puzzle for callers from that host.
    fn puzzle(&self, host: &str, now: Timestamp) -> AskedPuzzle;

    /// What the one use of a right answer takes; `None` is no right answer.
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
#[derive(Clone)]
pub struct ProofOfWork {
    /// The key of puzzles.
    pub digests: Arc<dyn PuzzleDigests>,
    /// What tells them apart.
    pub random: Arc<dyn Random>,
    /// The leading zero bits of a solution, 1 to 32; each doubles the work.
    pub difficulty: u8,
}

impl ProofOfWork {
    /// About a million digests: a second in a browser, and a second of a botnet's for each start.
    pub const DIFFICULTY: u8 = 20;
}

/// What all puzzles are for.
const PURPOSE: &str = "start";
/// How long a puzzle can be solved.
const TTL: Duration = Duration::from_mins(5);

#[async_trait]
impl Puzzles for ProofOfWork {
    fn puzzle(&self, host: &str, now: Timestamp) -> AskedPuzzle {
        let mut salt = [0; 8];
        self.random.fill(&mut salt);
        let expires_at = Timestamp::from_micros((now + TTL).as_seconds().saturating_mul(1_000_000));
        let salt = u64::from_be_bytes(salt);
        let puzzle = Puzzle { purpose: PURPOSE, subject: host, difficulty: self.difficulty, expires_at, salt };
        AskedPuzzle { kind: "sha256".to_owned(), text: puzzle.seal(&*self.digests) }
    }

    async fn solved(&self, host: &str, answer: &str, now: Timestamp) -> Option<Vec<Take>> {
        let (puzzle, answer) = answer.rsplit_once('.')?;
        let solved = verify_puzzle(&*self.digests, PURPOSE, host, puzzle, answer, now).ok()?;
        Some(vec![solved.take()])
    }
}
