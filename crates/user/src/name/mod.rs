use std::fmt;

use doorward_kernel::typed_text;
use unicode_normalization::UnicodeNormalization;

mod address;
mod characters;
mod joiners;

use characters::{is_letter, is_line_break, is_mark, is_of_names, is_quote};

/// The longest name, in code points.
const MAX: usize = 100;
/// The most marks in a row; no script puts as many on one letter.
const MARKS_MAX: usize = 6;

/// A first or last name as its owner writes it: NFC, 1 to 100 code points.
///
/// It has letters, marks, digits and blanks of any script and the punctuation that names bear.
/// Joiners stand where scripts need them. Controls, line breaks, characters that show nothing,
/// `<`, `>` and what reads as a web address are refused, so that a name in a mail can neither
/// carry a link nor rearrange the text around it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(String);

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is empty.
    #[error("must not be empty")]
    Empty,
    /// It is longer than 100 code points.
    #[error("must have at most 100 characters")]
    TooLong,
    /// It has a line break or a tab inside.
    #[error("must be on one line, without tabs")]
    LineBreak,
    /// It has a character inside that nobody sees.
    #[error("holds a character that cannot be seen; type the name instead of pasting it")]
    Invisible,
    /// It has a character that names do not have.
    #[error("must not hold the character {0}; letters, digits, blanks and the punctuation of names are fine")]
    Character(char),
    /// It has no letter.
    #[error("must have a letter")]
    NoLetter,
    /// It has more marks in a row than any script has.
    #[error("must have at most 6 marks on one letter")]
    Marks,
    /// It reads as a web address.
    #[error("must not look like a web address; put a blank after the dot")]
    Address,
}

impl Name {
    /// Parses what a person typed or pasted.
    ///
    /// White space, format characters, dashes and double quotes go at both ends; inside they stay
    /// as they were typed.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let name = joiners::drop_loose(trim(&text.nfc().collect::<String>()));
        match name.chars().count() {
            0 => return Err(NameError::Empty),
            count if count > MAX => return Err(NameError::TooLong),
            _ => {}
        }
        check_characters(&name)?;
        if address::reads_as_one(&name) {
            return Err(NameError::Address);
        }
        Ok(Self(name))
    }

    /// Parses a name that may be missing: one of which nothing is left is none.
    pub fn parse_optional(text: &str) -> Result<Option<Self>, NameError> {
        match Self::parse(text) {
            Ok(name) => Ok(Some(name)),
            Err(NameError::Empty) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes a name that was parsed before and kept by a store, whatever the rules were then.
    ///
    /// `None` when it is empty.
    pub fn from_stored(name: String) -> Option<Self> {
        (!name.is_empty()).then_some(Self(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[name]")
    }
}

/// Takes off both ends what pasting leaves there.
///
/// A joiner that shapes the last letter stays, and a quote whose partner stands inside.
fn trim(text: &str) -> &str {
    let is_junk = |c: char| typed_text::is_blank(c) || typed_text::is_dash(c) || is_quote(c);
    let mut end = text.trim_end_matches(is_junk).len();
    let mut start = text.len() - text.trim_start_matches(is_junk).len();
    let part = |start: usize, end: usize| text.get(start..end).unwrap_or_default();
    let (before, body, after) = (part(0, start), part(start, end), part(end, text.len()));
    let is_open = body.chars().filter(|c| is_quote(*c)).count() % 2 == 1;
    let opening = before.chars().next_back().filter(|c| is_quote(*c));
    match (opening, after.chars().next()) {
        (_, Some(joiner)) if joiners::is_joiner(joiner) && joiners::ends_in_virama(body) => end += joiner.len_utf8(),
        (None, Some(closing)) if is_quote(closing) && is_open => end += closing.len_utf8(),
        (Some(opening), closing) if is_open && !closing.is_some_and(is_quote) => start -= opening.len_utf8(),
        _ => {}
    }
    part(start, end)
}

fn check_characters(name: &str) -> Result<(), NameError> {
    let mut marks = 0;
    let mut has_letter = false;
    for (at, c) in name.char_indices() {
        if joiners::is_joiner(c) {
            if !joiners::is_in_place(name, at) {
                return Err(NameError::Invisible);
            }
            continue;
        }
        has_letter |= is_letter(c);
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if marks > MARKS_MAX {
            return Err(NameError::Marks);
        }
        if !is_of_names(c) {
            return Err(refusal(c));
        }
    }
    if has_letter { Ok(()) } else { Err(NameError::NoLetter) }
}

fn refusal(c: char) -> NameError {
    if is_line_break(c) {
        NameError::LineBreak
    } else if c.is_control() || typed_text::is_blank(c) || typed_text::is_invisible(c) {
        NameError::Invisible
    } else {
        NameError::Character(c)
    }
}
