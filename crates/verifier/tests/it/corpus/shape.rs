//! Tokens that are none by their shape.

use doorward_verifier::VerifyError::{Encoding, Json, TooLong};
use serde_json::json;

use super::{Case, case};
use crate::issuer::{Issuer, claims, encode, with};

pub(super) fn cases(signer: &Issuer) -> Vec<Case> {
    [segments(signer), base64(signer), objects(signer)].concat()
}

fn segments(signer: &Issuer) -> Vec<Case> {
    let good = signer.token();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = message.split_once('.').unwrap();
    let long = with(claims(), &json!({ "filler": "x".repeat(4096) }));
    vec![
        case("nothing", "", Encoding),
        case("only dots", "..", Json),
        case("an opaque refresh token", "rt_0198c0de00007000800000000000000", Encoding),
        case("one segment", header, Encoding),
        case("two segments", message, Encoding),
        case("four segments", format!("{good}.{signature}"), Encoding),
        case("five segments, as in JWE", format!("{header}.{payload}.{payload}.{payload}.{signature}"), Encoding),
        case("dot at the end", format!("{good}."), Encoding),
        case("dot at the start", format!(".{good}"), Encoding),
        case("no header", format!(".{payload}.{signature}"), Json),
        case("scheme before it", format!("Bearer {good}"), Encoding),
        case("blank before it", format!(" {good}"), Encoding),
        case("newline after it", format!("{good}\n"), Encoding),
        case("JSON serialization", json!({ "payload": payload, "signature": signature }).to_string(), Encoding),
        case("longer than 4096 bytes, signed", signer.sign(&signer.header(), &long), TooLong),
        case("a megabyte", "a".repeat(1 << 20), TooLong),
    ]
}

fn base64(signer: &Issuer) -> Vec<Case> {
    let good = signer.token();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = message.split_once('.').unwrap();
    let mut uneven = claims().to_string();
    while uneven.len() % 3 != 1 {
        uneven.push(' ');
    }
    let stray = format!("{header}.{}", with_stray_bits(&encode(&uneven)));
    vec![
        case("padded header", signer.sign_message(&format!("{header}=.{payload}")), Encoding),
        case("padded payload", signer.sign_message(&format!("{header}.{payload}==")), Encoding),
        case("padded signature", format!("{good}=="), Encoding),
        case("standard alphabet", format!("{message}.+{}", &signature[1..]), Encoding),
        case("blank inside", format!("{message}. {}", &signature[1..]), Encoding),
        case("line break inside", format!("{header}\r\n.{payload}.{signature}"), Encoding),
        case("zero byte inside", format!("{message}.\0{}", &signature[1..]), Encoding),
        case("letter from another script", format!("{message}.а{}", &signature[1..]), Encoding),
        case("percent-encoded dots", good.replace('.', "%2E"), Encoding),
        case("stray bits in the signature", format!("{message}.{}", with_stray_bits(signature)), Encoding),
        case("stray bits in a signed payload", signer.sign_message(&stray), Encoding),
    ]
}

fn objects(signer: &Issuer) -> Vec<Case> {
    let header = signer.header().to_string();
    let good = claims().to_string();
    let twice = |member: &str| good.replacen('{', &format!("{{{member},"), 1);
    let under = |header: &str| signer.sign_bytes(header.as_bytes(), good.as_bytes());
    let saying = |claims: &[u8]| signer.sign_bytes(header.as_bytes(), claims);
    let deep = format!(r#""deep":{}{}"#, "[".repeat(400), "]".repeat(400));
    vec![
        case("header is a list", under("[]"), Json),
        case("header is text", under(r#""at+jwt""#), Json),
        case("header goes on", under(&format!("{header}{header}")), Json),
        case("header names alg twice", under(&header.replacen('{', r#"{"alg":"none","#, 1)), Json),
        case("claims are empty", saying(b""), Json),
        case("claims are null", saying(b"null"), Json),
        case("claims are a list", saying(format!("[{good}]").as_bytes()), Json),
        case("claims are no JSON", saying(b"sub=admin"), Json),
        case("claims go on", saying(format!("{good},").as_bytes()), Json),
        case("claims with a comment", saying(format!("{good}//").as_bytes()), Json),
        case("claims after a byte order mark", saying(format!("\u{feff}{good}").as_bytes()), Json),
        case("claims in Latin-1", saying(b"{\"sub\":\"\xe9\"}"), Json),
        case("half a surrogate pair", saying(twice(r#""x":"\ud800""#).as_bytes()), Json),
        case("sub twice", saying(twice(r#""sub":"admin""#).as_bytes()), Json),
        case("sub twice, once escaped", saying(twice(r#""\u0073ub":"admin""#).as_bytes()), Json),
        case("a name twice inside a claim", saying(twice(r#""x":[{"a":1,"a":2}]"#).as_bytes()), Json),
        case("four hundred levels deep", saying(twice(&deep).as_bytes()), Json),
    ]
}

/// The same bytes to a careless decoder: the bits that stand for nothing are set.
fn with_stray_bits(text: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = text.chars().last().unwrap();
    let next = ALPHABET.find(last).unwrap() + 1;
    format!("{}{}", &text[..text.len() - 1], &ALPHABET[next..=next])
}
