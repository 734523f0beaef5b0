use std::time::Duration;

use doorward_kernel::{KeyEpoch, SessionId, Timestamp, UserId};
use doorward_session::{AccessClaims, Assurance, JsonWebKey, Method, Methods, TokenSigner};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};

use crate::{
    TokenSettings, base64url,
    fixtures::{Fixture, OTHER_ROOT, eddsa, epoch, retired, settings, with_one_character_changed},
};

mod forgeries;

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
