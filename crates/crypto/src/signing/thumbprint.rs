use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};

use crate::base64url;

/// The SHA-256 thumbprint of a key's required members, base64url (RFC 7638, section 3).
///
/// Values must need no escaping in JSON; base64url and registered names never do.
pub(crate) fn thumbprint<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let sorted: BTreeMap<_, _> = members.into_iter().collect();
    let fields: Vec<_> = sorted.iter().map(|(name, value)| format!(r#""{name}":"{value}""#)).collect();
    base64url::encode(digest(&SHA256, format!("{{{}}}", fields.join(",")).as_bytes()))
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

        let print = thumbprint([("kty", "RSA"), ("n", n), ("e", "AQAB")]);

        assert_eq!(print, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }
}
