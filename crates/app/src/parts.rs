use std::{sync::Arc, time::Duration};

use doorward_limit::{Digests, Limits, LockoutPolicy};
use doorward_notifier::{OutboxSignal, ReportTokens};
use doorward_otp::{FlowKeys, TotpKeys};
use doorward_session::{ClientSecrets, SessionTokens, TokenSigner};
use doorward_user::{PasswordHasher, PasswordPolicy, UndoTokens};

use crate::{
    ClockAndIds, Store,
    breaches::Breaches,
    delivery::{DeliveryPolicy, Provider},
    keys::EpochRefresh,
    limits::SmsPolicy,
    password_login::{PasswordAlone, Rehashes},
    phone_login::Dormancy,
    reviewers::Reviewers,
    totp::TotpPolicy,
};

/// Every key that use cases need, as one keyring offers them.
pub trait Keys: Digests + FlowKeys + TotpKeys + ReportTokens + SessionTokens + TokenSigner + UndoTokens {}

impl<K> Keys for K where K: Digests + FlowKeys + TotpKeys + ReportTokens + SessionTokens + TokenSigner + UndoTokens {}

/// The adapters and settings of a service.
#[derive(Clone)]
pub struct Parts {
    /// Clock and id generator.
    pub clock_and_ids: ClockAndIds,
    /// The database.
    pub store: Arc<dyn Store>,
    /// The keys.
    pub keys: Arc<dyn Keys>,
    /// Looks for keys of other nodes.
    pub epochs: Arc<dyn EpochRefresh>,
    /// Makes and checks password verifiers.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Makes outdated ones anew, beside the call that found them.
    pub rehashes: Arc<dyn Rehashes>,
    /// Looks new passwords up in known breaches.
    pub breaches: Breaches,
    /// The secrets of resource servers.
    pub client_secrets: Arc<dyn ClientSecrets>,
    /// Wakes the delivery workers.
    pub signal: Arc<dyn OutboxSignal>,
    /// SHA-256, for puzzles.
    pub sha256: fn(&[u8]) -> [u8; 32],
    /// Send mail, in their order.
    pub mail: Vec<Provider>,
    /// Send to telephones, in their order.
    pub phones: Vec<Provider>,
    /// The settings.
    pub policies: Policies,
}

/// The settings of the use cases.
#[derive(Clone, Debug)]
pub struct Policies {
    /// How much may be taken of what.
    pub limits: Limits,
    /// When an authenticator is locked that fails too often.
    pub lockouts: LockoutPolicy,
    /// How many zero bits the solution of a puzzle begins with.
    pub puzzle_difficulty: u8,
    /// Codes and flows.
    pub otp: doorward_otp::Policy,
    /// Sessions.
    pub sessions: doorward_session::Policy,
    /// New passwords.
    pub passwords: PasswordPolicy,
    /// Whether a password alone logs in.
    pub password_alone: PasswordAlone,
    /// The time that a number logs in alone that no login uses.
    pub dormancy: Dormancy,
    /// Numbers of reviewers of app stores.
    pub reviewers: Reviewers,
    /// The time that what would replace a stronger factor waits for an objection.
    pub hold: Duration,
    /// Authenticator apps.
    pub totp: TotpPolicy,
    /// Where SMS may go.
    pub sms: SmsPolicy,
    /// Delivery.
    pub delivery: DeliveryPolicy,
    /// The issuer of access tokens (`iss`).
    pub issuer: String,
    /// Their audience (`aud`).
    pub audience: String,
}
