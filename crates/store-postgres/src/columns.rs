use diesel::{data_types::PgTimestamp, define_sql_function, result::Error, sql_types::Timestamptz};
use doorward_kernel::Timestamp;
use doorward_otp::TimeStep;

/// 2000-01-01T00:00:00Z, from which PostgreSQL counts.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

define_sql_function! {
    /// The later of two instants.
    #[sql_name = "greatest"]
    fn later(one: Timestamptz, other: Timestamptz) -> Timestamptz;
}

/// The instant as a column holds it.
pub(crate) const fn stored(timestamp: Timestamp) -> PgTimestamp {
    PgTimestamp(timestamp.as_micros().saturating_sub(POSTGRES_EPOCH))
}

/// The instant a column holds.
pub(crate) const fn instant(stored: PgTimestamp) -> Timestamp {
    Timestamp::from_micros(stored.0.saturating_add(POSTGRES_EPOCH))
}

/// What a column holds should never have been written.
pub(crate) fn corrupt(column: &'static str) -> Error {
    Error::DeserializationError(format!("{column} holds an unknown value").into())
}

/// A half-minute as its column holds it; they fit for ever.
pub(crate) fn stored_step(step: TimeStep) -> i64 {
    i64::try_from(step.0).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use doorward_kernel::Timestamp;

    use super::{instant, stored};

    #[test]
    fn instants_come_back_as_they_were_stored() {
        for micros in [0, -1, 946_684_800_000_000, 1_764_054_000_123_456] {
            let timestamp = Timestamp::from_micros(micros);

            assert_eq!(instant(stored(timestamp)), timestamp);
        }
    }
}
