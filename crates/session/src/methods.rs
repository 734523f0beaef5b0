use doorward_kernel::Timestamp;

/// A way in which a person verified who they are (RFC 8176, section 2).
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

/// The ways in which the owner of a session verified themselves, without repetition.
///
/// Each keeps when it was last verified, since freshness is the factor's, not the session's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Methods(Vec<VerifiedMethod>);

/// A method, and when it was last verified; `None` for the instant at which the session was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct VerifiedMethod {
    method: Method,
    at: Option<Timestamp>,
}

/// The authentication assurance level (NIST SP 800-63B-4, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assurance {
    /// Enough to bind a factor in place of a lost one, and for nothing else.
    Binding,
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
    pub(crate) const fn is_knowledge(self) -> bool {
        matches!(self, Self::Password)
    }
}

impl Methods {
    /// Collects methods that open a session; order is kept, repetition is not.
    pub fn new(methods: &[Method]) -> Self {
        let mut unique = Self::default();
        for method in methods {
            unique.note(VerifiedMethod { method: *method, at: None });
        }
        unique
    }

    /// The same with a method that was verified anew, after the session was opened.
    #[must_use]
    pub fn verified(mut self, method: Method, at: Timestamp) -> Self {
        self.note(VerifiedMethod { method, at: Some(at) });
        self
    }

    /// Reads the stored form; what it does not know is left out.
    pub fn parse(text: &str) -> Self {
        let mut methods = Self::default();
        for verified in text.split(' ').filter_map(VerifiedMethod::parse) {
            methods.note(verified);
        }
        methods
    }

    /// The form to store: names with blanks between, each with `@` and the microseconds of its own verification.
    pub fn to_text(&self) -> String {
        self.0.iter().map(|verified| verified.to_text()).collect::<Vec<_>>().join(" ")
    }

    /// Returns whether the method is among them.
    pub fn contains(&self, method: Method) -> bool {
        self.0.iter().any(|verified| verified.method == method)
    }

    /// Each method with when it was last verified, in a session opened at that instant.
    pub(crate) fn verifications(&self, opened_at: Timestamp) -> impl Iterator<Item = (Method, Timestamp)> {
        self.0.iter().map(move |verified| (verified.method, verified.at.unwrap_or(opened_at)))
    }

    fn note(&mut self, verified: VerifiedMethod) {
        match self.0.iter_mut().find(|known| known.method == verified.method) {
            Some(known) => known.at = known.at.max(verified.at),
            None => self.0.push(verified),
        }
    }

    /// The `amr` claim: the methods, and `mfa` when they are of two kinds.
    pub fn amr(&self) -> Vec<&'static str> {
        let mut amr: Vec<_> = self.0.iter().map(|verified| verified.method.as_str()).collect();
        if self.assurance() == Assurance::Aal2 {
            amr.push("mfa");
        }
        amr
    }

    /// The assurance the methods gave when they were used.
    pub fn assurance(&self) -> Assurance {
        let knows = self.0.iter().any(|verified| verified.method.is_knowledge());
        let has = self.0.iter().any(|verified| !verified.method.is_knowledge());
        if knows && has { Assurance::Aal2 } else { Assurance::Aal1 }
    }
}

impl VerifiedMethod {
    fn parse(text: &str) -> Option<Self> {
        let (name, at) = text.split_once('@').map_or((text, None), |(name, at)| (name, Some(at)));
        let method = Method::ALL.into_iter().find(|method| method.as_str() == name)?;
        let at = at.map(|micros| micros.parse().map(Timestamp::from_micros)).transpose().ok()?;
        Some(Self { method, at })
    }

    fn to_text(self) -> String {
        let name = self.method.as_str();
        self.at.map_or_else(|| name.to_owned(), |at| format!("{name}@{}", at.as_micros()))
    }
}

impl Assurance {
    /// The stable name, as in the `acr` claim.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Binding => "binding",
            Self::Aal1 => "aal1",
            Self::Aal2 => "aal2",
        }
    }

    /// Reads the stable name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Binding, Self::Aal1, Self::Aal2].into_iter().find(|assurance| assurance.as_str() == text)
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

    #[test]
    fn a_proof_of_its_own_is_kept_with_its_time() {
        let at = Timestamp::from_micros(1_767_225_600_123_457);
        let methods = Methods::new(&[Method::Sms, Method::Password]).verified(Method::Sms, at);

        assert_eq!(methods.to_text(), "sms@1767225600123457 pwd");
        assert_eq!(Methods::parse(&methods.to_text()), methods);
        assert_eq!(Methods::parse("sms@soon fax pwd"), Methods::new(&[Method::Password]));
    }

    #[test]
    fn an_earlier_verification_does_not_take_the_place_of_a_later_one() {
        let (early, late) = (Timestamp::from_micros(1), Timestamp::from_micros(2));
        let methods = Methods::default().verified(Method::Sms, late).verified(Method::Sms, early);

        assert_eq!(methods.verifications(early).collect::<Vec<_>>(), [(Method::Sms, late)]);
    }
}
