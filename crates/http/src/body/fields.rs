use std::future::Future;

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap},
};
use doorward_kernel::Secret;
use futures_util::future::LocalBoxFuture;

use super::{
    Reader, form, json,
    media_type::{MediaType, media_type},
    payload,
};
use crate::{Context, FieldError, Problem, ValueError, openapi::refusals};

/// The longest name of a field that an answer repeats, in bytes.
const NAME_MAX: usize = 32;
/// What stands in an answer for a name that may be a secret in the wrong place.
const HIDDEN: &str = "(not shown)";
/// The most fields a body may have; no call takes a tenth of them.
const FIELDS_MAX: usize = 256;

/// The fields of a body: names with texts, each name once, in the order they came.
#[derive(Debug, Default)]
pub struct Fields {
    values: Vec<(String, Value)>,
    media_type: MediaType,
}

/// The value of a field.
#[derive(Debug)]
pub(crate) enum Value {
    /// A text.
    Text(Secret<String>),
    /// Nothing: JSON's `null`, or an input that a form sent empty.
    Absent,
    /// Nothing, and no `=` either: the name may be the end of a value whose `&` was not encoded.
    Bare,
    /// Something else, as a number.
    Other,
}

impl Fields {
    /// Reads the body of a request, as JSON or as a form; without a body there are no fields.
    pub fn read(request: &HttpRequest, payload: &mut Payload) -> impl Future<Output = Result<Self, Problem>> + use<> {
        let context = Context::of(request);
        let headers = request.headers().clone();
        let payload = payload.take();
        async move {
            let settings = context?.settings;
            let body = payload::read(payload, &headers, settings.body_limit, settings.body_timeout).await?;
            Self::parse(&body, &headers)
        }
    }

    /// Reads what a call takes when its session has a say in it, all faults at once.
    pub fn read_with<T>(
        self,
        request: &HttpRequest,
        read: impl FnOnce(&mut Reader) -> Option<T>,
    ) -> Result<T, Problem> {
        let mut reader = Reader::new(self, Context::of(request)?.settings);
        let value = read(&mut reader);
        reader.finish()?;
        value.ok_or_else(|| Problem::internal("a body was not read, and no field was at fault"))
    }

    /// The fields that are texts.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().filter_map(|(name, value)| match value {
            Value::Text(text) => Some((name.as_str(), text.reveal().as_str())),
            Value::Absent | Value::Bare | Value::Other => None,
        })
    }

    /// All fields; what is no text is empty.
    pub(crate) fn all_as_text(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| match value {
            Value::Text(text) => (name.as_str(), text.reveal().as_str()),
            Value::Absent | Value::Bare | Value::Other => (name.as_str(), ""),
        })
    }

    pub(super) const fn media_type(&self) -> MediaType {
        self.media_type
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// Returns whether the field is there and holds something.
    pub(super) fn is_given(&self, name: &str) -> bool {
        !matches!(self.find(name), None | Some(Value::Absent | Value::Bare))
    }

    /// The names of all fields but those, as an answer may repeat them.
    pub(super) fn unknown<'a>(&'a self, known: &'a [&str]) -> impl Iterator<Item = String> + 'a {
        let unknown = self.values.iter().filter(|(name, _)| !known.contains(&name.as_str()));
        unknown.map(|(name, value)| shown(name, value))
    }

    /// Adds a field, unless its name was there before.
    pub(super) fn add(&mut self, name: String, value: Value) -> Result<(), Problem> {
        if self.find(&name).is_some() {
            return Err(duplicate(&name, &value));
        }
        if self.values.len() >= FIELDS_MAX {
            return Err(Problem::malformed("the body has too many fields"));
        }
        self.values.push((name, value));
        Ok(())
    }

    /// Reads the query of an address.
    pub(crate) fn of_query(query: &str) -> Result<Self, Problem> {
        form::parse(query.as_bytes())
    }

    pub(super) fn parse(body: &[u8], headers: &HeaderMap) -> Result<Self, Problem> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        if headers.get_all(CONTENT_ENCODING).any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(Problem::unsupported_media_type("a body must not be compressed"));
        }
        // Some editors and clients begin UTF-8 with a mark; a parser may ignore it (RFC 8259, section 8.1).
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        match media_type(headers.get_all(CONTENT_TYPE)) {
            Some(media_type @ MediaType::Json) => Ok(Self { media_type, ..json::parse(body)? }),
            Some(MediaType::Form) if is_json(body) => Err(Problem::unsupported_media_type(
                "the body is JSON and was sent as a form; send it with Content-Type: application/json",
            )),
            Some(media_type @ MediaType::Form) => Ok(Self { media_type, ..form::parse(body)? }),
            None => Err(Problem::unsupported_media_type(
                "a body must be application/json or application/x-www-form-urlencoded, in UTF-8",
            )),
        }
    }
}

impl FromRequest for Fields {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        Box::pin(Self::read(request, payload))
    }
}

refusals! {
    Fields => [Malformed, DuplicateField, RequestTimeout, PayloadTooLarge, UnsupportedMediaType];
}

/// Returns whether a form's body is JSON, encoded or not, as `curl -d` sends it when no type is given.
fn is_json(body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    body.starts_with(b"{") || body.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"%7B"))
}

/// The name of a field as an answer may repeat it: letters, then digits, with the signs that join words.
///
/// Names of fields are made so. All else may be a value that a client has put in place of a name: a number, an address,
/// a token, a password.
fn shown(name: &str, value: &Value) -> String {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_name = !matches!(value, Value::Bare)
        && name.len() <= NAME_MAX
        && stem.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && stem.bytes().all(|byte| byte.is_ascii_alphabetic() || b"_-.[]".contains(&byte));
    if is_name { name.to_owned() } else { HIDDEN.to_owned() }
}

pub(super) fn duplicate(name: &str, value: &Value) -> Problem {
    let error: FieldError = ValueError::new("duplicate_field", "must not be given twice").of(shown(name, value));
    Problem::duplicate_field(error)
}
