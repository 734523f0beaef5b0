//! Joiners: characters that show nothing themselves and shape the letters beside them.
//!
//! Where RFC 5892 (appendices A.1 and A.2) allows them is too narrow for names: Persian writes one
//! after letters that join to the right alone, Bengali and Kannada one before the virama.

use icu_properties::{
    CodePointMapData,
    props::{CanonicalCombiningClass, Script},
    script::ScriptWithExtensions,
};

use super::characters::{is_letter, is_mark};

/// The scripts whose letters change their shape beside others.
const SCRIPTS: &[Script] = &[
    // Cursive ones.
    Script::Arabic,
    Script::Syriac,
    Script::Mandaic,
    Script::Nko,
    Script::Mongolian,
    Script::PhagsPa,
    Script::Adlam,
    Script::HanifiRohingya,
    // Those with conjuncts.
    Script::Devanagari,
    Script::Bengali,
    Script::Gurmukhi,
    Script::Gujarati,
    Script::Oriya,
    Script::Tamil,
    Script::Telugu,
    Script::Kannada,
    Script::Malayalam,
    Script::Sinhala,
    Script::Khmer,
    Script::Myanmar,
    Script::Tibetan,
    Script::Balinese,
    Script::Javanese,
    Script::Sundanese,
    Script::TaiTham,
    Script::Newa,
    Script::Tirhuta,
    Script::Grantha,
    Script::Sharada,
    Script::Chakma,
    Script::MeeteiMayek,
    Script::SylotiNagri,
    Script::Saurashtra,
    Script::Kaithi,
    Script::Modi,
];

/// Returns whether a character is ZWNJ, ZWJ, or the vowel separator of Mongolian.
pub(super) const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{180e}')
}

/// Returns whether a text ends in a mark that takes the vowel off a letter.
pub(super) fn ends_in_virama(text: &str) -> bool {
    let class = |c| CodePointMapData::<CanonicalCombiningClass>::new().get(c);
    text.chars().next_back().is_some_and(|c| class(c) == CanonicalCombiningClass::Virama)
}

/// Leaves out joiners that join nothing: the second of two alike, and one at the end or the start
/// of a word in a script that uses them.
pub(super) fn drop_loose(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let after = text.get(at + c.len_utf8()..).unwrap_or_default();
        if !is_joiner(c) || !is_loose(&kept, c, after) {
            kept.push(c);
        }
    }
    kept
}

/// Returns whether the joiner there stands between letters or marks that join, or after a virama at the end of a word.
pub(super) fn is_in_place(name: &str, at: usize) -> bool {
    let (before, rest) = name.split_at_checked(at).unwrap_or_default();
    let mut rest = rest.chars();
    rest.next();
    let next = rest.next();
    before.chars().next_back().is_some_and(joins)
        && (next.is_some_and(joins) || (ends_in_virama(before) && !next.is_some_and(is_of_word)))
}

fn is_loose(before: &str, joiner: char, after: &str) -> bool {
    let (last, next) = (before.chars().next_back(), after.chars().next());
    let ends_word = last.is_some_and(joins) && !next.is_some_and(is_of_word) && !ends_in_virama(before);
    let starts_word = next.is_some_and(joins) && !last.is_some_and(is_of_word);
    last == Some(joiner) || ends_word || starts_word
}

fn is_of_word(c: char) -> bool {
    is_letter(c) || is_mark(c) || is_joiner(c)
}

/// Returns whether a character is a letter or a mark of a script that uses joiners.
fn joins(c: char) -> bool {
    let scripts = ScriptWithExtensions::new();
    (is_letter(c) || is_mark(c)) && SCRIPTS.iter().any(|script| scripts.has_script(c, *script))
}
