use doorward_kernel::Secret;
use percent_encoding::percent_decode;

use super::{Fields, Value};
use crate::Problem;

/// Reads `application/x-www-form-urlencoded` (WHATWG URL, section 5.1), but for bytes that are no UTF-8.
///
/// An input that was sent empty counts as not given: forms cannot leave one out.
pub(super) fn parse(body: &[u8]) -> Result<Fields, Problem> {
    let mut fields = Fields::default();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let name = decode(parts.next().unwrap_or_default())?;
        let value = match parts.next().map(decode).transpose()? {
            None => Value::Bare,
            Some(text) if text.is_empty() => Value::Absent,
            Some(text) => Value::Text(Secret::new(text)),
        };
        fields.add(name, value)?;
    }
    Ok(fields)
}

fn decode(text: &[u8]) -> Result<String, Problem> {
    let spaced: Secret<Vec<_>> =
        Secret::new(text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect());
    // Made at its full size, so that growing leaves no copies behind.
    let mut bytes = Vec::with_capacity(text.len());
    bytes.extend(percent_decode(spaced.reveal()));
    String::from_utf8(bytes).map_err(|_| Problem::malformed("a form is no UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProblemCode;

    #[test]
    fn names_and_values_are_decoded() {
        let fields = parse(b"email=a%2Bb%40example.com&name=J%C3%B6rg+L&&otp=012345&odd=100%&x=a=b").unwrap();

        let expected =
            [("email", "a+b@example.com"), ("name", "Jörg L"), ("otp", "012345"), ("odd", "100%"), ("x", "a=b")];
        assert_eq!(fields.texts().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_empty_input_is_not_given() {
        let fields = parse(b"email=&otp").unwrap();

        assert!(fields.find("email").is_some() && fields.find("otp").is_some());
        assert!(!fields.is_given("email") && !fields.is_given("otp"));
        assert_eq!(fields.texts().count(), 0);
    }

    #[test]
    fn a_name_given_twice_is_refused_however_it_is_spelled() {
        for body in [&b"otp=1&otp=2"[..], b"otp=1&o%74p=1", b"otp=&otp="] {
            assert_eq!(parse(body).unwrap_err().code(), ProblemCode::DuplicateField);
        }
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_refused() {
        for body in [&b"otp=%ff"[..], b"otp=\xff", b"%c0%80=1", b"otp=%ed%a0%80"] {
            assert_eq!(parse(body).unwrap_err().code(), ProblemCode::Malformed);
        }
    }
}
