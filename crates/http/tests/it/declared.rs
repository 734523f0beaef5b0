//! Every answer that a test sees must be one that the document of the API tells of.

use std::sync::LazyLock;

use serde_json::Value;

/// The document, with which every answer is compared.
static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&doorward_http::openapi_json().unwrap()).unwrap());

/// Headers of every answer, of its connection, of the browsers that it is for, and of proxies (`server`).
const ANY: [&str; 13] = [
    "access-control-allow-origin",
    "access-control-expose-headers",
    "cache-control",
    "connection",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-resource-policy",
    "date",
    "referrer-policy",
    "server",
    "vary",
    "x-content-type-options",
];

/// Fails where the document does not tell of such an answer; what it does not list, as its own address, is left alone.
///
/// A method that the path does not know may be any.
pub(crate) fn assert_declared<'a>(
    (method, path): (&str, &str),
    (status, body): (u16, &Value),
    headers: impl Iterator<Item = &'a str>,
) {
    let Some(operation) = operation(method, path) else { return };
    let answer = &operation["responses"][status.to_string()];
    let answer = answer["$ref"].as_str().map_or(answer, |reference| referred(reference));
    assert!(answer.is_object(), "{method} {path} is not said to answer {status}: {body}");
    if let (true, Some(code)) = (status >= 400, body["code"].as_str()) {
        let is_told = codes(answer).contains(&code);
        assert!(is_told, "{method} {path} is not said to answer {status} {code}, but {:?}", codes(answer));
    }
    for header in headers.filter(|header| !ANY.contains(header) && *header != "strict-transport-security") {
        let mut told = answer["headers"].as_object().unwrap().keys();
        assert!(told.any(|told| told.eq_ignore_ascii_case(header)), "{method} {path} is not said to set {header}");
    }
}

fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap();
    let method = if method == "HEAD" { "get".to_owned() } else { method.to_lowercase() };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let item =
        paths.get(path).or_else(|| paths.iter().find(|(template, _)| is_like(path, template)).map(|(_, item)| item));
    item?.get(method)
}

fn is_like(path: &str, template: &str) -> bool {
    let (path, template): (Vec<_>, Vec<_>) = (path.split('/').collect(), template.split('/').collect());
    let mut pairs = path.iter().zip(&template);
    path.len() == template.len() && pairs.all(|(part, pattern)| part == pattern || pattern.starts_with('{'))
}

fn referred(reference: &str) -> &'static Value {
    DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap()
}

/// The codes of a problem that is told of.
fn codes(answer: &'static Value) -> Vec<&'static str> {
    let schemas = answer["content"]["application/problem+json"]["schema"]["anyOf"].as_array().unwrap().iter();
    let schemas = schemas.map(|schema| referred(schema["$ref"].as_str().unwrap()));
    // The schema of all problems names no code.
    schemas.filter_map(|schema| schema["properties"]["code"]["enum"][0].as_str()).collect()
}
