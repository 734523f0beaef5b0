//! Hostile tokens, each with the reason it must be refused for (RFC 8725, section 2).

mod claims;
mod header;
mod shape;
mod signature;

use std::collections::BTreeSet;

use doorward_verifier::{Acr, Claims, KeySet, VerifyError};
use serde_json::json;

use crate::issuer::{self, AUDIENCE, ISSUER, Issuer, NOW, at, expectations};

/// Its name, the token, and why it is refused.
type Case = (String, String, VerifyError);

fn case(name: impl Into<String>, token: impl Into<String>, refusal: VerifyError) -> Case {
    (name.into(), token.into(), refusal)
}

fn corpus(signer: &Issuer, other: &Issuer) -> Vec<Case> {
    [shape::cases(signer), header::cases(signer, other), signature::cases(signer, other), claims::cases(signer)]
        .concat()
}

#[test]
fn every_hostile_token_is_refused_for_its_own_reason() {
    let (es256, eddsa) = (Issuer::es256(), Issuer::eddsa());
    let keys = KeySet::parse(issuer::jwks(&[&es256, &eddsa]).to_string().as_bytes()).unwrap();

    for (signer, other) in [(&es256, &eddsa), (&eddsa, &es256)] {
        let cases = corpus(signer, other);
        let names: BTreeSet<_> = cases.iter().map(|(name, _, _)| name).collect();
        assert_eq!(names.len(), cases.len());
        assert!(cases.len() >= 60, "{}", cases.len());

        let judged = cases.iter().map(|(name, token, refusal)| {
            let verdict = keys.verify(token, &expectations(), at(NOW));
            (name, verdict.err(), Some(*refusal))
        });
        let wrong: Vec<_> = judged.filter(|(_, found, expected)| found != expected).collect();
        assert_eq!(wrong, [], "{}", signer.alg());
    }
}

#[test]
fn a_good_token_says_what_was_signed_with_either_algorithm() {
    for signer in [Issuer::es256(), Issuer::eddsa()] {
        let keys = KeySet::parse(issuer::jwks(&[&signer]).to_string().as_bytes()).unwrap();

        let claims = keys.verify(&signer.token(), &expectations(), at(NOW)).unwrap();

        let expected = Claims {
            iss: ISSUER.to_owned(),
            sub: "0198c0de-0000-7000-8000-000000000001".to_owned(),
            aud: vec![AUDIENCE.to_owned()],
            iat: NOW,
            nbf: NOW,
            exp: NOW + 300,
            jti: "0198c0de-0000-7000-8000-000000000002".to_owned(),
            sid: "0198c0de-0000-7000-8000-000000000003".to_owned(),
            auth_time: NOW - 60,
            amr: vec!["sms".to_owned(), "pwd".to_owned(), "mfa".to_owned()],
            acr: Acr::Aal2,
        };
        assert_eq!(claims, expected);
    }
}

#[test]
fn what_the_standards_leave_open_is_accepted() {
    let signer = Issuer::es256();
    let keys = KeySet::parse(issuer::jwks(&[&signer]).to_string().as_bytes()).unwrap();
    let header = |change| issuer::with(signer.header(), &change);
    let claims = |change| issuer::with(issuer::claims(), &change);
    let good = [
        ("type in capitals", signer.sign(&header(json!({ "typ": "AT+JWT" })), &issuer::claims())),
        ("type with its prefix", signer.sign(&header(json!({ "typ": "application/at+jwt" })), &issuer::claims())),
        (
            "several audiences",
            signer.sign(&signer.header(), &claims(json!({ "aud": ["https://a.example", AUDIENCE] }))),
        ),
        ("unknown claim", signer.sign(&signer.header(), &claims(json!({ "scope": "a b", "x": { "y": [1.5] } })))),
        ("expired 29 seconds ago", signer.sign(&signer.header(), &issuer::claims_at(NOW - 329))),
        ("made by a clock 30 seconds fast", signer.sign(&signer.header(), &issuer::claims_at(NOW + 30))),
        ("one factor", signer.sign(&signer.header(), &claims(json!({ "acr": "aal1", "amr": [] })))),
    ];

    for (name, token) in good {
        assert!(keys.verify(&token, &expectations(), at(NOW)).is_ok(), "{name}");
    }
}

#[test]
fn a_service_may_ask_for_more_than_one_factor() {
    let signer = Issuer::eddsa();
    let keys = KeySet::parse(issuer::jwks(&[&signer]).to_string().as_bytes()).unwrap();
    let token = signer.sign(&signer.header(), &issuer::with(issuer::claims(), &json!({ "acr": "aal1" })));

    let verdict = keys.verify(&token, &expectations().acr(Acr::Aal2), at(NOW));

    assert_eq!(verdict, Err(VerifyError::Assurance(Acr::Aal2)));
}
