use doorward_session::{Method, Methods};

/// A factor that a pending change takes the place of, or outranks at the next login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outranked {
    /// The verified number.
    Number,
    /// The authenticator app.
    Authenticator,
}

impl Outranked {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Number, Self::Authenticator];

    /// The stable name, as in `factors`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "sms",
            Self::Authenticator => "totp",
        }
    }

    /// Reads the stable name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.as_str() == text)
    }

    /// The methods by which it is verified.
    pub const fn methods(self) -> &'static [Method] {
        match self {
            Self::Number => &[Method::Sms],
            Self::Authenticator => &[Method::Totp, Method::RecoveryCode],
        }
    }
}

/// Returns the factors whose pending replacement outlives a change made in a session of those methods.
///
/// Whoever has stolen the number logs in by it: if their new password cancelled the change that
/// takes it from them, the owner would never be rid of them. A change that takes the place of
/// nothing is cancelled by every other one.
pub fn kept_pending(methods: &Methods) -> Vec<Outranked> {
    let has = |factor: &Outranked| factor.methods().iter().any(|method| methods.contains(*method));
    Outranked::ALL.into_iter().filter(has).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pending_change_outlives_changes_in_sessions_of_the_factor_it_replaces() {
        let kept = |methods: &[Method]| kept_pending(&Methods::new(methods));

        assert_eq!(kept(&[Method::Sms, Method::Password]), [Outranked::Number]);
        assert_eq!(kept(&[Method::Password, Method::RecoveryCode]), [Outranked::Authenticator]);
        assert_eq!(kept(&[Method::Sms, Method::Totp]), Outranked::ALL);
        assert_eq!(kept(&[Method::Password]), []);
    }

    #[test]
    fn the_stored_form_reads_back() {
        for factor in Outranked::ALL {
            assert_eq!(Outranked::parse(factor.as_str()), Some(factor));
        }
    }
}
