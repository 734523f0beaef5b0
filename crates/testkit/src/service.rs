//! The service as its binary puts it together, over fakes.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};

use doorward_app::{
    App, ClockAndIds, Parts, Policies,
    breaches::Breaches,
    delivery::{DeliveryPolicy, Provider},
    limits::SmsPolicy,
    password_login::PasswordAlone,
    phone_login::Dormancy,
    reviewers::Reviewers,
    totp::TotpPolicy,
};
use doorward_crypto::{Keyring, RandomClientSecrets, RootSecret, TokenSettings};
use doorward_kernel::{EpochId, KeyEpoch, Random, Timestamp};
use doorward_limit::Limits;
use doorward_user::PasswordPolicy;

use crate::{
    MemoryStore,
    fakes::{
        CountedRefreshes, CountingSignal, FixedClock, NotedRehashes, PlainHasher, RecordingNotifier, SeededRandom,
    },
};

/// The root secret of every service in memory: **for tests alone**.
const ROOT: &str = "9f1c5f0c2f6e4b7a8d3e1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f";
const ISSUER: &str = "https://auth.example.com";
const AUDIENCE: &str = "https://api.example.com";

/// A whole service in memory, in which time stands still until a test moves it.
pub struct MemoryService {
    /// Its clock.
    pub clock: Arc<FixedClock>,
    /// Its database.
    pub store: Arc<MemoryStore>,
    /// Its keys.
    pub keys: Arc<Keyring>,
    /// Its mail.
    pub mail: Arc<RecordingNotifier>,
    /// Its SMS.
    pub sms: Arc<RecordingNotifier>,
    /// Counts how often delivery was woken.
    pub signal: Arc<CountingSignal>,
    /// The verifiers that should be made anew.
    pub rehashes: Arc<NotedRehashes>,
    /// Its use cases.
    pub app: App,
}

impl MemoryService {
    /// A service with those settings.
    pub fn new(policies: Policies) -> Self {
        let (clock, random) = (Arc::new(FixedClock::default()), Arc::new(SeededRandom::new(7)));
        let store = Arc::new(MemoryStore::default());
        let tokens = TokenSettings::new(&policies.issuer, &policies.audience);
        let keys = Arc::new(Keyring::new(root(), vec![epoch()], tokens, clock.clone(), random.clone()).unwrap());
        let [mail, sms] = [Arc::<RecordingNotifier>::default(), Arc::default()];
        let (signal, rehashes) = (Arc::<CountingSignal>::default(), Arc::<NotedRehashes>::default());
        let app = App::new(Parts {
            clock_and_ids: ClockAndIds { clock: clock.clone(), random: random.clone() },
            store: store.clone(),
            keys: keys.clone(),
            epochs: Arc::new(CountedRefreshes::default()),
            hasher: Arc::new(PlainHasher),
            rehashes: rehashes.clone(),
            breaches: Breaches::off(),
            client_secrets: Arc::new(RandomClientSecrets::new(random)),
            signal: signal.clone(),
            sha256: doorward_crypto::sha256,
            mail: vec![Provider::new("relay", mail.clone())],
            phones: vec![Provider::new("gateway", sms.clone())],
            policies,
        });
        Self { clock, store, keys, mail, sms, signal, rehashes, app }
    }
}

/// The default settings, but for puzzles, which are easy.
pub fn policies() -> Policies {
    Policies {
        limits: Limits::default(),
        lockouts: doorward_limit::LockoutPolicy::default(),
        puzzle_difficulty: 8,
        otp: doorward_otp::Policy::default(),
        sessions: doorward_session::Policy::default(),
        passwords: PasswordPolicy::default(),
        password_alone: PasswordAlone::NeverSuffices,
        dormancy: Dormancy { after: Some(Duration::from_hours(90 * 24)) },
        reviewers: Reviewers::default(),
        hold: Duration::from_hours(24),
        totp: TotpPolicy::default(),
        sms: SmsPolicy::default(),
        delivery: DeliveryPolicy::default(),
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
    }
}

/// The first epoch of every service in memory.
pub fn epoch() -> KeyEpoch {
    let not_before = Timestamp::from_micros(0);
    KeyEpoch { id: EpochId(1), salt: [1; 32], root_check: None, not_before, retired_at: None }
}

/// The root secret of every service in memory: **for tests alone**.
pub fn root() -> RootSecret {
    RootSecret::parse(ROOT).unwrap()
}

/// The real keys of those epochs, under a root secret that everybody knows.
pub fn keyring(epochs: Vec<KeyEpoch>, clock: &Arc<FixedClock>, random: Arc<dyn Random>) -> Arc<Keyring> {
    Arc::new(Keyring::new(root(), epochs, TokenSettings::new(ISSUER, AUDIENCE), clock.clone(), random).unwrap())
}

impl Deref for MemoryService {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

/// Tests put mocks in the place of single ports.
impl DerefMut for MemoryService {
    fn deref_mut(&mut self) -> &mut App {
        &mut self.app
    }
}
