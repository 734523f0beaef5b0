use std::time::Duration;

use doorward_kernel::{KeyEpoch, SessionId, Timestamp, UserId};
use doorward_session::{AccessClaims, Assurance, JsonWebKey, Method, Methods, TokenSigner};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};

use crate::{
    TokenSettings, base64url,
    fixtures::{Fixture, OTHER_ROOT, eddsa, epoch, retired, settings, with_one_character_changed},
};

const NOW: i64 = 1000;

fn at(second: i64) -> Timestamp {
    Fixture::at(second)
}

fn fixture(settings: TokenSettings, epochs: Vec<KeyEpoch>) -> Fixture {
    let fixture = Fixture::with(crate::fixtures::ROOT, epochs, settings).unwrap();
    fixture.clock.set(NOW);
    fixture
}

fn both_algorithms() -> [Fixture; 2] {
    [settings(), eddsa()].map(|settings| fixture(settings, vec![epoch(1, 0)]))
}

fn claims() -> AccessClaims {
    AccessClaims {
        user: UserId::from_bytes([1; 16]),
        session: SessionId::from_bytes([2; 16]),
        auth_time: at(900),
        methods: Methods::new(&[Method::Sms, Method::Password]),
        assurance: Assurance::Aal2,
        issued_at: at(NOW),
        expires_at: at(NOW + 300),
    }
}

fn signed(fixture: &Fixture) -> String {
    fixture.keyring.sign(&claims()).unwrap().reveal().clone()
}

fn accepts(fixture: &Fixture, token: &str) -> bool {
    fixture.keyring.verify(token, at(NOW)).is_some()
}

fn parts(token: &str) -> [Value; 2] {
    let mut segments = token.split('.').map(|segment| base64url::decode(segment).unwrap());
    [(); 2].map(|()| serde_json::from_slice(&segments.next().unwrap()).unwrap())
}

/// A token with the current key's own signature, whatever it says.
fn forge(fixture: &Fixture, header: &str, payload: &str) -> String {
    let message = format!("{}.{}", base64url::encode(header), base64url::encode(payload));
    let signature = fixture.keyring.current().signing.sign(message.as_bytes()).unwrap();
    format!("{message}.{}", base64url::encode(signature))
}

/// Our own token with one member of its header set, or taken away by `null`.
fn with_header(fixture: &Fixture, name: &str, value: Value) -> String {
    let [mut header, payload] = parts(&signed(fixture));
    set(&mut header, name, value);
    forge(fixture, &header.to_string(), &payload.to_string())
}

fn with_claim(fixture: &Fixture, name: &str, value: Value) -> String {
    let [header, mut payload] = parts(&signed(fixture));
    set(&mut payload, name, value);
    forge(fixture, &header.to_string(), &payload.to_string())
}

fn set(object: &mut Value, name: &str, value: Value) {
    let object = object.as_object_mut().unwrap();
    if value.is_null() {
        object.remove(name)
    } else {
        object.insert(name.to_owned(), value)
    };
}

#[test]
fn a_token_says_what_it_was_made_to_say() {
    for fixture in both_algorithms() {
        assert_eq!(fixture.keyring.verify(&signed(&fixture), at(NOW)), Some(claims()));
    }
}

#[test]
fn a_token_holds_the_claims_of_rfc_9068_and_nothing_personal() {
    let fixture = fixture(settings(), vec![epoch(1, 0)]);

    let [header, mut payload] = parts(&signed(&fixture));

    let kid = &fixture.keyring.public_keys()[0].kid;
    assert_eq!(header, json!({ "alg": "ES256", "typ": "at+jwt", "kid": kid }));
    assert_eq!(payload["jti"].as_str().unwrap().len(), 22);
    set(&mut payload, "jti", Value::Null);
    let expected = json!({
        "iss": "https://auth.example.com",
        "sub": "01010101-0101-0101-0101-010101010101",
        "aud": "https://api.example.com",
        "iat": 1000,
        "nbf": 1000,
        "exp": 1300,
        "sid": "02020202-0202-0202-0202-020202020202",
        "auth_time": 900,
        "amr": ["sms", "pwd", "mfa"],
        "acr": "aal2",
    });
    assert_eq!(payload, expected);
}

