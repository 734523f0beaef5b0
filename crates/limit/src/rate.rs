use std::{fmt, time::Duration};

use doorward_kernel::duration;

/// A rate: so many per window, and so many at once.
///
/// Its text is `5/10m`, or `60/1m burst 20` where the burst is not the count.
/// The long-run rate is the count per window; after a rest the burst may be taken at once.
/// In any stretch as long as the window, at most count + burst are admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate {
    count: u32,
    window_seconds: u32,
    burst: u32,
}

/// Why a text or three numbers are no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// It is not of the form `5/10m` or `60/1m burst 20`.
    #[error("must look like \"5/10m\" or \"60/1m burst 20\"")]
    Malformed,
    /// The count is zero or above a million.
    #[error("the count must be 1 to 1000000; \"off\" switches a limit off")]
    Count,
    /// The window is no whole number of seconds, or not 1 second to 366 days.
    #[error("the window must be 1s to 366d, in s, m, h or d")]
    Window,
    /// The burst is zero or above a million.
    #[error("the burst must be 1 to 1000000")]
    Burst,
    /// A burst that was used up would take more than ten years to come back.
    #[error("the burst is too large for so slow a rate")]
    Slow,
}

const MOST: u32 = 1_000_000;
const LONGEST_WINDOW: u64 = 366 * 86_400;
const LONGEST_FILL: i64 = 10 * 366 * 86_400 * 1_000_000;

impl Rate {
    /// So many per window, the burst being the count.
    pub fn per(count: u32, window: Duration) -> Result<Self, RateError> {
        Self::with_burst(count, window, count)
    }

    /// So many per window, and so many at once.
    pub fn with_burst(count: u32, window: Duration, burst: u32) -> Result<Self, RateError> {
        if !(1..=MOST).contains(&count) {
            return Err(RateError::Count);
        }
        if window.subsec_nanos() != 0 || !(1..=LONGEST_WINDOW).contains(&window.as_secs()) {
            return Err(RateError::Window);
        }
        if !(1..=MOST).contains(&burst) {
            return Err(RateError::Burst);
        }
        let window_seconds = u32::try_from(window.as_secs()).map_err(|_| RateError::Window)?;
        let rate = Self { count, window_seconds, burst };
        if rate.fill_micros() > LONGEST_FILL { Err(RateError::Slow) } else { Ok(rate) }
    }

    /// A default of ours; a test holds each to what [`parse`](Self::parse) takes.
    pub(crate) const fn fixed(count: u32, window_seconds: u32, burst: u32) -> Self {
        Self { count, window_seconds, burst }
    }

    /// Reads `5/10m` or `60/1m burst 20`.
    pub fn parse(text: &str) -> Result<Self, RateError> {
        let (rate, burst) = match text.split_once(" burst ") {
            Some((rate, burst)) => (rate, Some(number(burst).ok_or(RateError::Burst)?)),
            None => (text, None),
        };
        let (count, window) = rate.split_once('/').ok_or(RateError::Malformed)?;
        if !count.bytes().all(|byte| byte.is_ascii_digit()) || count.is_empty() {
            return Err(RateError::Malformed);
        }
        let count = number(count).ok_or(RateError::Count)?;
        let window = duration::parse(window).ok_or(RateError::Window)?;
        Self::with_burst(count, window, burst.unwrap_or(count))
    }

    /// Returns how many per window.
    pub const fn count(self) -> u32 {
        self.count
    }

    /// The window: whole seconds, at least one.
    pub const fn window(self) -> Duration {
        Duration::from_secs(self.window_seconds as u64)
    }

    /// The window in seconds, which tells the rates of one limit apart.
    pub const fn window_seconds(self) -> u32 {
        self.window_seconds
    }

    /// Returns how many at once, after a rest.
    pub const fn burst(self) -> u32 {
        self.burst
    }

    /// The time one unit takes to come back, in microseconds, rounded up.
    pub const fn interval_micros(self) -> i64 {
        (self.window_seconds as i64 * 1_000_000 + self.count as i64 - 1) / self.count as i64
    }

