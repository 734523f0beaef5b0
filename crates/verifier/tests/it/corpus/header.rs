//! Headers that would have the verifier take another key, another algorithm, another kind of token.

use aws_lc_rs::hmac;
use doorward_verifier::VerifyError::{self, Algorithm, ForbiddenHeader, KeyId, Type, UnknownKey};
use serde_json::{Value, json};

use super::{Case, case};
use crate::issuer::{Issuer, claims, encode, with, without};

pub(super) fn cases(signer: &Issuer, other: &Issuer) -> Vec<Case> {
    [members(signer), algorithms(signer, other), shared_secrets(signer), types(signer), key_ids(signer)].concat()
}

fn changed(signer: &Issuer, change: &Value) -> String {
    signer.sign(&with(signer.header(), change), &claims())
}

fn table(signer: &Issuer, member: &str, values: &[Value], refusal: VerifyError) -> Vec<Case> {
    let absent = case(format!("no {member}"), signer.sign(&without(signer.header(), member), &claims()), refusal);
    let wrong = values
        .iter()
        .map(|value| case(format!("{member} {value}"), changed(signer, &json!({ member: value })), refusal));
    std::iter::once(absent).chain(wrong).collect()
}

fn members(signer: &Issuer) -> Vec<Case> {
    let own = signer.jwk();
    let forbidden = [
        ("crit", json!(["exp"])),
        ("jku", json!("https://evil.example/jwks.json")),
        ("jwk", own),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("cty", json!("JWT")),
    ];
    forbidden
        .into_iter()
        .map(|(name, value)| {
            case(format!("header with {name}"), changed(signer, &json!({ name: value })), ForbiddenHeader(name))
        })
        .collect()
}

fn algorithms(signer: &Issuer, other: &Issuer) -> Vec<Case> {
    let names =
        ["none", "None", "NONE", "nOnE", "", "es256", "eddsa", "ES384", "ES256K", "Ed25519", "RS256", "PS256", "HS256"];
    let mut values: Vec<_> = names.into_iter().map(Value::from).collect();
    values.extend([Value::Null, json!(256), json!(["ES256", "EdDSA"]), json!(other.alg())]);
    let mut cases = table(signer, "alg", &values, Algorithm);

    let unsigned = changed(signer, &json!({ "alg": "none" }));
    let unsigned = &unsigned[..=unsigned.rfind('.').unwrap()];
    cases.push(case("alg none without signature", unsigned, Algorithm));
    cases
}

/// HMAC with the public key for its secret, in every form in which somebody may hold it.
fn shared_secrets(signer: &Issuer) -> Vec<Case> {
    let header = with(signer.header(), &json!({ "alg": "HS256" })).to_string();
    let message = format!("{}.{}", encode(header), encode(claims().to_string()));
    let public = signer.public_bytes();
    let forms = [
        ("key bytes", public.to_vec()),
        ("key in base64url", encode(public).into_bytes()),
        ("JWK", signer.jwk().to_string().into_bytes()),
        ("PEM", format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", encode(public)).into_bytes()),
        ("nothing", Vec::new()),
    ];
    forms
        .into_iter()
        .map(|(form, secret)| {
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), message.as_bytes());
            case(format!("HS256 keyed with the {form}"), format!("{message}.{}", encode(tag)), Algorithm)
        })
        .collect()
}

fn types(signer: &Issuer) -> Vec<Case> {
    let names =
        ["JWT", "jwt", "", "id+jwt", "logout+jwt", "rt+jwt", "dpop+jwt", "at+jwt ", "at+jwt; v=1", "text/at+jwt"];
    let mut values: Vec<_> = names.into_iter().map(Value::from).collect();
    values.extend([Value::Null, json!(1), json!(["at+jwt"])]);
    table(signer, "typ", &values, Type)
}

fn key_ids(signer: &Issuer) -> Vec<Case> {
    let kid = signer.kid();
    let values = [
        json!(null),
        json!(0),
        json!([kid]),
        json!(""),
        json!("../../dev/null"),
        json!("' OR 1=1--"),
        json!("https://evil.example/key"),
        json!(format!("{kid}=")),
        json!(format!("{kid}\0")),
        json!(kid[1..]),
    ];
    let mut cases = table(signer, "kid", &values, KeyId);

    let stranger = Issuer::es256();
    let strange = signer.sign(&with(signer.header(), &json!({ "kid": stranger.kid() })), &claims());
    cases.push(case("a stranger's token", stranger.token(), UnknownKey));
    cases.push(case("a stranger's kid", strange, UnknownKey));
    cases
}
