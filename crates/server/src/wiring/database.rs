use std::{sync::Arc, time::Duration};

use anyhow::{Context, bail};
use doorward_app::{
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
use doorward_kernel::{AuditEvents, KeyEpochs, StoreError, Timestamp};
use doorward_limit::{Buckets, CheckCounts, ConversionBreakers, Lockouts};
use doorward_notifier::Outbox;
use doorward_otp::{Challenges, SealedSeeds};
use doorward_session::Sessions;
use doorward_store_postgres::{PgSettings, PgStore, PoolUse, Pooling};
use doorward_store_sqlite::{SqliteSettings, SqliteStore};
use doorward_user::{SealedVerifiers, Users};

use crate::settings::{self, DatabaseUrl};

/// How long the database may take to answer that it is there.
const PING: Duration = Duration::from_secs(3);

/// The database, whichever it is.
#[derive(Clone)]
pub(crate) enum Database {
    /// A PostgreSQL server.
    Postgres(PgStore, PgSettings),
    /// A SQLite file.
    Sqlite(SqliteStore),
}

/// Every store port, as the database offers them.
#[derive(Clone)]
pub(crate) struct Ports {
    pub(super) users: Arc<dyn Users>,
    pub(crate) challenges: Arc<dyn Challenges>,
    pub(crate) sessions: Arc<dyn Sessions>,
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(super) epochs: Arc<dyn KeyEpochs>,
    pub(super) flows: Arc<dyn Flows>,
    pub(super) registrations: Arc<dyn Registrations>,
    pub(super) phone_logins: Arc<dyn PhoneLogins>,
    pub(super) profiles: Arc<dyn Profiles>,
    pub(super) session_lookup: Arc<dyn SessionLookup>,
    pub(super) epoch_uses: Arc<dyn EpochUses>,
    pub(super) sealed_verifiers: Arc<dyn SealedVerifiers>,
    pub(super) resource_servers: Arc<dyn ResourceServers>,
    pub(super) step_ups: Arc<dyn StepUps>,
    pub(super) password_logins: Arc<dyn PasswordLogins>,
    pub(super) recoveries: Arc<dyn Recoveries>,
    pub(crate) undos: Arc<dyn Undos>,
    pub(super) claims: Arc<dyn Claims>,
    pub(super) bindings: Arc<dyn Bindings>,
    pub(crate) pending_authenticators: Arc<dyn PendingAuthenticators>,
    pub(crate) buckets: Arc<dyn Buckets>,
    pub(super) sms_switch: Arc<dyn SmsSwitch>,
    pub(super) incidents: Arc<dyn Incidents>,
    pub(crate) lockouts: Arc<dyn Lockouts>,
    pub(super) check_counts: Arc<dyn CheckCounts>,
    pub(crate) conversion_breakers: Arc<dyn ConversionBreakers>,
    pub(super) accounts: Arc<dyn Accounts>,
    pub(super) imports: Arc<dyn Imports>,
    pub(crate) authenticators: Arc<dyn Authenticators>,
    pub(super) sealed_seeds: Arc<dyn SealedSeeds>,
    pub(crate) audit_events: Arc<dyn AuditEvents>,
}

/// A step of the schema's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Migration {
    /// Its name.
    pub(crate) name: String,
    /// Whether the database has it.
    pub(crate) is_applied: bool,
}

impl Database {
    /// Opens the database; must be called on the runtime that will drive it.
    pub(crate) fn open(settings: &settings::Database) -> anyhow::Result<Self> {
        match &settings.url {
            DatabaseUrl::Postgres(url) => {
                let pool_size = usize::try_from(settings.pool_size).unwrap_or(usize::MAX);
                let pooling = if settings.prepared_statements { Pooling::Session } else { Pooling::Transaction };
                let settings = PgSettings { url: url.reveal().clone(), pool_size, pooling };
                Ok(Self::Postgres(PgStore::new(&settings)?, settings))
            }
            DatabaseUrl::Sqlite(path) => {
                let store = SqliteStore::open(SqliteSettings::new(path));
                Ok(Self::Sqlite(store.with_context(|| format!("{} cannot be opened", path.display()))?))
            }
        }
    }

