use std::borrow::Cow;

use actix_web::http::header::HeaderValue;
use doorward_kernel::typed_text;

/// The two spellings of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/json`.
    #[default]
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

/// The labels of UTF-8 (WHATWG Encoding Standard, section 4.2).
const UTF_8: [&str; 6] = ["utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"];

impl MediaType {
    /// A telephone number as it was typed: in a form, `+` is a blank unless the client encoded it.
    pub(super) fn phone_text(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Json => Cow::Borrowed(text),
            Self::Form => typed_text::restore_plus(text),
        }
    }
}

/// The spelling that the `Content-Type` names: one header, and UTF-8 if it names a charset.
pub(super) fn media_type<'a>(mut values: impl Iterator<Item = &'a HeaderValue>) -> Option<MediaType> {
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next()?;
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => {
            let charset = charset.trim().trim_matches('"');
            UTF_8.iter().any(|label| charset.eq_ignore_ascii_case(label))
        }
        _ => true,
    });
    if !is_utf8 {
        None
    } else if essence.eq_ignore_ascii_case("application/json") {
        Some(MediaType::Json)
    } else if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Some(MediaType::Form)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Option<MediaType> {
        let values: Vec<_> = values.iter().map(|value| HeaderValue::from_str(value).unwrap()).collect();
        media_type(values.iter())
    }

    #[test]
    fn json_and_forms_are_read_in_utf_8_alone() {
        for (value, expected) in [
            ("application/json", Some(MediaType::Json)),
            ("Application/JSON; Charset=\"UTF-8\"", Some(MediaType::Json)),
            ("application/json;charset=utf-8;v=1", Some(MediaType::Json)),
            ("application/x-www-form-urlencoded ; charset=utf-8", Some(MediaType::Form)),
            ("application/json; charset=utf8", Some(MediaType::Json)),
            ("application/x-www-form-urlencoded; charset=UTF8", Some(MediaType::Form)),
            ("application/json; charset=utf-16", None),
            ("application/x-www-form-urlencoded; charset=iso-8859-1", None),
            ("text/plain", None),
            ("application/jsonp", None),
            ("application/problem+json", None),
            ("multipart/form-data; boundary=x", None),
            ("", None),
        ] {
            assert_eq!(of(&[value]), expected, "{value}");
        }
    }

    #[test]
    fn a_body_of_no_kind_or_of_two_is_not_read() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["application/json", "application/json"]), None);
    }
}
