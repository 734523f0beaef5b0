//! Fixtures of this crate's tests: a clock that is set by hand and seeded randomness.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use doorward_kernel::{Clock, EpochId, KeyEpoch, Random, Timestamp};

use crate::{Keyring, KeyringError, RootSecret, SigningAlgorithm, TokenSettings};

pub(crate) const ROOT: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
pub(crate) const OTHER_ROOT: &str = "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";

#[derive(Debug, Default)]
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn set(&self, second: i64) {
        self.0.store(second * 1_000_000, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct SeededRandom(AtomicU64);

impl SeededRandom {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        let step = 0x9e37_79b9_7f4a_7c15_u64;
        let mut state = self.0.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^ (state >> 31)
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

pub(crate) struct Fixture {
    pub(crate) clock: Arc<HandClock>,
    pub(crate) random: Arc<SeededRandom>,
    pub(crate) keyring: Arc<Keyring>,
}

impl Fixture {
    pub(crate) fn new(epochs: Vec<KeyEpoch>) -> Self {
        Self::try_new(epochs).unwrap()
    }

    pub(crate) fn try_new(epochs: Vec<KeyEpoch>) -> Result<Self, KeyringError> {
        Self::with(ROOT, epochs, settings())
    }

    pub(crate) fn with(root: &str, epochs: Vec<KeyEpoch>, settings: TokenSettings) -> Result<Self, KeyringError> {
        let clock = Arc::new(HandClock::default());
        let random = Arc::new(SeededRandom::new(7));
        let root = RootSecret::parse(root).unwrap();
        let keyring = Arc::new(Keyring::new(root, epochs, settings, clock.clone(), random.clone())?);
        Ok(Self { clock, random, keyring })
    }

    pub(crate) fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }
}

pub(crate) fn settings() -> TokenSettings {
    TokenSettings::new("https://auth.example.com", "https://api.example.com")
}

pub(crate) fn eddsa() -> TokenSettings {
    TokenSettings { algorithm: SigningAlgorithm::EdDsa, ..settings() }
}

/// An epoch whose salt is its number, over and over.
pub(crate) fn epoch(id: u8, not_before: i64) -> KeyEpoch {
    KeyEpoch {
        id: EpochId(i32::from(id)),
        salt: [id; 32],
        root_check: None,
        not_before: Fixture::at(not_before),
        retired_at: None,
    }
}

pub(crate) fn retired(id: u8, retired_at: i64) -> KeyEpoch {
    KeyEpoch { retired_at: Some(Fixture::at(retired_at)), ..epoch(id, 0) }
}

/// The text with each of its characters replaced by each other one of the base64url alphabet.
pub(crate) fn with_one_character_changed(text: &str) -> impl Iterator<Item = String> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=";
    (0..text.len()).flat_map(move |at| {
        let changed = ALPHABET.chars().map(move |other| format!("{}{other}{}", &text[..at], &text[at + 1..]));
        changed.filter(move |changed| changed != text)
    })
}
