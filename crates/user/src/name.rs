use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// The longest name, in code points.
const MAX: usize = 64;

/// A first or last name: NFC, 1 to 64 code points, nothing that reads as an address.
///
/// Letters and marks of any script, spaces, `'`, `’`, `-`, `.` and `·`; no digits in the
/// form of a link, no control, format or direction characters, so that a name in a mail
/// can neither carry a link nor rearrange the text around it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(String);

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is empty.
    #[error("must not be empty")]
    Empty,
    /// It is longer than 64 code points.
    #[error("must have at most 64 characters")]
    TooLong,
    /// It holds a character that names do not have.
    #[error("may hold letters, spaces, apostrophes, hyphens and dots only")]
    Character,
    /// It reads as a web or mail address.
    #[error("must not look like a web address")]
    Address,
}

impl Name {
    /// Parses what a person typed; blanks around it are ignored.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let name: String = text.trim_matches(' ').nfc().collect();
        match name.chars().count() {
            0 => return Err(NameError::Empty),
            count if count > MAX => return Err(NameError::TooLong),
            _ => {}
        }
        if !name.chars().all(is_name_character) || !name.chars().any(char::is_alphabetic) {
            return Err(NameError::Character);
        }
        if looks_like_address(&name) {
            return Err(NameError::Address);
        }
        Ok(Self(name))
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

fn is_name_character(c: char) -> bool {
    c.is_alphabetic() || unicode_normalization::char::is_combining_mark(c) || " '’-.·".contains(c)
}

/// A dot followed by two letters reads as a domain, as mail clients make links of it.
fn looks_like_address(name: &str) -> bool {
    let is_linkable = |(before, after): (&str, &str)| {
        before.ends_with(char::is_alphabetic) && after.chars().take_while(|c| c.is_alphabetic()).count() >= 2
    };
    let dots = name.match_indices('.').map(|(at, _)| (&name[..at], &name[at + 1..]));
    name.to_lowercase().starts_with("www") || dots.into_iter().any(is_linkable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_world_are_names() {
        for text in
            ["Ada", "O'Neill", "Anne-Marie", "José", "Jr.", "J. R. R.", "李", "Ağaoğlu", "नेहा", "Gal·la", "ʻOkina"]
        {
            assert!(Name::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_could_change_a_mail_is_no_name() {
        for text in [
            "",
            " ",
            "A\r\nBcc: x@evil.test",
            "B\nSubject: hi",
            "{{7*7}}",
            "${7*7}",
            "<img src=x onerror=1>",
            "Visit evil.test now",
            "http://evil.test",
            "www.evil.test",
            "WWW",
            "a@evil.test",
            "\u{202e}Ada",
            "A\u{200b}da",
            "A\0da",
            "...",
            "a/b",
        ] {
            assert!(Name::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_name_has_at_most_64_code_points() {
        assert!(Name::parse(&"é".repeat(64)).is_ok());
        assert_eq!(Name::parse(&"é".repeat(65)), Err(NameError::TooLong));
    }

    #[test]
    fn names_are_composed() {
        assert_eq!(Name::parse("Jose\u{301}").unwrap().as_str(), "José");
    }
}
