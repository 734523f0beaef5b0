use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use aws_lc_rs::digest::{SHA256, digest};
use doorward_kernel::EpochId;
use doorward_session::AccessClaims;

/// Parts with a lock each, so that threads seldom wait for one another.
const SHARDS: usize = 16;
/// Tokens of one generation of a shard; two generations of all shards are some 4 MB.
const GENERATION: usize = 512;

/// Access tokens whose signature was found right, so that it is verified once in their life.
///
/// Only the signature is remembered: whether a token still holds, and whether the epoch of its key is still
/// accepted, is asked at each call. Nothing that a stranger made up is kept, as its signature is wrong.
pub(crate) struct VerifiedTokens([Mutex<Generations>; SHARDS]);

/// The SHA-256 of a whole token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct TokenDigest([u8; 32]);

/// The claims of a token, and whose key had signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verified {
    pub(super) claims: AccessClaims,
    pub(super) epoch: EpochId,
}

/// Tokens used lately, and those used before; a full generation takes the place of the one before it.
#[derive(Default)]
struct Generations {
    young: HashMap<TokenDigest, Verified>,
    old: HashMap<TokenDigest, Verified>,
}

impl TokenDigest {
    pub(super) fn of(token: &str) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self(bytes)
    }

    fn shard(self) -> usize {
        let Self([first, ..]) = self;
        usize::from(first) % SHARDS
    }
}

impl VerifiedTokens {
    pub(super) fn find(&self, token: TokenDigest) -> Option<Verified> {
        self.shard(token)?.find(token)
    }

    pub(super) fn insert(&self, token: TokenDigest, verified: Verified) {
        if let Some(mut shard) = self.shard(token) {
            shard.insert(token, verified);
        }
    }

    pub(super) fn remove(&self, token: TokenDigest) {
        if let Some(mut shard) = self.shard(token) {
            shard.young.remove(&token);
            shard.old.remove(&token);
        }
    }

    fn shard(&self, token: TokenDigest) -> Option<MutexGuard<'_, Generations>> {
        Some(self.0.get(token.shard())?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let shards = self.0.iter().map(|shard| shard.lock().unwrap());
        shards.map(|shard| shard.young.len() + shard.old.len()).sum()
    }
}

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Generations {
    fn find(&mut self, token: TokenDigest) -> Option<Verified> {
        if let Some(verified) = self.young.get(&token) {
            return Some(verified.clone());
        }
        let verified = self.old.remove(&token)?;
        self.insert(token, verified.clone());
        Some(verified)
    }

    fn insert(&mut self, token: TokenDigest, verified: Verified) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(token, verified);
    }
}

#[cfg(test)]
mod tests {
    use doorward_kernel::{SessionId, Timestamp, UserId};
    use doorward_session::{Assurance, Method, Methods};

    use super::*;

    fn verified() -> Verified {
        let claims = AccessClaims {
            user: UserId::from_bytes([1; 16]),
            session: SessionId::from_bytes([2; 16]),
            auth_time: Timestamp::from_micros(0),
            methods: Methods::new(&[Method::Sms]),
            assurance: Assurance::Aal1,
            issued_at: Timestamp::from_micros(0),
            expires_at: Timestamp::from_micros(300_000_000),
        };
        Verified { claims, epoch: EpochId(1) }
    }

    fn token(n: usize) -> TokenDigest {
        TokenDigest::of(&n.to_string())
    }

    #[test]
    fn however_many_tokens_come_no_more_are_kept_than_fit() {
        let tokens = VerifiedTokens::default();

        for n in 0..4 * SHARDS * GENERATION {
            tokens.insert(token(n), verified());
        }

        assert!(tokens.len() <= 2 * SHARDS * GENERATION, "{}", tokens.len());
        assert_eq!(tokens.find(token(0)), None);
    }

    #[test]
    fn a_token_in_use_outlives_those_that_are_not() {
        let tokens = VerifiedTokens::default();
        tokens.insert(token(0), verified());

        for n in 1..4 * SHARDS * GENERATION {
            tokens.insert(token(n), verified());
            assert_eq!(tokens.find(token(0)), Some(verified()), "after {n} others");
        }
    }
}