#[test]
fn no_two_tokens_share_their_id() {
    let fixture = fixture(settings(), vec![epoch(1, 0)]);

    let [[_, first], [_, second]] = [parts(&signed(&fixture)), parts(&signed(&fixture))];

    assert_ne!(first["jti"], second["jti"]);
}

#[test]
fn another_implementation_verifies_our_tokens_by_our_public_keys() {
    for fixture in both_algorithms() {
        let key = fixture.keyring.public_keys().remove(0);
        let (algorithm, decoding) = decoding_key(&key);
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&["https://auth.example.com"]);
        validation.set_audience(&["https://api.example.com"]);
        validation.validate_exp = false;

        let token = jsonwebtoken::decode::<Value>(signed(&fixture), &decoding, &validation).unwrap();

        assert_eq!(token.header.kid, Some(key.kid));
    }
}

fn decoding_key(key: &JsonWebKey) -> (Algorithm, DecodingKey) {
    match &key.y {
        Some(y) => (Algorithm::ES256, DecodingKey::from_ec_components(&key.x, y).unwrap()),
        None => (Algorithm::EdDSA, DecodingKey::from_ed_components(&key.x).unwrap()),
    }
}

#[test]
fn a_forgery_that_changes_nothing_is_accepted() {
    for fixture in both_algorithms() {
        let [header, payload] = parts(&signed(&fixture));

        assert!(accepts(&fixture, &forge(&fixture, &header.to_string(), &payload.to_string())));
    }
}

