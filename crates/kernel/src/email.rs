use std::fmt;

use idna::{
    AsciiDenyList,
    uts46::{DnsLength, Hyphens, Uts46},
};

use crate::typed_text;

/// The longest local part, in octets (RFC 5321, section 4.5.3.1.1).
const LOCAL_MAX: usize = 64;
/// The longest address, in octets (RFC 5321, section 4.5.3.1.3, less the brackets).
const ADDRESS_MAX: usize = 254;

/// An e-mail address in its one canonical form.
///
/// The local part is kept as typed (ASCII, RFC 5322 dot-atom), the domain is the lower-case
/// A-label form (UTS #46, non-transitional). Quoted local parts, IP literals, single labels,
/// comments and invisible characters are refused. Mail goes to [`as_str`](Self::as_str);
/// two spellings are the same address when their [`key`](Self::key) is equal.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    address: String,
    key: String,
}

/// Why a text is no e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailAddressError {
    /// It is not of the form `local@domain`.
    #[error("must be an address like name@example.com")]
    Malformed,
    /// A part is longer than RFC 5321 allows.
    #[error("is longer than an address can be")]
    TooLong,
    /// The domain is no registered kind of name.
    #[error("must have a valid domain")]
    Domain,
}

impl EmailAddress {
    /// Parses what a person typed or pasted; white space and format characters around it are ignored.
    pub fn parse(text: &str) -> Result<Self, EmailAddressError> {
        let text = typed_text::trim(text);
        let (local, domain) = text.rsplit_once('@').ok_or(EmailAddressError::Malformed)?;
        if local.len() > LOCAL_MAX {
            return Err(EmailAddressError::TooLong);
        }
        if !is_dot_atom(local) {
            return Err(EmailAddressError::Malformed);
        }
        let domain = canonical_domain(domain)?;
        let address = format!("{local}@{domain}");
        if address.len() > ADDRESS_MAX {
            return Err(EmailAddressError::TooLong);
        }
        let key = address.to_ascii_lowercase();
        Ok(Self { address, key })
    }

    /// The address that mail is sent to.
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// The form in which addresses are compared: all lower case.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The part before the `@`.
    pub fn local_part(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The address with all but the first character of the local part hidden; one for all spellings.
    pub fn masked(&self) -> String {
        let domain = self.key.rsplit_once('@').map_or("", |(_, domain)| domain);
        let first: String = self.key.chars().take(1).collect();
        format!("{first}***@{domain}")
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[e-mail address]")
    }
}

/// RFC 5322, section 3.2.3, but for a leading `-`, which mailers have read as an option.
fn is_dot_atom(local: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty() && atom.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c))
    };
    !local.starts_with('-') && local.split('.').all(is_atom)
}

fn canonical_domain(domain: &str) -> Result<String, EmailAddressError> {
    // UTS #46 maps invisible characters to nothing; refusing them first keeps one spelling visible.
    if domain.chars().any(|c| c.is_control() || typed_text::is_blank(c) || typed_text::is_invisible(c)) {
        return Err(EmailAddressError::Domain);
    }
    let ascii = Uts46::new()
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Verify)
        .map_err(|_| EmailAddressError::Domain)?;
    let (_, top) = ascii.rsplit_once('.').ok_or(EmailAddressError::Domain)?;
    if top.chars().all(|c| c.is_ascii_digit()) {
        return Err(EmailAddressError::Domain);
    }
    Ok(ascii.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_key_however_it_is_typed() {
        for text in [
            "User@Example.COM",
            " user@example.com ",
            "user@ⓔxample.com",
            "USER@example。com",
            "user@example.com\r\n",
            "\tuser@example.com\u{a0}",
            "\u{feff}\u{200b}user@example.com\u{2060}\u{ad}",
            "\u{2066}user@example.com\u{2069}\u{200f}",
        ] {
            assert_eq!(EmailAddress::parse(text).unwrap().key(), "user@example.com", "{text:?}");
        }
    }

    #[test]
    fn tags_and_dots_are_left_alone() {
        assert_eq!(EmailAddress::parse("a.b+c@example.com").unwrap().as_str(), "a.b+c@example.com");
    }

    #[test]
    fn international_domains_are_kept_as_a_labels() {
        assert_eq!(EmailAddress::parse("a@bücher.example").unwrap().as_str(), "a@xn--bcher-kva.example");
    }

    #[test]
    fn what_no_mailer_should_see_is_refused() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long_address = format!("a@{}.com", "a.".repeat(130));
        for text in [
            "",
            "@",
            "a",
            "a@",
            "@example.com",
            "a\r\nBcc: x@evil.test@example.com",
            "\"a b\"@example.com",
            "a@[127.0.0.1]",
            "a@localhost",
            "-oQ@example.com",
            "a@b@c.com",
            ".a@example.com",
            "a..b@example.com",
            "a.@example.com",
            "a@example.com\0",
            "a\u{202e}b@example.com",
            "a\u{200b}b@example.com",
            "a@example.com\nb@example.com",
            "a@127.0.0.1",
            "a@ex\u{200b}ample.com",
            "a\u{ff20}example.com",
            "a@xn--example-.org",
            "ü@example.com",
            "a@-example.com",
            "a@exa_mple.com",
            "a@example.com.",
            "a b@example.com",
            &long_local,
            &long_address,
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn parsing_is_idempotent() {
        for text in ["Ada@Example.COM", "a@bücher.example"] {
            let once = EmailAddress::parse(text).unwrap();

            assert_eq!(EmailAddress::parse(once.as_str()).unwrap(), once);
        }
    }

    #[test]
    fn masks_and_debug_hide_the_local_part() {
        let email = EmailAddress::parse("ada@example.com").unwrap();

        assert_eq!(email.masked(), "a***@example.com");
        assert_eq!(format!("{email:?}"), "[e-mail address]");
    }
}
