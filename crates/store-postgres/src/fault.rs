use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use doorward_kernel::StoreError;

/// What an error means for the step that met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The step got in another one's way and was undone; it may be tried again at once.
    Contention,
    /// The connection is gone, and with it the knowledge whether the step was done.
    Disconnected,
    /// The server cannot do it now: a time-out, a shutdown, no room.
    Busy,
    /// The server will never do it.
    Defect,
}

impl Fault {
    /// Sorts an error of the database.
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::DatabaseError(kind, information) => of_database(*kind, &**information),
            Error::RollbackErrorOnCommit { commit_error, .. } => Self::of(commit_error),
            Error::BrokenTransactionManager => Self::Disconnected,
            _ => Self::Defect,
        }
    }

    /// The error as the ports tell it.
    pub(crate) fn store_error(self, error: Error) -> StoreError {
        match self {
            Self::Contention | Self::Disconnected | Self::Busy => StoreError::unavailable(error),
            Self::Defect => StoreError::failed(error),
        }
    }
}

fn of_database(kind: DatabaseErrorKind, information: &dyn DatabaseErrorInformation) -> Fault {
    match kind {
        DatabaseErrorKind::SerializationFailure => Fault::Contention,
        DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection => Fault::Disconnected,
        DatabaseErrorKind::ReadOnlyTransaction => Fault::Busy,
        DatabaseErrorKind::UniqueViolation
        | DatabaseErrorKind::ForeignKeyViolation
        | DatabaseErrorKind::RestrictViolation
        | DatabaseErrorKind::NotNullViolation
        | DatabaseErrorKind::CheckViolation
        | DatabaseErrorKind::ExclusionViolation => Fault::Defect,
        _ => of_unnamed(information),
    }
}

/// Sorts what Diesel has no kind for, without the server's words, which come in its language.
///
/// A defect of a statement is reported with its place in the text or with the thing it is
/// about, a circumstance of the server with neither; a deadlock alone among these comes with
/// details and a hint.
fn of_unnamed(information: &dyn DatabaseErrorInformation) -> Fault {
    let has_place = information.statement_position().is_some()
        || information.table_name().is_some()
        || information.column_name().is_some()
        || information.constraint_name().is_some();
    match (has_place, information.details(), information.hint()) {
        (true, _, _) => Fault::Defect,
        (false, Some(_), Some(_)) => Fault::Contention,
        (false, _, _) => Fault::Busy,
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