    /// Applies the migrations that are missing and names them.
    pub(crate) async fn migrate(&self) -> anyhow::Result<Vec<String>> {
        Ok(match self {
            Self::Postgres(_, settings) => doorward_store_postgres::migrate(settings).await?,
            Self::Sqlite(store) => store.migrate().await?,
        })
    }

    /// Every migration, oldest first.
    pub(crate) async fn migrations(&self) -> anyhow::Result<Vec<Migration>> {
        Ok(match self {
            Self::Postgres(_, settings) => {
                let status = doorward_store_postgres::migration_status(settings).await?;
                status.into_iter().map(|step| Migration { name: step.name, is_applied: step.is_applied }).collect()
            }
            Self::Sqlite(store) => {
                let status = store.migration_status().await?;
                status.into_iter().map(|step| Migration { name: step.name, is_applied: step.is_applied }).collect()
            }
        })
    }

    /// Migrates when the settings say so, else refuses a database that is behind.
    pub(crate) async fn prepare(&self, migrate: bool) -> anyhow::Result<()> {
        if migrate {
            let applied = self.migrate().await.context("the database cannot be migrated")?;
            if !applied.is_empty() {
                tracing::info!(migrations = applied.len(), "migrated the database");
            }
            return Ok(());
        }
        let status = self.migrations().await.context("the database cannot be asked for its migrations")?;
        let missing: Vec<_> = status.iter().filter(|step| !step.is_applied).map(|step| step.name.as_str()).collect();
        if !missing.is_empty() {
            bail!("the database lacks {}; run `doorward migrate` or set database.migrate = true", missing.join(", "));
        }
        Ok(())
    }

    /// The ports.
    pub(crate) fn ports(&self) -> Ports {
        match self {
            Self::Postgres(store, _) => Ports::of(Arc::new(store.clone())),
            Self::Sqlite(store) => Ports::of(Arc::new(store.clone())),
        }
    }

    /// Whether the database answers and takes writes.
    pub(crate) async fn ping(&self) -> bool {
        let answer = async {
            match self {
                Self::Postgres(store, _) => store.is_writable().await,
                Self::Sqlite(store) => store.ping().await.map(|()| true),
            }
        };
        matches!(tokio::time::timeout(PING, answer).await, Ok(Ok(true)))
    }

    /// What the database's own clock says, where it has one.
    pub(crate) async fn now(&self) -> Result<Option<Timestamp>, StoreError> {
        match self {
            Self::Postgres(store, _) => store.database_now().await.map(Some),
            Self::Sqlite(_) => Ok(None),
        }
    }

    /// How the connections are used now, where there are several.
    pub(crate) fn pool_use(&self) -> Option<PoolUse> {
        match self {
            Self::Postgres(store, _) => Some(store.pool_use()),
            Self::Sqlite(_) => None,
        }
    }

    /// Leaves the database in order.
    pub(crate) async fn close(&self) {
        match self {
            Self::Postgres(..) => {}
            Self::Sqlite(store) => store.close().await,
        }
    }
}

impl Ports {
    fn of<S>(store: Arc<S>) -> Self
    where
        S: Users + Challenges + Sessions + Outbox + KeyEpochs,
        S: EpochUses + SealedVerifiers + ResourceServers,
        S: Flows + Registrations + PhoneLogins + Profiles + SessionLookup + StepUps + Accounts + 'static,
        S: PasswordLogins + Recoveries + Undos + Bindings + PendingAuthenticators + Claims,
        S: Buckets + SmsSwitch + ConversionBreakers + Incidents,
        S: Lockouts + CheckCounts,
        S: Imports + Authenticators + SealedSeeds + AuditEvents,
    {
        Self {
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
            epoch_uses: store.clone(),
            sealed_verifiers: store.clone(),
            resource_servers: store.clone(),
            step_ups: store.clone(),
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
            accounts: store.clone(),
            imports: store.clone(),
            authenticators: store.clone(),
            sealed_seeds: store.clone(),
            audit_events: store,
        }
    }
}
