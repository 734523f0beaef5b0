use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use doorward_kernel::Secret;

use crate::legacy::{
    LegacyError,
    bcrypt::{Bcrypt, Input},
    text::{cost, named, parts},
    verifier::Read,
};

/// Reads what stands behind passlib's `$bcrypt-sha256$`.
///
/// `2b,12$salt$hash` is bcrypt of the password's SHA-256, `v=2,t=2b,r=12$salt$hash` of its HMAC-SHA-256 under
/// the text of the salt; either in base64.
pub(super) fn read(text: &str) -> Read {
    let [costs, salt, hash] = parts(text, '$')?;
    if let Some(costs) = costs.strip_prefix("v=2,") {
        let [kind, rounds] = parts(costs, ',')?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, salt.as_bytes());
        let input: Input = Box::new(move |password| encode(hmac::sign(&key, password).as_ref()));
        return boxed(named(kind, "t")?, named(rounds, "r")?, salt, hash, input);
    }
    let [kind, rounds] = parts(costs, ',')?;
    boxed(kind, rounds, salt, hash, Box::new(|password| encode(digest(&SHA256, password).as_ref())))
}

fn boxed(kind: &str, rounds: &str, salt: &str, hash: &str, input: Input) -> Read {
    match kind {
        "2a" | "2b" | "2y" => Bcrypt::boxed(cost(rounds)?, salt, hash, input),
        _ => Err(LegacyError::Malformed),
    }
}

fn encode(digest: &[u8]) -> Secret<Vec<u8>> {
    Secret::new(STANDARD.encode(digest).into_bytes())
}
