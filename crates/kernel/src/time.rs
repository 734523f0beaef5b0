use std::{
    fmt,
    ops::{Add, Sub},
    time::Duration,
};

/// An instant of UTC in whole microseconds, the precision both databases keep.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Why a text is no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an instant like 2026-11-25T07:00:00Z")]
pub struct TimestampError;

impl Timestamp {
    /// Reads RFC 3339, whatever its offset; what is finer than a microsecond is cut off.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let timestamp: jiff::Timestamp = text.parse().map_err(|_| TimestampError)?;
        Ok(Self(timestamp.as_microsecond()))
    }

    /// Reads RFC 3339, or a date or a time without a zone, as other systems write them: that is UTC.
    pub fn parse_or_utc(text: &str) -> Result<Self, TimestampError> {
        Self::parse(text).or_else(|error| {
            let time: jiff::civil::DateTime = text.parse().map_err(|_| error)?;
            let timestamp = jiff::tz::Offset::UTC.to_timestamp(time).map_err(|_| error)?;
            Ok(Self(timestamp.as_microsecond()))
        })
    }

    /// The instant that many microseconds after 1970-01-01T00:00:00Z.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down (an RFC 7519 `NumericDate`).
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Whole milliseconds since 1970-01-01T00:00:00Z; zero for earlier instants.
    pub fn as_millis(self) -> u64 {
        u64::try_from(self.0.div_euclid(1000)).unwrap_or(0)
    }

    /// The instant to the minute, as people read it: `2026-11-25 07:00 UTC`.
    pub fn to_minute(self) -> String {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => timestamp.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            Err(_) => "out of range".to_owned(),
        }
    }

    /// The time from `earlier` until this instant; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        u64::try_from(self.0.saturating_sub(earlier.0)).map_or(Duration::ZERO, Duration::from_micros)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    /// Saturates at the end of time.
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    /// Saturates at the beginning of time.
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, as in `2026-11-25T07:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => timestamp.fmt(f),
            Err(_) => f.write_str("out of range"),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Tells the time; all nodes of one database agree on it.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The instant it is now.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_shown_as_rfc_3339() {
        let instant = Timestamp::from_micros(1_764_054_000_000_000);

        assert_eq!(instant.to_string(), "2025-11-25T07:00:00Z");
    }

    #[test]
    fn a_minute_is_shown_without_its_seconds() {
        let instant = Timestamp::from_micros(1_764_054_059_999_999);

        assert_eq!(instant.to_minute(), "2025-11-25 07:00 UTC");
    }

    #[test]
    fn rfc_3339_reads_back_whatever_its_offset() {
        for text in ["2025-11-25T07:00:00Z", "2025-11-25T09:00:00+02:00", "2025-11-25T07:00:00.0000009Z"] {
            assert_eq!(Timestamp::parse(text), Ok(Timestamp::from_micros(1_764_054_000_000_000)), "{text}");
        }
        for text in ["", "yesterday", "2025-11-25", "2025-11-25T07:00:00", "1764054000"] {
            assert_eq!(Timestamp::parse(text), Err(TimestampError), "{text}");
        }
    }

    #[test]
    fn time_saturates_instead_of_wrapping() {
        let end = Timestamp::from_micros(i64::MAX);

        assert_eq!(end + Duration::MAX, end);
        assert_eq!(Timestamp::from_micros(5).since(end), Duration::ZERO);
    }
}
