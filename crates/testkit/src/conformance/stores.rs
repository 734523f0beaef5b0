use std::{fmt, ops::Deref, sync::Arc};

use async_trait::async_trait;
use doorward_app::{
    Store,
    binding::Bindings,
    claims::Claims,
    clients::ResourceServers,
    flow::Flows,
    keys::EpochUses,
    limits::{Incidents, SmsSwitch},
    operator::{Accounts, Imports},
    password_login::PasswordLogins,
    phone_login::PhoneLogins,
    profile::Profiles,
    recovery::Recoveries,
    registration::Registrations,
    sessions::SessionLookup,
    step_up::StepUps,
    totp::{Authenticators, PendingAuthenticators},
    undo::Undos,
};
use doorward_kernel::{AuditEvent, AuditEvents, KeyEpochs};
use doorward_limit::{Buckets, CheckCounts, ConversionBreakers, Lockouts};
use doorward_notifier::Outbox;
use doorward_otp::{Challenges, SealedSeeds};
use doorward_session::Sessions;
use doorward_user::{SealedVerifiers, Users};

/// Lets tests see what no port shows: the audit events.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Every event that was written, oldest first.
    async fn events(&self) -> Vec<AuditEvent>;
}

/// Every store port, as one adapter offers them.
#[derive(Clone)]
pub struct Stores {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Finds accounts.
    pub users: Arc<dyn Users>,
    /// Finds challenges and counts their tries.
    pub challenges: Arc<dyn Challenges>,
    /// Renews and ends sessions.
    pub sessions: Arc<dyn Sessions>,
    /// Keeps messages until they are sent.
    pub outbox: Arc<dyn Outbox>,
    /// Keeps key epochs.
    pub epochs: Arc<dyn KeyEpochs>,
    /// Moves flows on.
    pub flows: Arc<dyn Flows>,
    /// Makes accounts.
    pub registrations: Arc<dyn Registrations>,
    /// Opens sessions.
    pub phone_logins: Arc<dyn PhoneLogins>,
    /// Changes accounts for their owners.
    pub profiles: Arc<dyn Profiles>,
    /// Finds sessions with their users.
    pub session_lookup: Arc<dyn SessionLookup>,
    /// Completes step-ups.
    pub step_ups: Arc<dyn StepUps>,
    /// Opens and closes accounts for operators.
    pub accounts: Arc<dyn Accounts>,
    /// Tells what depends on an epoch.
    pub epoch_uses: Arc<dyn EpochUses>,
    /// Finds passwords by their key.
    pub sealed_verifiers: Arc<dyn SealedVerifiers>,
    /// Keeps resource servers.
    pub resource_servers: Arc<dyn ResourceServers>,
    /// Goes on after right passwords.
    pub password_logins: Arc<dyn PasswordLogins>,
    /// Sets passwords anew.
    pub recoveries: Arc<dyn Recoveries>,
    /// Undoes changes.
    pub undos: Arc<dyn Undos>,
    /// Drops claims of numbers that others have verified.
    pub claims: Arc<dyn Claims>,
    /// Opens sessions that may only bind.
    pub bindings: Arc<dyn Bindings>,
    /// Keeps what is left of buckets.
    pub buckets: Arc<dyn Buckets>,
    /// Closes prefixes and countries.
    pub conversion_breakers: Arc<dyn ConversionBreakers>,
    /// Pauses SMS.
    pub sms_switch: Arc<dyn SmsSwitch>,
    /// Counts failures in a row.
    pub lockouts: Arc<dyn Lockouts>,
    /// Counts all checks.
    pub check_counts: Arc<dyn CheckCounts>,
    /// Records what goes with no other write.
    pub incidents: Arc<dyn Incidents>,
    /// Takes accounts over from other systems.
    pub imports: Arc<dyn Imports>,
    /// Keeps authenticator apps and recovery codes.
    pub authenticators: Arc<dyn Authenticators>,
    /// Finds seeds by their key.
    pub sealed_seeds: Arc<dyn SealedSeeds>,
    /// Keeps authenticator apps that do not count yet.
    pub pending_authenticators: Arc<dyn PendingAuthenticators>,
    /// Deletes what was recorded.
    pub audit_events: Arc<dyn AuditEvents>,
    /// Shows what was recorded.
    pub audit: Arc<dyn AuditLog>,
}

impl Stores {
    /// The ports of an adapter that implements them all.
    pub fn of<S>(store: Arc<S>) -> Self
    where
        S: Users + Challenges + Sessions + Outbox + KeyEpochs + AuditLog,
        S: EpochUses + SealedVerifiers + ResourceServers,
        S: Flows + Registrations + PhoneLogins + Profiles + SessionLookup + StepUps + Accounts + 'static,
        S: PasswordLogins + Recoveries + Undos + Bindings + PendingAuthenticators + Claims,
        S: Buckets + SmsSwitch + ConversionBreakers + Incidents,
        S: Lockouts + CheckCounts,
        S: Imports + Authenticators + SealedSeeds + AuditEvents,
    {
        Self {
            store: store.clone(),
            users: store.clone(),
            challenges: store.clone(),
            sessions: store.clone(),
            outbox: store.clone(),
            epochs: store.clone(),
            flows: store.clone(),
            registrations: store.clone(),
            phone_logins: store.clone(),
            profiles: store.clone(),
            session_lookup: store.clone(),
            step_ups: store.clone(),
            accounts: store.clone(),
            epoch_uses: store.clone(),
            sealed_verifiers: store.clone(),
            resource_servers: store.clone(),
            password_logins: store.clone(),
            recoveries: store.clone(),
            undos: store.clone(),
            claims: store.clone(),
            bindings: store.clone(),
            pending_authenticators: store.clone(),
            buckets: store.clone(),
            sms_switch: store.clone(),
            incidents: store.clone(),
            lockouts: store.clone(),
            check_counts: store.clone(),
            conversion_breakers: store.clone(),
            imports: store.clone(),
            authenticators: store.clone(),
            sealed_seeds: store.clone(),
            audit_events: store.clone(),
            audit: store,
        }
    }
}

impl Deref for Stores {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores").finish_non_exhaustive()
    }
}
