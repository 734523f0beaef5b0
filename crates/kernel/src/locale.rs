use crate::typed_text;

macro_rules! locales {
    ($($(#[$attribute:meta])* $name:ident = $tag:literal,)*) => {
        /// A language the shipped texts exist in.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum Locale {
            $($(#[$attribute])* $name,)*
        }

        impl Locale {
            /// Every shipped language.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The BCP 47 tag of the language.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $tag,)*
                }
            }
        }
    };
}

locales! {
    /// English.
    #[default]
    En = "en",
    /// German.
    De = "de",
    /// French.
    Fr = "fr",
    /// Spanish.
    Es = "es",
    /// Portuguese.
    Pt = "pt",
    /// Italian.
    It = "it",
    /// Polish.
    Pl = "pl",
    /// Turkish.
    Tr = "tr",
    /// Russian.
    Ru = "ru",
    /// Ukrainian.
    Uk = "uk",
    /// Hindi.
    Hi = "hi",
    /// Japanese.
    Ja = "ja",
    /// Chinese, in simplified characters.
    Zh = "zh",
}

impl Locale {
    /// Finds the language by its tag.
    ///
    /// `None` when no text in that language is shipped.
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|locale| locale.as_str().eq_ignore_ascii_case(tag))
    }

    /// Finds the language that serves a preference best, by lookup (RFC 4647, section 3.4).
    ///
    /// A preference is a BCP 47 tag, as in `pt-BR`, a list of them, as browsers send it, or the name
    /// of a POSIX locale, as in `de_AT.UTF-8`. One that no shipped text serves gives the default.
    pub fn lookup(preference: &str) -> Self {
        let ranges = preference.split([',', ':']).map(typed_text::trim);
        // The shipped tags have one subtag, so lookup ends at the first.
        let language = |range: &str| range.split(['-', '_', ';', '.', '@', ' ']).next().and_then(Self::parse);
        ranges.into_iter().find_map(language).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preference_finds_the_nearest_language_or_the_default() {
        for (preference, locale) in [
            ("de", Locale::De),
            ("DE", Locale::De),
            ("de-AT", Locale::De),
            ("de_AT", Locale::De),
            ("de-Latn-CH-1996", Locale::De),
            ("de_DE.UTF-8", Locale::De),
            ("de@euro", Locale::De),
            (" de\u{200e}\r\n", Locale::De),
            ("nl-BE, de;q=0.8, en;q=0.7", Locale::De),
            ("en_US", Locale::En),
            ("en-x-de", Locale::En),
            ("fr-CH, de;q=0.8, en;q=0.7", Locale::Fr),
            ("pt-BR", Locale::Pt),
            ("uk", Locale::Uk),
            ("zh-Hant", Locale::Zh),
            ("zh-TW", Locale::Zh),
            ("zh_CN.GB18030", Locale::Zh),
            ("ja_JP.eucJP", Locale::Ja),
            ("nl", Locale::En),
            ("ua", Locale::En),
            ("den", Locale::En),
            ("*", Locale::En),
            ("i-klingon", Locale::En),
            ("C.UTF-8", Locale::En),
            ("", Locale::En),
            (" ", Locale::En),
            ("\0 no language at all", Locale::En),
        ] {
            assert_eq!(Locale::lookup(preference), locale, "{preference:?}");
        }
    }
}
