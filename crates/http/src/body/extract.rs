use std::{
    any::type_name,
    future::{Ready, ready},
    sync::Arc,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;

use super::{Fields, Reader};
use crate::{Context, HttpSettings, Problem, ProblemCode, openapi::Refusals};

/// A request type that is read from the fields of a body.
///
/// ```
/// use doorward_http::{FromFields, Reader};
/// use doorward_kernel::{EmailAddress, Locale};
///
/// struct Start {
///     email: EmailAddress,
///     locale: Option<Locale>,
/// }
///
/// impl FromFields for Start {
///     fn read(fields: &mut Reader) -> Option<Self> {
///         let email = fields.required("email", EmailAddress::parse);
///         let locale = fields.optional("locale", |tag| Locale::parse(tag).ok_or("is not a language of the texts"));
///         Some(Self { email: email?, locale })
///     }
/// }
///
/// assert_eq!(doorward_http::fields_of::<Start>(), ["email", "locale"]);
/// ```
pub trait FromFields: Sized + 'static {
    /// The handling of unknown fields.
    const UNKNOWN_FIELDS: UnknownFields = UnknownFields::Refused;

    /// Asks for every field, then makes the value; `None` only after a fault was noted.
    fn read(fields: &mut Reader) -> Option<Self>;
}

/// The handling of unknown fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownFields {
    /// They are named in a problem.
    Refused,
    /// They do not matter (RFC 7662, RFC 7009, callbacks of providers).
    Ignored,
}

/// The body of a call, read and free of faults.
#[derive(Clone, Copy, Debug)]
pub struct Body<T>(pub T);

/// The query of a call, read and free of faults.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueryParams<T>(pub(crate) T);

/// A reader gave no value, and no reason either.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` was not read, and no field was at fault")]
struct Unexplained(&'static str);

impl<T: FromFields> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let context = Context::of(request);
        let fields = Fields::read(request, payload);
        Box::pin(async move { read(fields.await?, context?.settings).map(Self) })
    }
}

impl<T: FromFields> FromRequest for QueryParams<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let fields = Fields::of_query(request.query_string());
        ready(fields.and_then(|fields| read(fields, Context::of(request)?.settings).map(Self)))
    }
}

impl<T: FromFields> Refusals for Body<T> {
    fn codes() -> Vec<ProblemCode> {
        [Fields::codes(), of_fields::<T>()].concat()
    }
}

impl<T: FromFields> Refusals for QueryParams<T> {
    fn codes() -> Vec<ProblemCode> {
        [vec![ProblemCode::Malformed, ProblemCode::DuplicateField], of_fields::<T>()].concat()
    }
}

fn of_fields<T: FromFields>() -> Vec<ProblemCode> {
    let invalid = (!fields_of::<T>().is_empty()).then_some(ProblemCode::Invalid);
    let unknown = (T::UNKNOWN_FIELDS == UnknownFields::Refused).then_some(ProblemCode::UnknownField);
    invalid.into_iter().chain(unknown).collect()
}

fn read<T: FromFields>(fields: Fields, settings: Arc<HttpSettings>) -> Result<T, Problem> {
    let mut reader = Reader::new(fields, settings);
    let value = T::read(&mut reader);
    match T::UNKNOWN_FIELDS {
        UnknownFields::Refused => reader.finish()?,
        UnknownFields::Ignored => reader.finish_leniently()?,
    }
    value.ok_or_else(|| Problem::internal(Unexplained(type_name::<T>())))
}

/// The fields a request type asks for, to compare with what its documentation says.
pub fn fields_of<T: FromFields>() -> Vec<&'static str> {
    let nowhere = url::Url::parse("http://127.0.0.1").map(HttpSettings::new);
    nowhere.map_or_else(
        |_| Vec::new(),
        |settings| {
            let mut reader = Reader::new(Fields::default(), Arc::new(settings));
            T::read(&mut reader);
            reader.asked().to_vec()
        },
    )
}

#[cfg(test)]
mod tests {
    use doorward_kernel::{EmailAddress, PhoneNumber};
    use doorward_otp::Code;
    use doorward_user::Password;
    use url::Url;

    use super::*;
    use crate::{ProblemCode, ValueError, body::Value};

    #[derive(Debug)]
    struct Register {
        email: EmailAddress,
        phone_number: PhoneNumber,
        otp: Option<Code>,
    }

