use doorward_verifier::{KeySet, KeySetError};
use serde_json::{Value, json};

use crate::issuer::{Issuer, NOW, at, expectations, jwks, with, without};

fn parse(jwks: &Value) -> Result<KeySet, KeySetError> {
    KeySet::parse(jwks.to_string().as_bytes())
}

fn unusable() -> Vec<(&'static str, Value)> {
    let (ec, okp) = (Issuer::es256().jwk(), Issuer::eddsa().jwk());
    let ec_with = |change| with(ec.clone(), &change);
    let okp_with = |change| with(okp.clone(), &change);
    vec![
        ("a private key", ec_with(json!({ "d": "AAAA" }))),
        ("a private key on the other curve", okp_with(json!({ "d": "AAAA" }))),
        ("a shared secret", json!({ "kty": "oct", "alg": "HS256", "use": "sig", "kid": ec["kid"], "k": "AAAA" })),
        (
            "an RSA key",
            json!({ "kty": "RSA", "alg": "RS256", "use": "sig", "kid": ec["kid"], "n": "AAAA", "e": "AQAB" }),
        ),
        ("a key for encryption", ec_with(json!({ "use": "enc" }))),
        ("a key without use", without(ec.clone(), "use")),
        ("a key without algorithm", without(ec.clone(), "alg")),
        ("an algorithm of the other curve", ec_with(json!({ "alg": "EdDSA" }))),
        ("another curve", ec_with(json!({ "crv": "P-384" }))),
        ("another type", okp_with(json!({ "kty": "EC" }))),
        ("a name that is not the thumbprint", ec_with(json!({ "kid": okp["kid"] }))),
        ("a name of its own making", okp_with(json!({ "kid": "key-1" }))),
        ("a padded coordinate", okp_with(json!({ "x": format!("{}=", okp["x"].as_str().unwrap()) }))),
        ("a short coordinate", okp_with(json!({ "x": "AAAA" }))),
        ("half a point", without(ec.clone(), "y")),
        ("a point off the curve", ec_with(json!({ "y": ec["x"] }))),
        ("text", json!("key")),
        ("nothing", json!(null)),
    ]
}

#[test]
fn keys_that_are_not_public_or_not_ours_are_left_out() {
    let good = Issuer::es256();

    for (name, jwk) in unusable() {
        assert_eq!(parse(&json!({ "keys": [jwk] })).err(), Some(KeySetError::NoUsableKey), "{name}");
        let neighbours = parse(&json!({ "keys": [jwk, good.jwk()] })).unwrap();
        assert_eq!(neighbours.len(), 1, "{name}");
        assert!(neighbours.verify(&good.token(), &expectations(), at(NOW)).is_ok(), "{name}");
    }
}

#[test]
fn a_key_set_has_at_most_thirty_two_keys() {
    let issuer = Issuer::eddsa();

    assert_eq!(parse(&jwks(&[&issuer; 32])).unwrap().len(), 32);
    assert_eq!(parse(&jwks(&[&issuer; 33])).err(), Some(KeySetError::TooManyKeys));
}

#[test]
fn a_document_that_is_no_key_set_is_refused() {
    let jwk = Issuer::es256().jwk().to_string();
    let documents = [
        String::new(),
        "<html>".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        r#"{"keys":{}}"#.to_owned(),
        format!(r#"{{"keys":[{jwk}],"keys":[]}}"#),
        format!(r#"{{"keys":[{}]}}"#, jwk.replacen('{', r#"{"alg":"none","#, 1)),
    ];

    for document in documents {
        assert_eq!(KeySet::parse(document.as_bytes()).err(), Some(KeySetError::Json), "{document}");
    }
}
