use crate::gsm7;

/// UTF-16 units that fit one SMS segment (UCS-2; 3GPP TS 23.038, section 6.2.3).
const UNITS: usize = 70;

/// Returns whether a text fits one segment: in GSM-7, or in UCS-2 when a character is not in that alphabet.
pub(super) fn holds(text: &str) -> bool {
    match gsm7::septets(text) {
        Some(septets) => septets <= gsm7::SEGMENT,
        None => text.encode_utf16().count() <= UNITS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_holds_160_septets_or_70_units() {
        for (character, most) in [("a", 160), ("€", 80), ("ы", 70), ("ą", 70), ("क", 70), ("密", 70), ("🔑", 35)]
        {
            assert!(holds(&character.repeat(most)), "{character}");
            assert!(!holds(&character.repeat(most + 1)), "{character}");
        }
    }
}
