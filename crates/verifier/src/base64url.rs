//! Base64url without padding, in its one canonical form (RFC 4648, section 3.5).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The bytes; `None` for padding, other alphabets and trailing bits that are not zero.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// As [`decode`], for exactly `N` bytes.
pub(crate) fn decode_exact<const N: usize>(text: &str) -> Option<[u8; N]> {
    decode(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_is_read() {
        assert_eq!(decode("_w"), Some(vec![0xff]));
        for text in ["_x", "_w==", "/w", "_w\n", " _w", "_"] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }
}
