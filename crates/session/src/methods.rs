/// A way in which a person proved who they are (RFC 8176, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// A code by SMS.
    Sms,
    /// The password.
    Password,
    /// A code of an authenticator app.
    Totp,
    /// A recovery code.
    RecoveryCode,
}

/// The ways in which the owner of a session proved themselves, without repetition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Methods(Vec<Method>);

/// How sure we are that it is the account's owner (NIST SP 800-63B-4, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assurance {
    /// One factor.
    Aal1,
    /// Two factors of different kinds.
    Aal2,
}

impl Method {
    const ALL: [Self; 4] = [Self::Sms, Self::Password, Self::Totp, Self::RecoveryCode];

    /// The stable name, as in the `amr` claim.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Password => "pwd",
            Self::Totp => "otp",
            Self::RecoveryCode => "rc",
        }
    }

    /// Something one knows; all others are something one has.
    const fn is_knowledge(self) -> bool {
        matches!(self, Self::Password)
    }
}

impl Methods {
    /// Collects methods; order is kept, repetition is not.
    pub fn new(methods: &[Method]) -> Self {
        let mut unique = Vec::new();
        for method in methods {
            if !unique.contains(method) {
                unique.push(*method);
            }
        }
        Self(unique)
    }

    /// Reads the stored form; unknown names are left out.
    pub fn parse(text: &str) -> Self {
        let methods: Vec<_> =
            text.split(' ').filter_map(|name| Method::ALL.into_iter().find(|method| method.as_str() == name)).collect();
        Self::new(&methods)
    }

    /// The form to store: names with blanks between.
    pub fn to_text(&self) -> String {
        self.0.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The `amr` claim: the methods, and `mfa` when they are of two kinds.
    pub fn amr(&self) -> Vec<&'static str> {
        let mut amr: Vec<_> = self.0.iter().map(|method| method.as_str()).collect();
        if self.assurance() == Assurance::Aal2 {
            amr.push("mfa");
        }
        amr
    }

    /// The assurance the methods gave when they were used.
    pub fn assurance(&self) -> Assurance {
        let knows = self.0.iter().any(|method| method.is_knowledge());
        let has = self.0.iter().any(|method| !method.is_knowledge());
        if knows && has { Assurance::Aal2 } else { Assurance::Aal1 }
    }
}

impl Assurance {
    /// The stable name, as in the `acr` claim.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aal1 => "aal1",
            Self::Aal2 => "aal2",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_factor_is_aal1_and_two_kinds_are_aal2() {
        assert_eq!(Methods::new(&[Method::Sms]).assurance(), Assurance::Aal1);
        assert_eq!(Methods::new(&[Method::Sms, Method::Totp]).assurance(), Assurance::Aal1);
        assert_eq!(Methods::new(&[Method::Password, Method::Totp]).assurance(), Assurance::Aal2);
    }

    #[test]
    fn the_stored_form_reads_back() {
        let methods = Methods::new(&[Method::Sms, Method::Password, Method::Sms]);

        assert_eq!(methods.to_text(), "sms pwd");
        assert_eq!(Methods::parse("sms pwd"), methods);
    }
}
