//! The service's own signing key, derived as it derives it: what it signs differs from a good token in one thing alone.

use aws_lc_rs::{
    hkdf::{HKDF_SHA256, Salt},
    signature::Ed25519KeyPair,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward_app::keys::KeyEpochs;
use doorward_store_sqlite::{SqliteSettings, SqliteStore};
use serde_json::{Map, Value, json};

use crate::doorward::{ROOT, World};

/// An issuer of tokens that has the key of the first epoch.
pub(crate) struct Issuer {
    pair: Ed25519KeyPair,
    header: Value,
}

impl Issuer {
    /// The issuer of a world on SQLite that signs with Ed25519; `kid` is that of its one public key.
    pub(crate) async fn of(world: &World, kid: &str) -> Self {
        let store = SqliteStore::open(SqliteSettings::new(world.folder.path().join("doorward.db"))).unwrap();
        let epochs = store.list().await.unwrap();
        store.close().await;
        let root: Vec<_> = (0..ROOT.len()).step_by(2).map(|at| hex(&ROOT[at..at + 2])).collect();
        let mut seed = [0; 32];
        let secret = Salt::new(HKDF_SHA256, &epochs[0].salt).extract(&root);
        secret.expand(&[b"doorward/eddsa/v1"], HKDF_SHA256).unwrap().fill(&mut seed).unwrap();
        let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": kid });
        Self { pair: Ed25519KeyPair::from_seed_unchecked(&seed).unwrap(), header }
    }

    /// The header of every good token.
    pub(crate) const fn header(&self) -> &Value {
        &self.header
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_texts(&header.to_string(), &claims.to_string())
    }

    pub(crate) fn sign_texts(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = self.pair.try_sign(message.as_bytes()).unwrap();
        format!("{message}.{}", encode(signature))
    }
}

/// The value with members changed, or taken away by `null`.
pub(crate) fn with(value: &Value, changes: &Value) -> Value {
    let mut members: Map<String, Value> = value.as_object().unwrap().clone();
    for (name, change) in changes.as_object().unwrap() {
        match change {
            Value::Null => members.remove(name),
            _ => members.insert(name.clone(), change.clone()),
        };
    }
    Value::Object(members)
}

/// The claims of a token.
pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

/// The header of a token.
pub(crate) fn header(token: &str) -> Value {
    part(token, 0)
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

fn hex(digits: &str) -> u8 {
    u8::from_str_radix(digits, 16).unwrap()
}
