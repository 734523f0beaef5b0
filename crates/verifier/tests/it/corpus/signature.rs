//! Signatures that are not the named key's over this token.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward_verifier::VerifyError::Signature;
use serde_json::json;

use super::{Case, case};
use crate::issuer::{Issuer, claims, encode, with};

/// The order of P-256, as if it were `r` or `s`.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

pub(super) fn cases(signer: &Issuer, other: &Issuer) -> Vec<Case> {
    [forged(signer), borrowed(signer, other)].concat()
}

fn forged(signer: &Issuer) -> Vec<Case> {
    let good = signer.token();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let bearing = |signature: &[u8]| format!("{message}.{}", encode(signature));
    let flipped = |index: usize| {
        let mut bytes = bytes.clone();
        bytes[index] ^= 1;
        bearing(&bytes)
    };
    let one = [[0; 31].as_slice(), &[1]].concat();
    vec![
        case("no signature", format!("{message}."), Signature),
        case("first bit flipped", flipped(0), Signature),
        case("middle bit flipped", flipped(32), Signature),
        case("last bit flipped", flipped(63), Signature),
        case("a byte short", bearing(&bytes[..63]), Signature),
        case("a byte long", bearing(&[bytes.as_slice(), &[0]].concat()), Signature),
        case("halves swapped", bearing(&[&bytes[32..], &bytes[..32]].concat()), Signature),
        case("DER", bearing(&der(&bytes)), Signature),
        case("all zeros", bearing(&[0; 64]), Signature),
        case("r and s one", bearing(&[one.as_slice(), &one].concat()), Signature),
        case("r and s the order", bearing(&[ORDER, ORDER].concat()), Signature),
        case("s zero", bearing(&[&bytes[..32], [0; 32].as_slice()].concat()), Signature),
        case("all ones", bearing(&[0xff; 64]), Signature),
    ]
}

fn borrowed(signer: &Issuer, other: &Issuer) -> Vec<Case> {
    let good = signer.token();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = message.split_once('.').unwrap();
    let admin = encode(with(claims(), &json!({ "sub": "admin" })).to_string());
    let recased = encode(with(signer.header(), &json!({ "typ": "AT+JWT" })).to_string());
    let stranger = match signer {
        Issuer::Es256(_) => Issuer::es256(),
        Issuer::EdDsa(_) => Issuer::eddsa(),
    };
    vec![
        case("claims changed after signing", format!("{header}.{admin}.{signature}"), Signature),
        case("header changed after signing", format!("{recased}.{payload}.{signature}"), Signature),
        case("another token's signature", format!("{message}.{}", last(&signer.sign_message("a.b"))), Signature),
        case("a stranger's signature under our kid", stranger.sign(&signer.header(), &claims()), Signature),
        case("our other key's signature", other.sign(&signer.header(), &claims()), Signature),
        case("payload alone signed", format!("{message}.{}", last(&signer.sign_message(payload))), Signature),
    ]
}

fn last(token: &str) -> &str {
    token.rsplit('.').next().unwrap()
}

/// `r ‖ s` as an ASN.1 sequence of two integers.
fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| [&[2, 33, 0], bytes].concat();
    [&[0x30, 70], integer(&signature[..32]).as_slice(), &integer(&signature[32..])].concat()
}
