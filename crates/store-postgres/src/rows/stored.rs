use diesel::{data_types::PgTimestamp, result::Error};
use doorward_kernel::{EmailAddress, Locale, PhoneNumber, Timestamp};
use doorward_otp::TimeStep;
use doorward_user::{Name, Names};

/// 2000-01-01T00:00:00Z, from which PostgreSQL counts.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// A column holds what none of our versions has written.
#[derive(Debug, thiserror::Error)]
#[error("the column {0} holds an unknown value")]
pub(crate) struct Undecodable(pub(crate) &'static str);

/// The value a row stands for, or an error that names the column alone.
pub(crate) fn decode<T: TryFrom<R, Error = Undecodable>, R>(row: R) -> Result<T, Error> {
    T::try_from(row).map_err(|error| Error::DeserializationError(Box::new(error)))
}

/// The instant as a column holds it.
pub(crate) const fn stored(timestamp: Timestamp) -> PgTimestamp {
    PgTimestamp(timestamp.as_micros().saturating_sub(POSTGRES_EPOCH))
}

/// The instant a column holds.
pub(crate) const fn instant(stored: PgTimestamp) -> Timestamp {
    Timestamp::from_micros(stored.0.saturating_add(POSTGRES_EPOCH))
}

/// A half-minute as its column holds it; they fit for ever.
pub(crate) fn stored_step(step: TimeStep) -> i64 {
    i64::try_from(step.0).unwrap_or(i64::MAX)
}

pub(super) fn email(text: &str) -> Result<EmailAddress, Undecodable> {
    EmailAddress::parse(text).map_err(|_| Undecodable("email"))
}

pub(super) fn phone(text: String) -> Result<PhoneNumber, Undecodable> {
    PhoneNumber::from_stored(text).ok_or(Undecodable("phone"))
}

pub(super) fn locale(text: &str) -> Result<Locale, Undecodable> {
    Locale::parse(text).ok_or(Undecodable("locale"))
}

pub(super) fn names(first: String, last: Option<String>) -> Result<Names, Undecodable> {
    let first = Name::from_stored(first).ok_or(Undecodable("first_name"))?;
    Ok(Names { first, last: last.and_then(Name::from_stored) })
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
