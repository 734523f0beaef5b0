use std::{fmt, future::Future, panic::Location, sync::Arc, time::Duration};

use diesel::{ConnectionError, QueryResult, result::Error};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
    deadpool::{Object, Pool},
};
use doorward_app::sessions::SessionCounts;
use doorward_kernel::StoreError;
use futures_util::TryFutureExt as _;
use tokio::{
    runtime::Handle,
    time::{error::Elapsed, sleep, timeout},
};
use tracing::Instrument as _;

use crate::{
    PgSettings, PgSettingsError, Pooling,
    batch::Refusal,
    connection::{Connector, Failovers, Limits, PgConnection},
    fault::Fault,
    hot::HotSteps,
    span,
};

/// The longest a call waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(1);

/// The longest a step takes: the server ends its statements sooner, if it still runs.
const DEADLINE: Duration = Duration::from_secs(5);

/// The retries of a step that was rolled back.
const RETRIES: u32 = 3;

/// The pause before the first of them: whoever it was rolled back for gets first what both wait for.
const PAUSE: Duration = Duration::from_millis(10);

/// Every store port on one PostgreSQL database; clones share its pool.
#[derive(Clone)]
pub struct PgStore {
    pub(crate) connections: Connections,
    /// The steps that calls do together.
    pub(crate) hot: Arc<HotSteps>,
    /// Accounts that have few sessions.
    pub(crate) session_counts: Arc<SessionCounts>,
}

/// The pool, and how work is done on a connection of it.
#[derive(Clone)]
pub(crate) struct Connections {
    pool: Pool<PgConnection>,
    pooling: Pooling,
    failovers: Failovers,
}

/// The use of a pool's connections at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolUse {
    /// Those that a step works on.
    pub used: u32,
    /// Those that are open and free.
    pub idle: u32,
    /// The steps that wait for one.
    pub waiting: u32,
}

/// What a step comes to: its outcome, or why all that it changed is undone.
pub(crate) type Step<T> = Result<T, Halt<T>>;

/// Why a step is undone.
#[derive(Debug)]
pub(crate) enum Halt<T> {
    /// It lost a race; the caller gets this outcome.
    Outcome(T),
    /// The database failed.
    Failed(Error),
}

/// Work on a connection, which may have to be done again.
pub(crate) trait Work<'c, T>:
    AsyncFn(&'c mut PgConnection) -> T + Fn(&'c mut PgConnection) -> <Self as Work<'c, T>>::Running + Sync
{
    /// The work under way.
    type Running: Future<Output = T> + Send;
}

/// The reaction to a connection that broke under a step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repetition {
    /// Nothing: the step may have been done.
    Harmful,
    /// Try again: the step changes nothing, or comes to the same when it is done twice.
    Harmless,
}

impl<T> Halt<T> {
    /// Undoes the step and answers with the outcome of its lost race.
    pub(crate) const fn conflict(outcome: T) -> Self {
        Self::Outcome(outcome)
    }
}

impl<T> From<Error> for Halt<T> {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl<'c, T, W, R> Work<'c, T> for W
where
    W: AsyncFn(&'c mut PgConnection) -> T + Fn(&'c mut PgConnection) -> R + Sync,
    R: Future<Output = T> + Send,
{
    type Running = R;
}

impl Repetition {
    /// Counts another try, or gives the error that the fault is to the caller.
    fn after(self, fault: Fault, error: Error, retries: &mut u32) -> Result<(), Refusal> {
        let is_undone = matches!(fault, Fault::Contention | Fault::ReadOnly);
        let is_harmless = fault == Fault::Disconnected && self == Self::Harmless;
        if (is_undone || is_harmless) && *retries < RETRIES {
            *retries += 1;
            tracing::debug!(?fault, retries, "a step of the store is tried again");
            return Ok(());
        }
        let refusal = match fault {
            Fault::Contention | Fault::ReadOnly | Fault::Busy | Fault::Defect => Refusal::Undone,
            Fault::Disconnected => Refusal::Unknown,
        };
        Err(refusal(fault.store_error(error)))
    }
}

impl PgStore {
    /// Prepares the pool; connections are opened when they are needed.
    ///
    /// Must be called on a Tokio runtime, which drives the connections for as long as it lives.
    pub fn new(settings: &PgSettings) -> Result<Self, PgSettingsError> {
        let connector = Arc::new(Connector::new(&settings.url, settings.pooling, Limits::Request)?);
        let failovers = connector.failovers();
        let runtime = Handle::try_current().map_err(|_| PgSettingsError::Pool)?;
        let driver = runtime.clone();
        let mut config = ManagerConfig::default();
        // The driver notices a closed connection by itself; asking at every use costs a round trip.
        config.recycling_method = RecyclingMethod::Fast;
        // Connections must outlive the thread and the request that happened to need them first.
        config.custom_setup = Box::new(move |_| {
            let connector = connector.clone();
            let opening = driver.spawn(async move { connector.connect().await });
            Box::pin(async move {
                opening.await.unwrap_or_else(|error| Err(ConnectionError::BadConnection(error.to_string())))
            })
        });
        let manager = AsyncDieselConnectionManager::new_with_config("", config);
        let pool = Pool::builder(manager).max_size(settings.pool_size).build().map_err(|_| PgSettingsError::Pool)?;
        if settings.pool_size == 0 {
            return Err(PgSettingsError::Pool);
        }
        let connections = Connections { pool, pooling: settings.pooling, failovers };
        let hot = Arc::new(HotSteps::new(&connections, settings.pool_size, &runtime));
        Ok(Self { connections, hot, session_counts: Arc::default() })
    }

