use doorward_kernel::Country;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A choice of countries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Countries {
    /// Every country, written `["*"]`.
    #[default]
    Every,
    /// These alone.
    Only(Vec<Country>),
}

impl Countries {
    /// Returns whether that country is among them.
    pub fn has(&self, country: Country) -> bool {
        match self {
            Self::Every => true,
            Self::Only(countries) => countries.contains(&country),
        }
    }

    /// Those that are among the others, too; `None` where there are none.
    pub(super) fn and(&self, others: &Self) -> Option<Self> {
        let Self::Only(countries) = self else { return Some(others.clone()) };
        let both: Vec<_> = countries.iter().copied().filter(|country| others.has(*country)).collect();
        (!both.is_empty()).then_some(Self::Only(both))
    }
}

impl<'de> Deserialize<'de> for Countries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let codes = Vec::<String>::deserialize(deserializer).unwrap_or_default();
        if codes == ["*"] {
            return Ok(Self::Every);
        }
        let countries: Option<Vec<Country>> = codes.iter().map(|code| Country::parse(code)).collect();
        let problem = r#"must be a list of ISO 3166 codes like ["US", "GB"], or ["*"] to mean every country"#;
        countries.filter(|countries| !countries.is_empty()).map(Self::Only).ok_or_else(|| D::Error::custom(problem))
    }
}

impl Serialize for Countries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Every => ["*"].serialize(serializer),
            Self::Only(countries) => serializer.collect_seq(countries.iter().map(|country| country.code())),
        }
    }
}
