use std::{collections::HashMap, sync::Arc};

use diesel::{
    ConnectionResult, QueryResult,
    connection::{CacheSize, DynInstrumentation, Instrumentation},
    pg::Pg,
    query_builder::{AsQuery, QueryFragment, QueryId},
    result::Error,
};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncConnectionCore, SimpleAsyncConnection, TransactionManager,
    pooled_connection::PoolableConnection,
};
use futures_util::{FutureExt, StreamExt, TryStreamExt, future::BoxFuture, stream::BoxStream};
use tokio_postgres::{Client, RowStream, Statement};

use super::{Connector, Limits, failover::Fitness, query::Query, row::PgRow};
use crate::{Pooling, store::Work};

/// The most statements that a connection keeps prepared: more than there are, save where a text tells a number of rows.
///
/// Those that are written as SQL are among them, which Diesel's own connection would parse at every use.
const KEPT: usize = 512;

/// A connection to the server, for Diesel's statements.
///
/// Diesel's own drops the SQLSTATE of an error, without which nobody can tell a time-out from a
/// defect in every language the server may speak; and it names every statement, which no pooler
/// understands that gives each transaction another session.
pub(crate) struct PgConnection {
    client: Client,
    statements: Statements,
    begin: Arc<str>,
    fitness: Fitness,
    transactions: AnsiTransactionManager,
    instrumentation: DynInstrumentation,
}

/// The way statements reach the server.
enum Statements {
    /// Prepared at their first use, under a name that the session keeps; by their text.
    Named(HashMap<String, Statement>),
    /// Parsed at every use: the next one may meet another session.
    Unnamed,
}

impl PgConnection {
    /// A connection whose transactions begin with that text.
    pub(super) fn new(client: Client, pooling: Pooling, begin: &str, fitness: Fitness) -> Self {
        let statements = match pooling {
            Pooling::Session => Statements::Named(HashMap::new()),
            Pooling::Transaction => Statements::Unnamed,
        };
        let (transactions, instrumentation) = (AnsiTransactionManager::default(), DynInstrumentation::none());
        Self { client, statements, begin: begin.into(), fitness, transactions, instrumentation }
    }

    /// Does the work all or nothing, under the limits that the connection was made with.
    pub(crate) async fn transact<T, E>(&mut self, work: &impl for<'c> Work<'c, Result<T, E>>) -> Result<T, E>
    where
        E: From<Error>,
    {
        let begin = self.begin.clone();
        AnsiTransactionManager::begin_transaction_sql(self, &begin).await?;
        match work(self).await {
            Ok(outcome) => {
                AnsiTransactionManager::commit_transaction(self).await?;
                Ok(outcome)
            }
            Err(reason) => match AnsiTransactionManager::rollback_transaction(self).await {
                Ok(()) | Err(Error::BrokenTransactionManager) => Err(reason),
                Err(error) => Err(error.into()),
            },
        }
    }

    async fn start(&mut self, query: QueryResult<Query>) -> QueryResult<RowStream> {
        let query = query?;
        let started = match &mut self.statements {
            Statements::Unnamed => {
                let values = query.values.into_iter().zip(query.types);
                self.client.query_typed_raw(&query.sql, values).await
            }
            Statements::Named(known) => match known.get(&query.sql) {
                Some(statement) => self.client.query_raw(statement, query.values).await,
                None => match self.client.prepare_typed(&query.sql, &query.types).await {
                    Ok(statement) => {
                        let rows = self.client.query_raw(&statement, query.values).await;
                        if known.len() < KEPT {
                            known.insert(query.sql, statement);
                        }
                        rows
                    }
                    Err(error) => Err(error),
                },
            },
        };
        started.map_err(|error| self.fitness.error(&error))
    }

    async fn rows(&mut self, query: QueryResult<Query>) -> QueryResult<BoxStream<'static, QueryResult<PgRow>>> {
        let rows = self.start(query).await?;
        let fitness = self.fitness.clone();
        Ok(rows.map_ok(PgRow::new).map_err(move |error| fitness.error(&error)).boxed())
    }

    async fn count(&mut self, query: QueryResult<Query>) -> QueryResult<usize> {
        let mut rows = std::pin::pin!(self.start(query).await?);
        while rows.try_next().await.map_err(|error| self.fitness.error(&error))?.is_some() {}
        Ok(rows.rows_affected().and_then(|count| usize::try_from(count).ok()).unwrap_or_default())
    }
}

impl SimpleAsyncConnection for PgConnection {
    async fn batch_execute(&mut self, sql: &str) -> QueryResult<()> {
        self.client.batch_execute(sql).await.map_err(|error| self.fitness.error(&error))
    }
}

impl AsyncConnectionCore for PgConnection {
    type ExecuteFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<usize>>;
    type LoadFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<Self::Stream<'conn, 'query>>>;
    type Stream<'conn, 'query> = BoxStream<'static, QueryResult<PgRow>>;
    type Row<'conn, 'query> = PgRow;
    type Backend = Pg;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Pg> + QueryId + 'query,
    {
        let query = Query::of(&source.as_query());
        self.rows(query).boxed()
    }

    fn execute_returning_count<'conn, 'query, T>(&'conn mut self, source: T) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Pg> + QueryId + 'query,
    {
        let query = Query::of(&source);
        self.count(query).boxed()
    }
}

impl AsyncConnection for PgConnection {
    type TransactionManager = AnsiTransactionManager;

    async fn establish(url: &str) -> ConnectionResult<Self> {
        let connector = Connector::new(url, Pooling::Session, Limits::Request);
        connector.map_err(|error| diesel::ConnectionError::InvalidConnectionUrl(error.to_string()))?.connect().await
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        &mut self.transactions
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        &mut *self.instrumentation
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.instrumentation = instrumentation.into();
    }

    /// Does nothing: how statements are kept follows from the pooler.
    fn set_prepared_statement_cache_size(&mut self, _: CacheSize) {}
}

impl PoolableConnection for PgConnection {
    fn is_broken(&mut self) -> bool {
        let is_unfinished = AnsiTransactionManager::is_broken_transaction_manager(self);
        is_unfinished || self.client.is_closed() || self.fitness.is_spent()
    }
}