    /// The time a used-up burst takes to come back, in microseconds.
    pub const fn fill_micros(self) -> i64 {
        self.interval_micros().saturating_mul(self.burst as i64)
    }

    /// The rate with count and burst divided, each at least one.
    pub fn divided_by(self, divisor: u32) -> Self {
        let divide = |value: u32| value.checked_div(divisor).unwrap_or(value).max(1);
        Self { count: divide(self.count), burst: divide(self.burst), ..self }.no_slower_than_ten_years()
    }

    /// The rate with count and burst multiplied, each at most a million.
    pub fn times(self, factor: u32) -> Self {
        let multiply = |value: u32| value.saturating_mul(factor).clamp(1, MOST);
        Self { count: multiply(self.count), burst: multiply(self.burst), ..self }
    }

    /// Returns what is left to those who may not touch a reserve; `None` when nothing is.
    pub fn without(self, reserve: u32) -> Option<Self> {
        let count = self.count.checked_sub(reserve).filter(|count| *count > 0)?;
        let burst = self.burst.min(count);
        Some(Self { count, burst, ..self }.no_slower_than_ten_years())
    }

    /// Keeps the bound on [`fill_micros`](Self::fill_micros) by taking from the burst.
    fn no_slower_than_ten_years(self) -> Self {
        let most = u32::try_from(LONGEST_FILL / self.interval_micros()).unwrap_or(MOST);
        Self { burst: self.burst.min(most).max(1), ..self }
    }
}

fn number(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, duration::show(self.window()))?;
        if self.burst == self.count { Ok(()) } else { write!(f, " burst {}", self.burst) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_and_shown_in_its_short_form() {
        for (text, shown) in [
            ("5/10m", "5/10m"),
            ("60/1m burst 20", "60/1m burst 20"),
            ("60/60s burst 60", "60/1m"),
            ("10/24h", "10/1d"),
            ("01/1s", "1/1s"),
        ] {
            assert_eq!(Rate::parse(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn every_fault_of_a_text_has_its_reason() {
        use RateError::{Burst, Count, Malformed, Slow, Window};
        for (text, reason) in [
            ("", Malformed),
            ("5", Malformed),
            ("off", Malformed),
            ("/1m", Malformed),
            ("five/1m", Malformed),
            (" 5/1m", Malformed),
            ("-5/1m", Malformed),
            ("0/1m", Count),
            ("1000001/1m", Count),
            ("99999999999/1m", Count),
            ("5/", Window),
            ("5/0s", Window),
            ("5/1", Window),
            ("5/1w", Window),
            ("5/367d", Window),
            ("5/1m ", Window),
            ("5/1m burst", Window),
            ("5/1m burst ", Burst),
            ("5/1m burst 0", Burst),
            ("5/1m burst 2 burst 3", Burst),
            ("5/1m burst +2", Burst),
            ("1/366d burst 11", Slow),
        ] {
            assert_eq!(Rate::parse(text), Err(reason), "{text:?}");
        }
    }

    #[test]
    fn a_unit_that_does_not_divide_the_window_comes_back_late_rather_than_early() {
        assert_eq!(Rate::parse("7/1h").unwrap().interval_micros(), 514_285_715);
    }

    #[test]
    fn a_divided_rate_keeps_at_least_one() {
        let rate = Rate::parse("60/1m burst 20").unwrap();

        assert_eq!(rate.divided_by(4).to_string(), "15/1m burst 5");
        assert_eq!(rate.divided_by(100).to_string(), "1/1m");
        assert_eq!(rate.divided_by(0), rate);
    }

    #[test]
    fn a_rate_is_multiplied_with_its_burst() {
        let rate = Rate::parse("60/1m burst 20").unwrap();

        assert_eq!(rate.times(3).to_string(), "180/1m burst 60");
        assert_eq!(rate.times(u32::MAX), Rate::parse("1000000/1m").unwrap());
    }

    #[test]
    fn a_reserve_is_taken_from_the_count() {
        let rate = Rate::parse("5/1d").unwrap();

        assert_eq!(rate.without(2).unwrap().to_string(), "3/1d");
        assert_eq!(rate.without(5), None);
    }
}
