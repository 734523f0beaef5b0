//! The GSM 7-bit default alphabet (3GPP TS 23.038, section 6.2.1).

/// Septets that fit one SMS segment.
pub const SEGMENT: usize = 160;

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENDED: &str = "^{}\\[~]|€";

/// The septets a text takes; `None` when a character is not in the alphabet.
pub fn septets(text: &str) -> Option<usize> {
    text.chars().map(|c| if BASIC.contains(c) { Some(1) } else { EXTENDED.contains(c).then_some(2) }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extended_characters_take_two_septets() {
        assert_eq!(septets("a€"), Some(3));
    }

    #[test]
    fn other_alphabets_do_not_fit() {
        assert_eq!(septets("ы"), None);
    }
}
