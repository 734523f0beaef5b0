use aws_lc_rs::{
    cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey},
    iv::FixedLength,
};
use doorward_kernel::Secret;

use crate::{
    legacy::{
        LegacyError,
        scrypt::costs,
        text::{any_base64, cost, hash, named, parts, salt},
        verifier::{OldHash, Read},
    },
    password::{Bench, ScryptCosts, Unit, Work},
};

const KEY_BYTES: usize = 32;

/// Firebase's scrypt: the derived key encrypts the project's signer key, and the ciphertext is the hash.
struct Firebase {
    costs: ScryptCosts,
    /// The salt of the account, then the separator of the project.
    salt: Vec<u8>,
    signer_key: Secret<Vec<u8>>,
    hash: Vec<u8>,
}

/// Reads `v=1,n=14,r=8,p=1,ss=Bw==,sk=key$salt$hash`, as Supabase writes it.
///
/// `n` is Firebase's `mem_cost`, `r` its `rounds`, `ss` its `salt_separator` and `sk` its `signer_key`.
pub(super) fn read(text: &str) -> Read {
    let [parameters, salt_text, hash_text] = parts(text, '$')?;
    let [version, log_n, r, p, separator, signer_key] = parts(parameters, ',')?;
    if version != "v=1" {
        return Err(LegacyError::Malformed);
    }
    let salt_bytes = salt(any_base64(salt_text)?)?;
    let salt = salt([salt_bytes, any_base64(named(separator, "ss")?)?].concat())?;
    let (signer_key, hash) = (any_base64(named(signer_key, "sk")?)?, hash(any_base64(hash_text)?)?);
    if signer_key.len() != hash.len() {
        return Err(LegacyError::Malformed);
    }
    let costs = costs(cost(named(log_n, "n")?)?, cost(named(r, "r")?)?, cost(named(p, "p")?)?)?;
    Ok(Box::new(Firebase { costs, salt, signer_key: Secret::new(signer_key), hash }))
}

impl OldHash for Firebase {
    fn expected(&self) -> &[u8] {
        &self.hash
    }

    fn work(&self) -> Work {
        Work::once(Unit::Scrypt(self.costs))
    }

    fn compute(&self, password: &[u8], bench: &mut Bench) -> Option<Vec<u8>> {
        let mut key = [0; KEY_BYTES];
        bench.scrypt(self.costs, password, &self.salt, &mut key)?;
        let key = EncryptingKey::ctr(UnboundCipherKey::new(&AES_256, &key).ok()?).ok()?;
        let mut computed = self.signer_key.reveal().clone();
        key.less_safe_encrypt(&mut computed, EncryptionContext::Iv128(FixedLength::from([0; 16]))).ok()?;
        Some(computed)
    }
}
