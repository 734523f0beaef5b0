//! Folding of what people type and paste, before anything is parsed.
//!
//! Messages, spreadsheets and keyboards leave line ends, tabs, no-break blanks, byte order marks
//! and direction marks around a value, and write digits and dashes in the script of the reader.
//! A value has one spelling after folding, whatever came along with it.

use std::borrow::Cow;

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory},
};

/// Takes white space and format characters (general category Cf) off both ends.
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// Gives the characters of a code or a number as ASCII, as far as they stand for it.
///
/// White space and characters that show nothing are left out; decimal digits of any script
/// become `0` to `9`, fullwidth forms their ASCII ones, dashes of any kind `-`, slashes `/`.
/// All others stay as they are, for the parser to refuse.
pub fn fold(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !is_blank(*c) && !is_invisible(*c)).map(canonical)
}

/// Puts back the `+` that a number has lost where a form or a query wrote it as it is.
///
/// There `+` means a blank, so a blank before the first digit can only have been one. Before a
/// zero it stays a blank: no calling code begins so.
pub fn restore_plus(text: &str) -> Cow<'_, str> {
    let Some(at) = text.find(|c| digit(c).is_some()) else { return Cow::Borrowed(text) };
    let (before, number) = text.split_at(at);
    let is_lost = before.contains(' ') && fold(before).all(|c| c == '(');
    if is_lost && fold(number).next() != Some('0') { Cow::Owned(format!("+{number}")) } else { Cow::Borrowed(text) }
}

/// Gives the ASCII digit that a decimal digit of any script (general category Nd) stands for.
pub fn digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_digit().then_some(c);
    }
    let is_digit = |code_point| CATEGORIES.get32(code_point) == GeneralCategory::DecimalNumber;
    let code_point = u32::from(c);
    // Unicode keeps the digits of a script together, from zero to nine (chapter 4.6 of the standard),
    // so the digits that stand right before one tell its value.
    let before = (1..=code_point).take_while(|distance| is_digit(code_point - distance)).count();
    if is_digit(code_point) { "0123456789".chars().nth(before % 10) } else { None }
}

/// Returns whether a character is white space, or a format character, as marks of direction are.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || (!c.is_ascii() && CATEGORIES.get(c) == GeneralCategory::Format)
}

/// Returns whether a character is a dash of any kind, or a minus sign.
pub fn is_dash(c: char) -> bool {
    // Beside the category: a bullet, modifier and mathematical minus signs.
    let is_like_dash = matches!(c, '\u{2d7}' | '\u{2043}' | '\u{2212}' | '\u{2796}');
    c == '-' || (!c.is_ascii() && (is_like_dash || CATEGORIES.get(c) == GeneralCategory::DashPunctuation))
}

const CATEGORIES: icu_properties::CodePointMapDataBorrowed<'static, GeneralCategory> =
    CodePointMapData::<GeneralCategory>::new();

/// Returns whether a character shows nothing, as selectors and fillers do, and what phones put in place of a picture.
pub fn is_invisible(c: char) -> bool {
    !c.is_ascii() && (c == '\u{fffc}' || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c))
}

fn canonical(c: char) -> char {
    if let Some(digit) = digit(c) {
        return digit;
    }
    match c {
        _ if is_dash(c) => '-',
        // A Japanese keyboard has the mark of long vowels where others have the hyphen.
        '\u{30fc}' | '\u{ff70}' => '-',
        '\u{2044}' | '\u{2215}' => '/',
        '\u{fe62}' | '\u{207a}' | '\u{2795}' => '+',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        fold(text).collect()
    }

    #[test]
    fn every_decimal_digit_has_the_value_of_its_place() {
        for range in CATEGORIES.iter_ranges_for_value(GeneralCategory::DecimalNumber) {
            let digits: Vec<char> = range.filter_map(char::from_u32).collect();

            for script in digits.chunks(10) {
                let values: String = script.iter().filter_map(|c| digit(*c)).collect();
                assert_eq!(values, "0123456789", "{script:?}");
            }
        }
    }

    #[test]
    fn digits_of_any_script_are_ascii_digits() {
        for text in [
            "0123456789",
            "٠١٢٣٤٥٦٧٨٩",
            "۰۱۲۳۴۵۶۷۸۹",
            "०१२३४५६७८९",
            "০১২৩৪৫৬৭৮৯",
            "０１２３４５６７８９",
            "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
            "០១២៣៤៥៦៧៨៩",
            "๐๑๒๓๔๕๖๗๘๙",
        ] {
            assert_eq!(folded(text), "0123456789", "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_digit_stays() {
        assert_eq!(folded("²①Ⅳ零"), "²①Ⅳ零");
    }

    #[test]
    fn blanks_and_format_characters_are_left_out() {
        let junk = "\u{feff}\t1\r\n\u{a0}\u{202f}\u{2003}2\u{200b}\u{200e}\u{200f}\u{2066}3\u{2069}\u{2060}\u{ad}\u{2028}\u{fe0f}\u{fffc} ";

        assert_eq!(folded(junk), "123");
        assert_eq!(trim("\u{feff}\u{2067} a\u{200b}b \u{2069}\r\n"), "a\u{200b}b");
    }

    #[test]
    fn dashes_and_slashes_of_any_kind_are_one() {
        assert_eq!(folded("-‐‑‒–—―−﹣－ー"), "-".repeat(11));
        assert_eq!(folded("/⁄∕／"), "////");
        assert_eq!(folded("＋﹢（ＡＢ．ｚ）"), "++(AB.z)");
    }

    #[test]
    fn a_blank_before_the_first_digit_is_a_lost_plus() {
        for (text, restored) in [
            (" 447400123456", "+447400123456"),
            ("  447400123456", "+447400123456"),
            ("( 44) 7400 123456", "+44) 7400 123456"),
            ("\u{feff} 447400123456", "+447400123456"),
            (" ४४7400123456", "+४४7400123456"),
            ("447400 123456", "447400 123456"),
            (" 07400 123456", " 07400 123456"),
            (" 0044 7400 123456", " 0044 7400 123456"),
            (" +447400123456", " +447400123456"),
            ("tel: 447400123456", "tel: 447400123456"),
            ("\u{a0}447400123456", "\u{a0}447400123456"),
            (" ", " "),
        ] {
            assert_eq!(restore_plus(text), restored, "{text:?}");
        }
    }

    #[test]
    fn controls_stay_to_be_refused() {
        assert_eq!(folded("1\0\u{1b}2"), "1\0\u{1b}2");
    }
}
