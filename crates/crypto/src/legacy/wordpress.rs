use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use doorward_kernel::Secret;

use crate::legacy::{bcrypt::read_prepared, verifier::Read};

/// The key that tells this HMAC from others (WordPress 6.8, `wp_hash_password`).
const KEY: &[u8] = b"wp-sha384";

/// Reads what stands behind `$wp$2y$`: bcrypt of the password's HMAC-SHA-384 in base64.
pub(super) fn read(text: &str) -> Read {
    let key = hmac::Key::new(hmac::HMAC_SHA384, KEY);
    read_prepared(text, Box::new(move |password| Secret::new(STANDARD.encode(hmac::sign(&key, password)).into_bytes())))
}
