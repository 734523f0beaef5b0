/// A language the shipped texts exist in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl Locale {
    /// Every shipped language.
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// The BCP 47 tag of the language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// Finds the language of a BCP 47 tag by its primary subtag (RFC 4647, section 3.4).
    ///
    /// `None` when no text in that language is shipped.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|locale| locale.as_str().eq_ignore_ascii_case(primary))
    }
}
