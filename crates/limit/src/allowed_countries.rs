use doorward_kernel::Country;

/// Where SMS may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedCountries {
    /// Everywhere, as an operator says with `*`.
    All,
    /// To these countries.
    Listed(Vec<Country>),
}

impl AllowedCountries {
    /// Reads a list of ISO 3166-1 alpha-2 codes, or the list of one `*`.
    ///
    /// The error is the text that is no code; it is empty when the list is.
    pub fn parse_all<T: AsRef<str>>(texts: &[T]) -> Result<Self, String> {
        match texts {
            [] => Err(String::new()),
            [text] if text.as_ref() == "*" => Ok(Self::All),
            texts => {
                let parse = |text: &T| Country::parse(text.as_ref()).ok_or_else(|| text.as_ref().to_owned());
                Ok(Self::Listed(texts.iter().map(parse).collect::<Result<_, _>>()?))
            }
        }
    }

    /// Whether SMS may go there; numbers of no country are nobody's to allow but `*`'s.
    pub fn allows(&self, country: Option<Country>) -> bool {
        match self {
            Self::All => true,
            Self::Listed(listed) => country.is_some_and(|country| listed.contains(&country)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_listed_or_all_by_a_star_alone() {
        let none: [&str; 0] = [];

        assert_eq!(AllowedCountries::parse_all(&["*"]), Ok(AllowedCountries::All));
        assert_eq!(AllowedCountries::parse_all(&["US", "*"]), Err("*".to_owned()));
        assert_eq!(AllowedCountries::parse_all(&none), Err(String::new()));
        assert!(AllowedCountries::All.allows(None));
    }
}
