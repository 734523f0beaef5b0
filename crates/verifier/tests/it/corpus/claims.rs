//! Tokens of the right key with the wrong words.

use doorward_verifier::{
    Acr,
    VerifyError::{
        self, Assurance, Audience, Claim, Expired, FromTheFuture, Issuer as WrongIssuer, Lifetime, NotYetValid,
    },
};
use serde_json::{Value, json};

use super::{Case, case};
use crate::issuer::{AUDIENCE, ISSUER, Issuer, NOW, claims, with, without};

const TEXTS: [&str; 5] = ["iss", "sub", "jti", "sid", "acr"];
const SECONDS: [&str; 4] = ["iat", "nbf", "exp", "auth_time"];
const LISTS: [&str; 2] = ["aud", "amr"];

pub(super) fn cases(signer: &Issuer) -> Vec<Case> {
    [missing(signer), mistyped(signer), misdirected(signer), untimely(signer)].concat()
}

fn changed(signer: &Issuer, change: &Value) -> String {
    signer.sign(&signer.header(), &with(claims(), change))
}

fn missing(signer: &Issuer) -> Vec<Case> {
    let names = TEXTS.iter().chain(&SECONDS).chain(&LISTS);
    names
        .map(|name| {
            case(format!("without {name}"), signer.sign(&signer.header(), &without(claims(), name)), Claim(name))
        })
        .collect()
}

fn mistyped(signer: &Issuer) -> Vec<Case> {
    let not_text = [json!(null), json!(""), json!(7), json!(true), json!(["a"]), json!({ "a": "b" })];
    let not_seconds = [
        json!(null),
        json!(NOW.to_string()),
        json!(1_800_000_000.5),
        json!(1.8e9),
        json!(-1),
        json!(true),
        json!([NOW]),
    ];
    let not_list = [json!(null), json!(7), json!([7]), json!([AUDIENCE, null]), json!({ AUDIENCE: true })];

    let wrong = |names: &[&'static str], values: &[Value]| -> Vec<Case> {
        let pairs = names.iter().flat_map(|name| values.iter().map(move |value| (*name, value)));
        pairs
            .map(|(name, value)| {
                case(format!("{name} is {value}"), changed(signer, &json!({ name: value })), Claim(name))
            })
            .collect()
    };
    let mut cases = [wrong(&TEXTS, &not_text), wrong(&SECONDS, &not_seconds), wrong(&LISTS, &not_list)].concat();
    cases.push(case("amr is text", changed(signer, &json!({ "amr": "pwd" })), Claim("amr")));

    let huge = claims().to_string().replace(&(NOW + 300).to_string(), "99999999999999999999999");
    let huge = signer.sign_bytes(signer.header().to_string().as_bytes(), huge.as_bytes());
    cases.push(case("exp past 64 bits", huge, Claim("exp")));
    cases
}

fn misdirected(signer: &Issuer) -> Vec<Case> {
    let tokens: [(&str, Value, VerifyError); 13] = [
        ("another issuer", json!({ "iss": "https://evil.example" }), WrongIssuer),
        ("issuer with a slash", json!({ "iss": format!("{ISSUER}/") }), WrongIssuer),
        ("issuer in capitals", json!({ "iss": ISSUER.to_uppercase() }), WrongIssuer),
        ("issuer that goes on", json!({ "iss": format!("{ISSUER}.evil.example") }), WrongIssuer),
        ("another audience", json!({ "aud": "https://billing.example.com" }), Audience),
        ("the issuer as audience", json!({ "aud": ISSUER }), Audience),
        ("audience that goes on", json!({ "aud": format!("{AUDIENCE}.evil.example") }), Audience),
        ("audience amid others", json!({ "aud": format!("a {AUDIENCE} b") }), Audience),
        ("other audiences", json!({ "aud": ["https://a.example", "https://b.example"] }), Audience),
        ("no audiences", json!({ "aud": [] }), Audience),
        ("a session that may only bind", json!({ "acr": "binding" }), Assurance(Acr::Aal1)),
        ("an unknown assurance", json!({ "acr": "aal9" }), Assurance(Acr::Aal1)),
        ("assurance in capitals", json!({ "acr": "AAL2" }), Assurance(Acr::Aal1)),
    ];
    tokens.into_iter().map(|(name, change, refusal)| case(name, changed(signer, &change), refusal)).collect()
}

fn untimely(signer: &Issuer) -> Vec<Case> {
    let tokens: [(&str, Value, VerifyError); 12] = [
        ("expired 30 seconds ago", json!({ "exp": NOW - 30, "iat": NOW - 330 }), Expired),
        ("expired 31 seconds ago", json!({ "exp": NOW - 31, "iat": NOW - 331 }), Expired),
        ("expired in 1970", json!({ "exp": 0 }), Expired),
        ("good in 31 seconds", json!({ "nbf": NOW + 31 }), NotYetValid),
        ("good in an hour", json!({ "nbf": NOW + 3600 }), NotYetValid),
        ("made in 31 seconds", json!({ "iat": NOW + 31 }), FromTheFuture),
        ("verified in 31 seconds", json!({ "auth_time": NOW + 31 }), FromTheFuture),
        ("expired when made", json!({ "iat": NOW, "exp": NOW }), Lifetime),
        ("expired before it was made", json!({ "iat": NOW, "exp": NOW - 1 }), Lifetime),
        ("good for more than an hour", json!({ "exp": NOW + 3601 }), Lifetime),
        ("good for ever", json!({ "exp": u64::MAX }), Lifetime),
        ("made in 1970", json!({ "iat": 0 }), Lifetime),
    ];
    tokens.into_iter().map(|(name, change, refusal)| case(name, changed(signer, &change), refusal)).collect()
}
