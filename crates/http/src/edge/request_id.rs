use std::fmt;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use data_encoding::HEXLOWER;
use doorward_kernel::Random;

/// The header that carries the id, both ways.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names a request in its answer and in the log: 8 to 128 letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// Reads an id that a client or a proxy chose.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let is_id = (8..=128).contains(&text.len())
            && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
        if is_id { String::from_utf8(text.to_vec()).ok().map(Self) } else { None }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id that came with the request, or a new one.
    pub(super) fn of(headers: &HeaderMap, random: &dyn Random) -> Self {
        let mut values = headers.get_all(X_REQUEST_ID);
        match (values.next(), values.next()) {
            (Some(value), None) => Self::parse(value.as_bytes()).unwrap_or_else(|| Self::mint(random)),
            _ => Self::mint(random),
        }
    }

    pub(super) fn to_header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }

    fn mint(random: &dyn Random) -> Self {
        let mut bytes = [0; 16];
        random.fill(&mut bytes);
        Self(HEXLOWER.encode(&bytes))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;

    impl Random for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn id(values: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(X_REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
        }
        RequestId::of(&headers, &Sevens).to_string()
    }

    #[test]
    fn an_id_of_the_agreed_form_is_kept() {
        for value in ["abcd-EF_9", &"x".repeat(128)] {
            assert_eq!(id(&[value.as_bytes()]), value);
        }
    }

    #[test]
    fn any_other_id_is_replaced() {
        let long = "x".repeat(129);
        let minted = "07".repeat(16);

        assert_eq!(id(&[]), minted);
        assert_eq!(id(&[b"request-1", b"request-2"]), minted);
        for value in [&b""[..], b"1234567", long.as_bytes(), b"a b c d e f", b"evil\xff1234", b"{\"a\":\"b\"}"] {
            assert_eq!(id(&[value]), minted);
        }
    }
}
