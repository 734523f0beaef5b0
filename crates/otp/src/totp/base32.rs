/// The alphabet of RFC 4648, section 6, in which authenticator apps take keys.
pub(crate) const RFC_4648: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Crockford's alphabet: digits and letters without I, L, O and U.
pub(crate) const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The bytes in groups of five bits, highest first, without padding.
pub(crate) fn encode(bytes: &[u8], alphabet: &[u8; 32]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(5));
    let (mut pending, mut bits) = (0_u16, 0_u32);
    for byte in bytes {
        pending = (pending << 8) | u16::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(character(alphabet, pending >> bits));
            pending &= (1 << bits) - 1;
        }
    }
    if bits > 0 {
        text.push(character(alphabet, pending << (5 - bits)));
    }
    text
}

fn character(alphabet: &[u8; 32], value: u16) -> char {
    alphabet.get(usize::from(value & 31)).copied().map_or('0', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648_section_10_hold() {
        for (text, encoded) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(encode(text.as_bytes(), RFC_4648), encoded);
        }
    }

    #[test]
    fn every_value_has_a_character_of_its_own() {
        let bytes = [0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf];

        assert_eq!(encode(&bytes, CROCKFORD), "0123456789ABCDEF");
    }
}