    /// Returns how the connections are used now, without a query.
    pub fn pool_use(&self) -> PoolUse {
        let status = self.connections.pool.status();
        let count = |connections| u32::try_from(connections).unwrap_or(u32::MAX);
        let used = count(status.size.saturating_sub(status.available));
        PoolUse { used, idle: count(status.available), waiting: count(status.waiting) }
    }

    /// Gives up the connections that are open: they lead to a server that takes no writes.
    pub(crate) fn leave_server(&self) {
        self.connections.failovers.note();
    }

    /// Runs queries, which change nothing, outside of a transaction.
    #[track_caller]
    pub(crate) fn read<T: Send>(
        &self,
        work: impl for<'c> Work<'c, QueryResult<T>>,
    ) -> impl Future<Output = Result<T, StoreError>> {
        self.repeatable(work)
    }

    /// Runs writes that come to the same when they are done twice, outside of a transaction.
    #[track_caller]
    pub(crate) fn repeatable<T: Send>(
        &self,
        work: impl for<'c> Work<'c, QueryResult<T>>,
    ) -> impl Future<Output = Result<T, StoreError>> {
        self.connections.attempt(Repetition::Harmless, work).map_err(Refusal::into_error)
    }

    /// Runs one statement, which is a transaction by itself.
    #[track_caller]
    pub(crate) fn write_one<T: Send>(
        &self,
        work: impl for<'c> Work<'c, QueryResult<T>>,
    ) -> impl Future<Output = Result<T, StoreError>> {
        self.connections.attempt(Repetition::Harmful, work).map_err(Refusal::into_error)
    }

    /// Runs statements all or nothing; a [`Halt::Outcome`] undoes them and is the outcome.
    #[track_caller]
    pub(crate) fn write<T: Send>(
        &self,
        work: impl for<'c> Work<'c, Step<T>>,
    ) -> impl Future<Output = Result<T, StoreError>> {
        let at = Location::caller();
        let written = async move {
            let settle = async |connection: &mut PgConnection| match connection.transact(&work).await {
                Ok(outcome) | Err(Halt::Outcome(outcome)) => Ok(outcome),
                Err(Halt::Failed(error)) => Err(error),
            };
            self.connections.retry(Repetition::Harmful, settle).await.map_err(Refusal::into_error)
        };
        written.instrument(span::step(at))
    }
}

impl Connections {
    /// Runs one statement; on failure tells whether it was undone.
    #[track_caller]
    pub(crate) fn attempt<T: Send>(
        &self,
        repetition: Repetition,
        work: impl for<'c> Work<'c, QueryResult<T>>,
    ) -> impl Future<Output = Result<T, Refusal>> {
        self.attempt_at(Location::caller(), repetition, work)
    }

    /// Runs one statement in the span of the step that is written there.
    pub(crate) fn attempt_at<T: Send>(
        &self,
        at: &'static Location<'static>,
        repetition: Repetition,
        work: impl for<'c> Work<'c, QueryResult<T>>,
    ) -> impl Future<Output = Result<T, Refusal>> {
        let attempt = async move {
            let limited = async |connection: &mut PgConnection| match self.pooling {
                Pooling::Session => work(connection).await,
                // The limits of a statement are the transaction's, as no session is ours.
                Pooling::Transaction => connection.transact(&work).await,
            };
            self.retry(repetition, limited).await
        };
        attempt.instrument(span::step(at))
    }

    async fn retry<T: Send>(
        &self,
        repetition: Repetition,
        work: impl for<'c> Work<'c, QueryResult<T>>,
    ) -> Result<T, Refusal> {
        let mut retries = 0;
        loop {
            let mut connection = self.connection().await.map_err(Refusal::Unknown)?;
            let error = match timeout(DEADLINE, work(&mut connection)).await {
                Err(silence) => return Err(Refusal::Unknown(abandon(connection, silence))),
                Ok(Ok(outcome)) => return Ok(outcome),
                Ok(Err(error)) => error,
            };
            repetition.after(Fault::of(&error), error, &mut retries)?;
            drop(connection);
            sleep(PAUSE * retries).await;
        }
    }

    async fn connection(&self) -> Result<Object<PgConnection>, StoreError> {
        timeout(ACQUIRE, self.pool.get()).await.map_err(StoreError::unavailable)?.map_err(StoreError::unavailable)
    }
}

/// Gives up on a server that does not answer: what comes later must not meet the next step.
fn abandon(connection: Object<PgConnection>, silence: Elapsed) -> StoreError {
    drop(Object::take(connection));
    StoreError::unavailable(silence)
}

impl fmt::Debug for PgStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgStore").finish_non_exhaustive()
    }
}