    impl FromFields for Register {
        fn read(fields: &mut Reader) -> Option<Self> {
            let email = fields.required("email", EmailAddress::parse);
            let phone_number = fields.required_phone("phone_number");
            let password = fields.required("password", Password::parse);
            let otp = fields.optional("otp", Code::parse);
            password?;
            Some(Self { email: email?, phone_number: phone_number?, otp })
        }
    }

    #[derive(Debug)]
    struct Lenient;

    impl FromFields for Lenient {
        const UNKNOWN_FIELDS: UnknownFields = UnknownFields::Ignored;

        fn read(fields: &mut Reader) -> Option<Self> {
            fields.required_secret("token").map(|_| Self)
        }
    }

    fn settings() -> Arc<HttpSettings> {
        Arc::new(HttpSettings::new(Url::parse("https://auth.example.com").unwrap()))
    }

    fn fields(texts: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        for (name, text) in texts {
            fields.add((*name).to_owned(), Value::Text((*text).to_owned().into())).unwrap();
        }
        fields
    }

    const GOOD: [(&str, &str); 3] =
        [("email", "ada@example.com"), ("phone_number", "+14155552671"), ("password", "teal-otter-9")];

    fn faults(problem: &Problem) -> Vec<(String, &'static str)> {
        let body = problem.body("", "");
        body.errors.iter().map(|error| (error.field.to_string(), error.code)).collect()
    }

    #[test]
    fn a_good_body_is_read() {
        let register: Register = read(fields(&GOOD), settings()).unwrap();

        assert_eq!(register.email.as_str(), "ada@example.com");
        assert_eq!(register.phone_number.as_str(), "+14155552671");
        assert!(register.otp.is_none());
    }

    #[test]
    fn all_faults_are_named_at_once() {
        let mut fields = fields(&[("email", "nonsense"), ("password", ""), ("role", "admin")]);
        fields.add("otp".to_owned(), Value::Other).unwrap();

        let problem = read::<Register>(fields, settings()).unwrap_err();

        assert_eq!(problem.code(), ProblemCode::Invalid);
        let expected = [
            ("email", "invalid"),
            ("phone_number", "required"),
            ("password", "required"),
            ("otp", "type"),
            ("role", "unknown_field"),
        ];
        assert_eq!(faults(&problem), expected.map(|(field, code)| (field.to_owned(), code)));
    }

    #[test]
    fn unknown_fields_alone_are_a_problem_of_their_own() {
        let long = "x".repeat(100);
        let mut given = GOOD.to_vec();
        given.extend([("is_admin", "true"), (long.as_str(), "1")]);

        let problem = read::<Register>(fields(&given), settings()).unwrap_err();

        assert_eq!(problem.code(), ProblemCode::UnknownField);
        let expected = [("is_admin".to_owned(), "unknown_field"), ("(not shown)".to_owned(), "unknown_field")];
        assert_eq!(faults(&problem), expected);
    }

    #[test]
    fn what_other_standards_allow_to_be_unknown_is_ignored() {
        assert!(read::<Lenient>(fields(&[("token", "x"), ("token_type_hint", "y")]), settings()).is_ok());
    }

    #[test]
    fn no_answer_repeats_a_value() {
        let secret = "hunter2".repeat(200);
        let given = [("email", &*secret), ("phone_number", &*secret), ("password", &*secret), ("otp", &*secret)];

        let problem = read::<Register>(fields(&given), settings()).unwrap_err();

        assert_eq!(faults(&problem).len(), 4);
        let body = serde_json::to_string(&problem.body("", "")).unwrap();
        assert!(!body.contains("hunter2"), "{body}");
    }

    #[test]
    fn a_rule_over_several_fields_is_a_fault_like_any_other() {
        struct Either;
        impl FromFields for Either {
            fn read(fields: &mut Reader) -> Option<Self> {
                fields.optional_secret("email");
                fields.optional_secret("new_password");
                if !fields.is_given("email") && !fields.is_given("new_password") {
                    fields.refuse("email", ValueError::new("required", "or new_password must be given"));
                    return None;
                }
                Some(Self)
            }
        }

        let problem = read::<Either>(Fields::default(), settings()).err().unwrap();

        assert_eq!(faults(&problem), [("email".to_owned(), "required")]);
    }

    #[test]
    fn a_type_tells_what_it_asks_for() {
        assert_eq!(fields_of::<Register>(), ["email", "phone_number", "password", "otp"]);
    }
}
