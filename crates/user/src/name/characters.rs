//! The characters that names are made of.

use doorward_kernel::typed_text;
use icu_properties::{
    CodePointMapData, CodePointMapDataBorrowed,
    props::{GeneralCategory, GeneralCategoryGroup},
};

const CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> = CodePointMapData::<GeneralCategory>::new();

/// Punctuation in names, beside dashes and quotes.
const PUNCTUATION: &[char] = &[
    // Initials, degrees, `a/l`, nicknames.
    '.', '．', ',', '，', '、', '،', '/', '／', '(', ')', '（', '）',
    // Apostrophes, and what is typed for them.
    '\'', '＇', '`', '´', '\u{2032}', '\u{55a}',
    // Middle dots of Catalan, Chinese, Japanese, Tibetan and Ethiopic, and the double hyphen of katakana.
    '·', '・', '･', '\u{2022}', '\u{2027}', '\u{2219}', '\u{22c5}', '\u{2e31}', '་', '༌', '፡', '＝',
    // Hebrew geresh and gershayim, and the colon that is a letter.
    '׳', '״', '\u{a789}',
];

pub(super) fn is_letter(c: char) -> bool {
    let is_letter =
        GeneralCategoryGroup::Letter.contains(CATEGORIES.get(c)) || CATEGORIES.get(c) == GeneralCategory::LetterNumber;
    // Fillers of Hangul are letters that show nothing.
    is_letter && !typed_text::is_invisible(c)
}

pub(super) fn is_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(CATEGORIES.get(c))
}

/// Returns whether a character is a quotation mark, but for the single ones that serve as apostrophes.
pub(super) fn is_quote(c: char) -> bool {
    matches!(c, '"' | '＂' | '“' | '”' | '„' | '‟' | '«' | '»' | '‹' | '›' | '「' | '」' | '『' | '』' | '\u{2033}')
        || matches!(c, '\u{301d}'..='\u{301f}')
}

/// Returns whether a character begins another line or another column.
pub(super) const fn is_line_break(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Returns whether names have that character; joiners are judged by where they stand.
pub(super) fn is_of_names(c: char) -> bool {
    let is_apostrophe = matches!(c, '‘' | '’' | '‛' | '‚');
    is_letter(c)
        || is_mark(c)
        || typed_text::digit(c).is_some()
        || CATEGORIES.get(c) == GeneralCategory::SpaceSeparator
        || typed_text::is_dash(c)
        || is_quote(c)
        || is_apostrophe
        || PUNCTUATION.contains(&c)
}
