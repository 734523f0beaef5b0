use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};

use crate::base64url;

/// The SHA-256 thumbprint of a key, which is its `kid` (RFC 7638, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// Reads a `kid`: 32 bytes in base64url, so a path, a query or a novel is none.
    pub(crate) fn parse(kid: &str) -> Option<Self> {
        base64url::decode_exact(kid).map(Self)
    }

    /// The thumbprint of a key with these required members.
    ///
    /// Values must need no escaping in JSON; base64url and registered names never do.
    pub(crate) fn of<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let sorted: BTreeMap<_, _> = members.into_iter().collect();
        let fields: Vec<_> = sorted.iter().map(|(name, value)| format!(r#""{name}":"{value}""#)).collect();
        let hash = digest(&SHA256, format!("{{{}}}", fields.join(",")).as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(hash.as_ref());
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7638_has_its_thumbprint() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi\
                 FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9\
                 c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1j\
                 F44-csFCur-kEgU8awapJzKnqDKgw";

        let print = Thumbprint::of([("kty", "RSA"), ("n", n), ("e", "AQAB")]);

        assert_eq!(Thumbprint::parse("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"), Some(print));
    }

    #[test]
    fn the_example_of_rfc_8037_has_its_thumbprint() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

        let print = Thumbprint::of([("crv", "Ed25519"), ("kty", "OKP"), ("x", x)]);

        assert_eq!(Thumbprint::parse("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"), Some(print));
    }
}
