/// The authentication assurance level (`acr`), from nothing known to two factors.
///
/// The order is that of strength, so [`Acr::is_at_least`] is a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Acr {
    /// A value this version does not know: counts for nothing.
    Unknown,
    /// `binding`: good for enrolling a new factor at Doorward, and for nothing else.
    Binding,
    /// `aal1`: one factor (NIST SP 800-63B-4, section 2.1).
    Aal1,
    /// `aal2`: two factors of different kinds (NIST SP 800-63B-4, section 2.2).
    Aal2,
}

impl Acr {
    /// Reads the claim.
    pub fn parse(text: &str) -> Self {
        match text {
            "binding" => Self::Binding,
            "aal1" => Self::Aal1,
            "aal2" => Self::Aal2,
            _ => Self::Unknown,
        }
    }

    /// The name, as in the claim.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Binding => "binding",
            Self::Aal1 => "aal1",
            Self::Aal2 => "aal2",
        }
    }

    /// Returns whether this is as strong as `required`, or stronger.
    pub fn is_at_least(self, required: Self) -> bool {
        self >= required
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_factors_stand_for_one_and_unknown_names_for_none() {
        assert!(Acr::parse("aal2").is_at_least(Acr::Aal1));
        assert!(!Acr::parse("aal1").is_at_least(Acr::Aal2));
        assert!(!Acr::parse("binding").is_at_least(Acr::Aal1));
        assert!(!Acr::parse("AAL2").is_at_least(Acr::Binding));
    }
}
