use aws_lc_rs::digest::{Context, SHA256};

use crate::Puzzle;

/// The most bits that are solved here: sixteen million digests on average, which take some seconds.
const MAX_BITS: u32 = 24;

/// The answer to a puzzle of proof of work; `None` for others, as that of a CAPTCHA, and for those that take too long.
pub(crate) async fn solve(puzzle: &Puzzle) -> Option<String> {
    let bits = puzzle.text.split('.').nth(1)?.parse().ok()?;
    if puzzle.kind != "sha256" || bits > MAX_BITS {
        return None;
    }
    let text = puzzle.text.clone();
    tokio::task::spawn_blocking(move || search(&text, bits)).await.ok()?
}

/// Tries sixteen times as many solutions as it takes on average.
fn search(puzzle: &str, bits: u32) -> Option<String> {
    let mut start = Context::new(&SHA256);
    start.update(puzzle.as_bytes());
    start.update(b".");
    let is_right = |solution: &String| {
        let mut digest = start.clone();
        digest.update(solution.as_bytes());
        zero_bits(digest.finish().as_ref()) >= bits
    };
    let solution = (0..16_u64 << bits).map(|n| n.to_string()).find(is_right)?;
    Some(format!("{puzzle}.{solution}"))
}

/// The zero bits that the digest begins with, as far as its first four bytes go.
fn zero_bits(digest: &[u8]) -> u32 {
    digest.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes).leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn puzzle(kind: &str, text: &str) -> Puzzle {
        Puzzle { kind: kind.to_owned(), text: text.to_owned() }
    }

    #[tokio::test]
    async fn an_answer_begins_with_the_puzzle_and_its_digest_with_zeros() {
        let answer = solve(&puzzle("sha256", "pz1.12.1767225600.0123456789abcdef.tag")).await.unwrap();

        assert!(answer.starts_with("pz1.12.1767225600.0123456789abcdef.tag."), "{answer}");
        let mut digest = Context::new(&SHA256);
        digest.update(answer.as_bytes());
        assert!(zero_bits(digest.finish().as_ref()) >= 12);
    }

    #[tokio::test]
    async fn what_people_solve_and_what_takes_too_long_is_left_to_the_caller() {
        for (kind, text) in [("captcha", "pz1.1.x"), ("sha256", "pz1.25.x"), ("sha256", "pz1"), ("sha256", "pz1.-1.x")]
        {
            assert_eq!(solve(&puzzle(kind, text)).await, None, "{kind} {text}");
        }
    }
}
