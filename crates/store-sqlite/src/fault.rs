use diesel::result::{DatabaseErrorKind, Error};
use doorward_kernel::StoreError;

/// Tries of a statement that finds the database locked, the first one included.
pub(crate) const TRIES: u32 = 4;

// Diesel keeps SQLite's message and not its code; the texts are part of SQLite's stable interface
// (`sqlite3_errstr`).
const LOCKED: [&str; 3] = ["database is locked", "database table is locked", "locking protocol"];
const OUT_OF_ORDER: [&str; 5] = [
    "disk I/O error",
    "database or disk is full",
    "unable to open database file",
    "attempt to write a readonly database",
    "out of memory",
];

/// Returns whether somebody else holds the lock that was needed.
pub(crate) fn is_locked(error: &Error) -> bool {
    says(error, &LOCKED)
}

/// Returns whether a unique index refused the row.
pub(crate) fn is_taken(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
}

/// Sorts an error by what a caller can do: try later, or nothing.
pub(crate) fn store_error(error: Error) -> StoreError {
    let may_pass = is_locked(&error) || says(&error, &OUT_OF_ORDER);
    if may_pass { StoreError::unavailable(error) } else { StoreError::failed(error) }
}

fn says(error: &Error, texts: &[&str]) -> bool {
    let Error::DatabaseError(DatabaseErrorKind::Unknown, information) = error else { return false };
    texts.iter().any(|text| information.message().starts_with(text))
}

#[cfg(test)]
mod tests {
    use diesel::result::{DatabaseErrorKind, Error};
    use doorward_kernel::StoreError;

    use super::store_error;

    fn error(message: &str) -> Error {
        Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()))
    }

    #[test]
    fn a_lock_and_a_full_disk_are_outages() {
        for message in ["database is locked", "database or disk is full", "disk I/O error"] {
            assert!(matches!(store_error(error(message)), StoreError::Unavailable(_)), "{message}");
        }
    }

    #[test]
    fn everything_else_is_a_failure() {
        for error in [error("no such table: users"), Error::NotFound] {
            assert!(matches!(store_error(error), StoreError::Failed(_)));
        }
    }
}
