use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::{Code, Digits};

/// The HOTP value of a key and counter (RFC 4226, section 5.3): HMAC-SHA-1, dynamic truncation.
pub fn hotp(key: &[u8], counter: u64, digits: Digits) -> Code {
    // HMAC takes keys of every length, so there is no error to report.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) else { return Code::from_digits(String::new()) };
    mac.update(&counter.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let modulus = 10_u32.pow(u32::from(digits.get()));
    let value = truncate(&digest) % modulus;
    Code::from_digits(format!("{value:0width$}", width = usize::from(digits.get())))
}

/// The 31 bits at the offset that the last four bits name.
fn truncate(digest: &[u8]) -> u32 {
    let offset = digest.last().map_or(0, |byte| usize::from(byte & 0x0f));
    let bytes = digest.iter().skip(offset).take(4);
    bytes.fold(0_u32, |value, byte| (value << 8) | u32::from(*byte)) & 0x7fff_ffff
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
