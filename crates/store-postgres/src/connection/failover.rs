use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use tokio_postgres::error::{DbError, SqlState};

/// The number of fail-overs: connections of the pool were found to lead to a server that takes no writes.
///
/// Each time all that were opened before are given up: after a fail-over they lead to what is a standby now.
#[derive(Clone, Default)]
pub(crate) struct Failovers(Arc<AtomicU64>);

/// Whether a connection may serve another step; clones tell of the same connection.
#[derive(Clone)]
pub(super) struct Fitness {
    is_spent: Arc<AtomicBool>,
    failovers: Failovers,
    opened_after: u64,
}

impl Failovers {
    /// Gives up every connection that is open.
    pub(crate) fn note(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Fitness {
    /// That of a connection which is opened now.
    pub(super) fn new(failovers: Failovers) -> Self {
        Self { is_spent: Arc::default(), opened_after: failovers.count(), failovers }
    }

    pub(super) fn is_spent(&self) -> bool {
        self.is_spent.load(Ordering::Relaxed) || self.failovers.count() != self.opened_after
    }

    /// The error as Diesel tells it, once what it says of the connection is noted.
    pub(super) fn error(&self, error: &tokio_postgres::Error) -> Error {
        let Some(reply) = error.as_db_error() else {
            self.is_spent.store(true, Ordering::Relaxed);
            return Error::DatabaseError(DatabaseErrorKind::ClosedConnection, Box::new(error.to_string()));
        };
        let kind = kind(reply.code());
        match kind {
            DatabaseErrorKind::ClosedConnection => self.is_spent.store(true, Ordering::Relaxed),
            // One who comes late with the same news must not give up what others have opened since.
            DatabaseErrorKind::ReadOnlyTransaction if !self.is_spent() => self.failovers.note(),
            _ => {}
        }
        Error::DatabaseError(
            kind,
            Box::new(Reply { message: message(reply), constraint: reply.constraint().map(str::to_owned) }),
        )
    }
}

/// Returns Diesel's kind of an SQLSTATE (PostgreSQL, appendix A).
///
/// `UnableToSendCommand` stands for all that the server cannot do now but may do later.
fn kind(state: &SqlState) -> DatabaseErrorKind {
    match state.code() {
        "23505" => DatabaseErrorKind::UniqueViolation,
        "23503" => DatabaseErrorKind::ForeignKeyViolation,
        "23001" => DatabaseErrorKind::RestrictViolation,
        "23P01" => DatabaseErrorKind::ExclusionViolation,
        "23502" => DatabaseErrorKind::NotNullViolation,
        "23514" => DatabaseErrorKind::CheckViolation,
        // Serialisation failure, deadlock.
        "40001" | "40P01" => DatabaseErrorKind::SerializationFailure,
        "25006" => DatabaseErrorKind::ReadOnlyTransaction,
        // Shut down, crashed, starting, database dropped, session or transaction idle too long; and
        // statements that the session does not know or knows already: it is not the one it was.
        "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "25P03" | "25P04" | "26000" | "42P05" => {
            DatabaseErrorKind::ClosedConnection
        }
        // A lock that does not come, an object in use, a statement that takes too long or is cancelled.
        "55P03" | "55006" | "57014" | "57000" | "40003" => DatabaseErrorKind::UnableToSendCommand,
        code => match code.get(..2) {
            Some("08") => DatabaseErrorKind::ClosedConnection,
            // No room, no memory, too many connections; disks and files.
            Some("53" | "58") => DatabaseErrorKind::UnableToSendCommand,
            _ => DatabaseErrorKind::Unknown,
        },
    }
}

fn message(reply: &DbError) -> String {
    let hint = match reply.code().code() {
        "26000" | "42P05" => "; behind a pooler in transaction mode set database.prepared_statements = false",
        _ => "",
    };
    format!("{} (SQLSTATE {}){hint}", reply.message(), reply.code().code())
}

/// An error as the server tells it.
struct Reply {
    message: String,
    /// The rule that was broken.
    constraint: Option<String>,
}

impl DatabaseErrorInformation for Reply {
    fn message(&self) -> &str {
        &self.message
    }

    /// Nothing: the details of a broken rule show what is in the row.
    fn details(&self) -> Option<&str> {
        None
    }

    fn hint(&self) -> Option<&str> {
        None
    }

    fn table_name(&self) -> Option<&str> {
        None
    }

    fn column_name(&self) -> Option<&str> {
        None
    }

    fn constraint_name(&self) -> Option<&str> {
        self.constraint.as_deref()
    }

    fn statement_position(&self) -> Option<i32> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_no_defect() {
        for code in ["55P03", "57014", "53100", "53200", "53300", "53400", "55006", "58030"] {
            assert_eq!(kind(&SqlState::from_code(code)), DatabaseErrorKind::UnableToSendCommand, "{code}");
        }
        for code in ["40001", "40P01"] {
            assert_eq!(kind(&SqlState::from_code(code)), DatabaseErrorKind::SerializationFailure, "{code}");
        }
    }

    #[test]
    fn a_server_that_goes_takes_its_connections_along() {
        for code in ["57P01", "57P02", "57P03", "57P05", "08000", "08003", "08006", "08P01", "25P03", "26000"] {
            assert_eq!(kind(&SqlState::from_code(code)), DatabaseErrorKind::ClosedConnection, "{code}");
        }
    }

    #[test]
    fn what_the_server_will_never_do_is_a_defect() {
        for code in ["42P01", "42703", "42601", "22P02", "42501", "0A000", "XX000"] {
            assert_eq!(kind(&SqlState::from_code(code)), DatabaseErrorKind::Unknown, "{code}");
        }
    }

    #[test]
    fn one_failover_gives_up_every_connection_opened_before() {
        let failovers = Failovers::default();
        let (one, other) = (Fitness::new(failovers.clone()), Fitness::new(failovers.clone()));

        failovers.note();

        assert!(one.is_spent() && other.is_spent());
        assert!(!Fitness::new(failovers).is_spent());
    }
}
