use doorward_kernel::Locale;

/// The form of a noun after a whole number: a cardinal plural category (Unicode CLDR).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plural {
    /// As in `1 minute`, `21 минута`.
    One,
    /// As in `2 minuty`, `22 минуты`.
    Few,
    /// As in `5 minut`, `11 минут`.
    Many,
    /// As in `2 minutes`, and where nouns have one form.
    Other,
}

impl Plural {
    /// Returns the category of a number below a million in that language.
    ///
    /// From a million on, some languages have a form more (`un million de minutes`).
    pub const fn of(locale: Locale, number: u64) -> Self {
        let (last, last_two) = (number % 10, number % 100);
        match locale {
            Locale::En | Locale::De | Locale::Es | Locale::It | Locale::Tr => match number {
                1 => Self::One,
                _ => Self::Other,
            },
            Locale::Fr | Locale::Pt | Locale::Hi => match number {
                0 | 1 => Self::One,
                _ => Self::Other,
            },
            Locale::Pl => match (number, last, last_two) {
                (1, ..) => Self::One,
                (_, 2..=4, ..=11 | 15..) => Self::Few,
                _ => Self::Many,
            },
            Locale::Ru | Locale::Uk => match (last, last_two) {
                (1, ..=10 | 12..) => Self::One,
                (2..=4, ..=11 | 15..) => Self::Few,
                _ => Self::Many,
            },
            Locale::Ja | Locale::Zh => Self::Other,
        }
    }

    /// The keyword of CLDR.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Few => "few",
            Self::Many => "many",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use icu_plurals::{PluralCategory, PluralRules};

    use super::*;

    #[test]
    fn the_categories_are_those_of_cldr() {
        for locale in Locale::ALL {
            let tag: icu_locale_core::Locale = locale.as_str().parse().unwrap();
            let rules = PluralRules::try_new_cardinal(tag.into()).unwrap();
            for number in 0..=1000_u64 {
                let expected = match rules.category_for(number) {
                    PluralCategory::One => Plural::One,
                    PluralCategory::Few => Plural::Few,
                    PluralCategory::Many => Plural::Many,
                    PluralCategory::Other => Plural::Other,
                    PluralCategory::Zero | PluralCategory::Two => panic!("a category without words"),
                };
                assert_eq!(Plural::of(*locale, number), expected, "{locale:?} {number}");
            }
        }
    }
}
