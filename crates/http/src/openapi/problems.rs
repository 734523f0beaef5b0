use std::{collections::BTreeMap, time::Duration};

use actix_web::http::{StatusCode, header::HeaderValue};
use doorward_app::limits::AskedPuzzle;
use serde_json::Value;
use utoipa::{
    Modify, PartialSchema,
    openapi::{
        ContentBuilder, Header, OpenApi, PathItem, Ref, RefOr, Response, ResponseBuilder, Schema, schema::AnyOfBuilder,
    },
};

use super::Operation;
use crate::{Problem, ProblemBody, ProblemCode, ValueError, routes};

/// What the edge answers to any call.
const ANY: [ProblemCode; 4] =
    [ProblemCode::Misdirected, ProblemCode::UriTooLong, ProblemCode::HeadersTooLarge, ProblemCode::Internal];
/// What the service answers beside the calls of the document.
const NO_CALL: [ProblemCode; 2] = [ProblemCode::NotFound, ProblemCode::MethodNotAllowed];

/// The problems of every call: an answer for each status, in which every code has a schema and an example of its own.
pub(crate) struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut OpenApi) {
        let mut responses = BTreeMap::new();
        for Operation { method, path, codes } in routes::operations() {
            let Some(answers) = document.paths.paths.get_mut(path).and_then(|item| operation(item, method)) else {
                continue;
            };
            for codes in by_status(|code| is_answered(code, method, &codes)) {
                let (status, name) = (status(&codes), name(&codes));
                answers.insert(status, Ref::from_response_name(&name).into());
                responses.insert(name, codes);
            }
        }
        responses.extend(NO_CALL.map(|code| (name(&[code]), vec![code])));
        let components = document.components.get_or_insert_default();
        for code in responses.values().flatten() {
            components.schemas.insert(schema_name(*code), schema(*code));
        }
        components.responses.extend(responses.into_iter().map(|(name, codes)| (name, response(&codes).into())));
    }
}

fn operation<'a>(item: &'a mut PathItem, method: &str) -> Option<&'a mut BTreeMap<String, RefOr<Response>>> {
    let operation = match method {
        "get" => &mut item.get,
        "delete" => &mut item.delete,
        _ => &mut item.post,
    };
    operation.as_mut().map(|operation| &mut operation.responses.responses)
}

fn is_answered(code: ProblemCode, method: &str, own: &[ProblemCode]) -> bool {
    let is_of_edge = ANY.contains(&code) || (code == ProblemCode::CrossSite && method != "get");
    is_of_edge || own.contains(&code)
}

/// The codes that are answered, those of one status together.
fn by_status(is_answered: impl Fn(ProblemCode) -> bool) -> Vec<Vec<ProblemCode>> {
    let mut groups: BTreeMap<StatusCode, Vec<ProblemCode>> = BTreeMap::new();
    for code in ProblemCode::ALL.iter().copied().filter(|code| is_answered(*code)) {
        groups.entry(code.status()).or_default().push(code);
    }
    groups.into_values().collect()
}

fn status(codes: &[ProblemCode]) -> String {
    codes.first().map(|code| code.status().as_str().to_owned()).unwrap_or_default()
}

/// The name of an answer: its codes.
fn name(codes: &[ProblemCode]) -> String {
    codes.iter().map(|code| code.slug()).collect::<Vec<_>>().join(".")
}

fn response(codes: &[ProblemCode]) -> Response {
    let titles: Vec<_> = codes.iter().map(|code| format!("`{}`: {}.", code.slug(), code.title())).collect();
    // A code that is added later is still a problem, for clients that were generated before.
    let schemas = codes.iter().map(|code| schema_name(*code)).chain(["Problem".to_owned()]);
    let schema = schemas.map(Ref::from_schema_name).fold(AnyOfBuilder::new(), AnyOfBuilder::item).build();
    let content = ContentBuilder::new().schema(Some(Schema::AnyOf(schema))).build();
    let response = ResponseBuilder::new().description(titles.join(" ")).content("application/problem+json", content);
    codes
        .iter()
        .flat_map(|code| headers(*code))
        .fold(response, |response, name| {
            // Described with all others.
            response.header(*name, Header::default())
        })
        .build()
}

fn headers(code: ProblemCode) -> &'static [&'static str] {
    match code {
        ProblemCode::OtpIncorrect | ProblemCode::CredentialsIncorrect => &["WWW-Authenticate", "Set-Cookie"],
        ProblemCode::MethodNotAllowed => &["Allow"],
        code => match code.status() {
            StatusCode::UNAUTHORIZED => &["WWW-Authenticate"],
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => &["Retry-After"],
            _ => &[],
        },
    }
}

fn schema_name(code: ProblemCode) -> String {
    format!("{code:?}Problem")
}

/// The schema of all problems, with the members that this one has.
fn schema(code: ProblemCode) -> RefOr<Schema> {
    let schema = ProblemBody::schema();
    let RefOr::T(Schema::Object(mut object)) = schema else { return schema };
    let example = example(code);
    object.description = Some(format!("{}.", code.title()));
    object.properties.retain(|name, _| name == "detail" || example.get(name).is_some());
    for name in ["status", "code"] {
        if let (Some(RefOr::T(Schema::Object(member))), Some(value)) =
            (object.properties.get_mut(name), example.get(name))
        {
            member.enum_values = Some(vec![value.clone()]);
        }
    }
    let always = ["errors", "retry_after"].into_iter().filter(|name| example.get(name).is_some());
    object.required.extend(always.map(str::to_owned));
    object.examples = vec![example];
    object.into()
}

/// A problem with all members that it may have, as it is written out.
fn example(code: ProblemCode) -> Value {
    let required = || ValueError::required().of("email");
    let problem = match code {
        ProblemCode::DuplicateField => {
            Problem::duplicate_field(ValueError::new("duplicate_field", "must not be given twice").of("email"))
        }
        ProblemCode::Invalid => Problem::invalid(vec![required()]),
        ProblemCode::UnknownField => Problem::unknown_field(vec![ValueError::unknown().of("colour")]),
        ProblemCode::OtpIncorrect => Problem::otp_incorrect(Some(4)),
        ProblemCode::CredentialsIncorrect => Problem::credentials_incorrect(Some(4)),
        ProblemCode::ResendTooEarly => Problem::resend_too_early(Duration::from_secs(30)),
        ProblemCode::ResendExhausted => Problem::resend_exhausted(Duration::from_mins(10)),
        ProblemCode::RateLimited => Problem::rate_limited(Duration::from_mins(1)).with_puzzle(AskedPuzzle {
            kind: "sha256".to_owned(),
            text: "pz1.20.1767225600.0123456789abcdef.…".to_owned(),
        }),
        ProblemCode::Unavailable => Problem::new(code).with_retry_after(Duration::from_secs(1)),
        ProblemCode::MethodNotAllowed => Problem::method_not_allowed(Some(HeaderValue::from_static("POST"))),
        code => Problem::new(code),
    };
    let body = problem.body("https://auth.example.com/problems/", "5b0c2a7e9d3f4c1a8e6b7d2f0a9c4e1d");
    serde_json::to_value(body).unwrap_or_default()
}