#[test]
fn a_token_is_good_until_just_before_its_last_instant_and_half_a_minute_early() {
    let fixture = fixture(settings(), vec![epoch(1, 0)]);
    let token = signed(&fixture);

    let accepts = |now: Timestamp| fixture.keyring.verify(&token, now).is_some();

    assert!(!accepts(at(NOW - 30) - Duration::from_micros(1)));
    assert!(accepts(at(NOW - 30)));
    assert!(accepts(at(NOW + 300) - Duration::from_micros(1)));
    assert!(!accepts(at(NOW + 300)));
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

#[test]
fn tokens_of_other_issuers_audiences_and_roots_are_refused() {
    let ours = fixture(settings(), vec![epoch(1, 0)]);
    let issuer = fixture(TokenSettings { issuer: "https://other.example".to_owned(), ..settings() }, vec![epoch(1, 0)]);
    let audience =
        fixture(TokenSettings { audience: "https://other.example".to_owned(), ..settings() }, vec![epoch(1, 0)]);
    let root = Fixture::with(OTHER_ROOT, vec![epoch(1, 0)], settings()).unwrap();

    for theirs in [issuer, audience, root] {
        assert!(!accepts(&ours, &signed(&theirs)));
        assert!(!accepts(&theirs, &signed(&ours)));
    }
}

#[test]
fn tokens_are_good_until_their_epoch_is_retired() {
    let fixture = fixture(settings(), vec![retired(1, NOW + 200), epoch(2, NOW + 100)]);
    let token = signed(&fixture);

    fixture.clock.set(NOW + 100);

    assert_ne!(parts(&token)[0]["kid"], parts(&signed(&fixture))[0]["kid"]);
    assert!(fixture.keyring.verify(&token, at(NOW + 199)).is_some());
    assert!(fixture.keyring.verify(&token, at(NOW + 200)).is_none());
}

#[test]
fn public_keys_are_next_current_and_past_ones_but_no_retired_ones() {
    let fixture = fixture(settings(), vec![retired(1, NOW), epoch(2, 10), epoch(3, 20), epoch(4, NOW + 100)]);
    let kid = |id| Fixture::new(vec![epoch(id, 0)]).keyring.public_keys().remove(0).kid;

    let published: Vec<_> = fixture.keyring.public_keys().into_iter().map(|key| key.kid).collect();

    assert_eq!(published, [kid(4), kid(3), kid(2)]);
    assert_eq!(parts(&signed(&fixture))[0]["kid"], kid(3));
}

#[test]
fn a_key_leaves_the_set_an_hour_after_its_last_token() {
    let now = 10_000;
    let successor = now - 75 * 60;
    let published = |began| {
        let fixture = fixture(settings(), vec![epoch(1, 0), epoch(2, 10), epoch(3, began)]);
        fixture.clock.set(now);
        fixture.keyring.public_keys().len()
    };

    assert_eq!((published(successor + 1), published(successor)), (2, 1));
}

#[test]
fn nodes_with_the_same_root_and_epochs_have_the_same_keys() {
    for settings in [settings(), eddsa()] {
        let [first, second] = [0, 1].map(|_| fixture(settings.clone(), vec![epoch(1, 0), epoch(2, 10)]));

        assert_eq!(first.keyring.public_keys(), second.keyring.public_keys());
        assert!(accepts(&second, &signed(&first)));
    }
}

#[test]
fn a_token_that_was_verified_is_known_by_its_whole_text_alone() {
    for fixture in both_algorithms() {
        let token = signed(&fixture);

        assert!(accepts(&fixture, &token) && accepts(&fixture, &token));

        assert_eq!(fixture.keyring.epochs().verified.len(), 1);
        assert!(!accepts(&fixture, &token[..token.len() - 1]) && !accepts(&fixture, &format!("{token}A")));
        assert_eq!(fixture.keyring.epochs().verified.len(), 1);
    }
}

#[test]
fn a_token_that_was_verified_ends_with_its_time() {
    let fixture = fixture(settings(), vec![epoch(1, 0)]);
    let token = signed(&fixture);
    assert!(fixture.keyring.verify(&token, at(NOW + 299)).is_some());

    assert_eq!(fixture.keyring.verify(&token, at(NOW + 300)), None);
    assert_eq!(fixture.keyring.epochs().verified.len(), 0);
    assert_eq!(fixture.keyring.verify(&token, at(NOW - 31)), None);
}

#[test]
fn a_token_that_was_verified_ends_with_its_epoch() {
    let fixture = fixture(settings(), vec![epoch(1, 0), epoch(2, NOW + 1)]);
    let token = signed(&fixture);
    assert!(accepts(&fixture, &token));

    fixture.keyring.reload(vec![retired(1, NOW + 10), epoch(2, NOW + 1)]).unwrap();

    assert!(fixture.keyring.verify(&token, at(NOW + 9)).is_some());
    assert_eq!(fixture.keyring.verify(&token, at(NOW + 10)), None);
    fixture.keyring.reload(vec![retired(1, NOW), epoch(2, NOW + 1)]).unwrap();
    assert_eq!(fixture.keyring.verify(&token, at(NOW + 9)), None);
}

/// A verifier that does not read `acr` must refuse it.
#[test]
fn a_token_that_may_only_bind_is_for_the_service_itself() {
    for fixture in both_algorithms() {
        let claims = AccessClaims { assurance: Assurance::Binding, ..claims() };
        let token = fixture.keyring.sign(&claims).unwrap();

        assert_eq!(parts(token.reveal())[1]["aud"], json!("https://auth.example.com/binding"));
        assert_eq!(fixture.keyring.verify(token.reveal(), at(NOW)), Some(claims));
        assert!(!accepts(&fixture, &with_claim(&fixture, "acr", json!("binding"))));
        assert!(!accepts(&fixture, &with_claim(&fixture, "aud", json!("https://auth.example.com/binding"))));
    }
}
