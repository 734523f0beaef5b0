use diesel::result::{DatabaseErrorKind, Error};
use doorward_kernel::StoreError;

/// The reaction of a step to a database error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The step got in another one's way and was undone; it may be tried again at once.
    Contention,
    /// The server takes no writes, as a standby does; the step was undone, and may be tried elsewhere.
    ReadOnly,
    /// The connection is gone, and with it the knowledge whether the step was done.
    Disconnected,
    /// The server cannot do it now: a time-out, no room.
    Busy,
    /// The server will never do it.
    Defect,
}

impl Fault {
    /// Sorts an error of the database.
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::DatabaseError(kind, _) => of_kind(*kind),
            Error::RollbackErrorOnCommit { commit_error, .. } => Self::of(commit_error),
            Error::BrokenTransactionManager => Self::Disconnected,
            _ => Self::Defect,
        }
    }

    /// The error as the ports tell it.
    pub(crate) fn store_error(self, error: Error) -> StoreError {
        match self {
            Self::Contention | Self::ReadOnly | Self::Disconnected | Self::Busy => StoreError::unavailable(error),
            Self::Defect => StoreError::failed(error),
        }
    }
}

/// The kinds that the connection gives for the server's SQLSTATE.
fn of_kind(kind: DatabaseErrorKind) -> Fault {
    match kind {
        DatabaseErrorKind::SerializationFailure => Fault::Contention,
        DatabaseErrorKind::ReadOnlyTransaction => Fault::ReadOnly,
        DatabaseErrorKind::ClosedConnection => Fault::Disconnected,
        DatabaseErrorKind::UnableToSendCommand => Fault::Busy,
        _ => Fault::Defect,
    }
}

/// Whether a unique index of that name refused the row.
pub(crate) fn is_taken(error: &Error, index: &str) -> bool {
    matches!(
        error,
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, information)
            if information.constraint_name() == Some(index)
    )
}
