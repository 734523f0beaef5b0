//! Tokens that somebody else made, or changed.

use super::*;

#[test]
fn a_forgery_that_changes_nothing_is_accepted() {
    for fixture in both_algorithms() {
        let [header, payload] = parts(&signed(&fixture));

        assert!(accepts(&fixture, &forge(&fixture, &header.to_string(), &payload.to_string())));
    }
}

#[test]
fn a_single_changed_character_is_refused() {
    for fixture in both_algorithms() {
        for changed in with_one_character_changed(&signed(&fixture)) {
            assert!(!accepts(&fixture, &changed), "{changed}");
        }
    }
}

#[test]
fn other_numbers_of_segments_and_other_sizes_are_refused() {
    let fixture = fixture(settings(), vec![epoch(1, 0)]);
    let token = signed(&fixture);
    let (message, signature) = token.rsplit_once('.').unwrap();

    for changed in [
        String::new(),
        "..".to_owned(),
        message.to_owned(),
        format!("{message}."),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{signature}"),
        format!("{message}..{signature}"),
        format!("{token}="),
        format!("{token}\n"),
        with_claim(&fixture, "padding", json!("x".repeat(4096))),
    ] {
        assert!(!accepts(&fixture, &changed), "{changed}");
    }
    for length in 0..token.len() {
        assert!(!accepts(&fixture, &token[..length]), "{length}");
    }
}

#[test]
fn every_other_header_is_refused() {
    for fixture in both_algorithms() {
        for (name, value) in [
            ("alg", json!("none")),
            ("alg", json!("None")),
            ("alg", json!("HS256")),
            ("alg", json!("RS256")),
            ("alg", json!("ES384")),
            ("alg", Value::Null),
            ("typ", json!("JWT")),
            ("typ", json!("AT+JWT")),
            ("typ", json!("application/at+jwt")),
            ("typ", Value::Null),
            ("kid", json!("unknown")),
            ("kid", json!("")),
            ("kid", json!(1)),
            ("kid", Value::Null),
            ("crit", json!(["exp"])),
            ("jku", json!("https://evil.example/jwks.json")),
            ("jwk", json!({ "kty": "OKP" })),
            ("x5u", json!("https://evil.example/cert.pem")),
            ("x5c", json!(["AA=="])),
            ("b64", json!(false)),
            ("cty", json!("JWT")),
        ] {
            assert!(!accepts(&fixture, &with_header(&fixture, name, value.clone())), "{name}: {value}");
        }
    }
}

#[test]
fn the_algorithm_of_another_key_type_is_refused() {
    let [es256, eddsa] = both_algorithms();

    assert!(!accepts(&es256, &with_header(&es256, "alg", json!("EdDSA"))));
    assert!(!accepts(&eddsa, &with_header(&eddsa, "alg", json!("ES256"))));
    assert!(!accepts(&es256, &signed(&eddsa)) && !accepts(&eddsa, &signed(&es256)));
}

#[test]
fn a_header_or_payload_that_says_a_thing_twice_is_refused() {
    let fixture = fixture(settings(), vec![epoch(1, 0)]);
    let [header, payload] = parts(&signed(&fixture)).map(|part| part.to_string());

    let twice = |text: &str, member: &str| text.replacen('{', &format!("{{{member},"), 1);

    assert!(!accepts(&fixture, &forge(&fixture, &twice(&header, r#""alg":"ES256""#), &payload)));
    assert!(!accepts(&fixture, &forge(&fixture, &header, &twice(&payload, r#""exp":1300"#))));
}

#[test]
fn a_token_signed_with_the_public_key_as_a_secret_is_refused() {
    for fixture in both_algorithms() {
        let key = fixture.keyring.public_keys().remove(0);
        let [_, payload] = parts(&signed(&fixture));
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(key.kid.clone());
        let point = [Some(&key.x), key.y.as_ref()].into_iter().flatten();
        let raw = point.map(|part| base64url::decode(part).unwrap()).collect::<Vec<_>>().concat();

        for secret in [raw.clone(), [vec![4], raw].concat(), key.x.clone().into_bytes(), Vec::new()] {
            let token = jsonwebtoken::encode(&header, &payload, &EncodingKey::from_secret(&secret)).unwrap();
            assert!(!accepts(&fixture, &token));
        }
    }
}

#[test]
fn an_unsigned_token_is_refused() {
    let fixture = fixture(settings(), vec![epoch(1, 0)]);
    let [mut header, payload] = parts(&signed(&fixture));

    for alg in ["none", "ES256"] {
        set(&mut header, "alg", json!(alg));
        let message = format!("{}.{}", base64url::encode(header.to_string()), base64url::encode(payload.to_string()));
        for signature in [String::new(), base64url::encode([0; 64])] {
            assert!(!accepts(&fixture, &format!("{message}.{signature}")));
        }
    }
}

#[test]
fn every_claim_is_required() {
    let fixture = fixture(settings(), vec![epoch(1, 0)]);

    for claim in ["iss", "sub", "aud", "iat", "nbf", "exp", "jti", "sid", "auth_time", "amr", "acr"] {
        assert!(!accepts(&fixture, &with_claim(&fixture, claim, Value::Null)), "{claim}");
    }
}

#[test]
fn every_claim_must_be_of_its_type_and_hold() {
    let fixture = fixture(settings(), vec![epoch(1, 0)]);

    for (claim, value) in [
        ("iss", json!("https://auth.example.com/")),
        ("iss", json!("HTTPS://auth.example.com")),
        ("iss", json!(["https://auth.example.com"])),
        ("aud", json!("https://api.example.com.evil.example")),
        ("aud", json!(["https://api.example.com"])),
        ("aud", json!(["https://api.example.com", "https://evil.example"])),
        ("aud", json!("")),
        ("sub", json!(1)),
        ("sub", json!("ada")),
        ("sub", json!("01010101010101010101010101010101")),
        ("sub", json!("{01010101-0101-0101-0101-010101010101}")),
        ("sid", json!("")),
        ("sid", json!("0202020202020202-0202-0202-02020202")),
        ("iat", json!("1000")),
        ("iat", json!(1031)),
        ("nbf", json!(1000.0)),
        ("nbf", json!(1031)),
        ("nbf", json!(true)),
        ("exp", json!("1300")),
        ("exp", json!(1300.5)),
        ("exp", json!(1e30)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(-1)),
        ("exp", json!(1000)),
        ("jti", json!("")),
        ("jti", json!(7)),
        ("auth_time", json!("900")),
        ("amr", json!("pwd")),
        ("amr", json!(["pwd", 1])),
        ("amr", json!(["pwd", "iris"])),
        ("amr", json!(["pwd sms", "mfa"])),
        ("amr", json!(["pwd", "mfa"])),
        ("acr", json!("aal3")),
        ("acr", json!(2)),
    ] {
        assert!(!accepts(&fixture, &with_claim(&fixture, claim, value.clone())), "{claim}: {value}");
    }
}

#[test]
fn a_payload_that_is_no_object_is_refused() {
    let fixture = fixture(settings(), vec![epoch(1, 0)]);
    let [header, payload] = parts(&signed(&fixture)).map(|part| part.to_string());

    for other in ["", "null", "[]", "\"\"", "{}", "\u{0}", &format!("{payload}{{}}"), &format!("[{payload}]")] {
        assert!(!accepts(&fixture, &forge(&fixture, &header, other)), "{other:?}");
        assert!(!accepts(&fixture, &forge(&fixture, other, &payload)), "{other:?}");
    }
}
