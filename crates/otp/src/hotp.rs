use totp_rs::Builder;

use crate::{Code, Digits};

/// The HOTP value of a key and counter (RFC 4226, section 5.3): HMAC-SHA-1, dynamic truncation.
pub fn hotp(key: &[u8], counter: u64, digits: Digits) -> Code {
    // With steps of one second the time is the counter.
    let codes = Builder::new().with_step_duration(1).with_digits(digits.get()).with_secret(key).build_noncompliant();
    Code::from_digits(codes.generate(counter).to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_vectors_of_rfc_4226_appendix_d_hold() {
        let codes: Vec<_> =
            (0..10).map(|counter| hotp(b"12345678901234567890", counter, Digits::SIX).reveal().to_owned()).collect();

        assert_eq!(
            codes,
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
        );
    }

    #[test]
    fn codes_have_all_their_digits_and_spread() {
        for digits in [6, 7, 8] {
            let codes: HashSet<_> = (0..10_000)
                .map(|counter| hotp(b"key", counter, Digits::new(digits).unwrap()).reveal().to_owned())
                .collect();

            assert!(codes.iter().all(|code| code.len() == usize::from(digits)));
            assert!(codes.len() > 9_900, "{digits}");
            assert!(codes.iter().any(|code| code.starts_with('0')));
        }
    }
}
