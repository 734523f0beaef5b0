//! Durations as settings and rates write them: a number and a unit.

use std::time::Duration;

/// The units, largest first, in seconds.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// Parses `90s`, `10m`, `24h` or `30d`; no blanks, no sign, no fraction.
pub fn parse(text: &str) -> Option<Duration> {
    let (number, seconds) = UNITS.into_iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))?;
    // A number may have a sign in Rust.
    let number: u64 = number.parse().ok().filter(|_| !number.starts_with('+'))?;
    number.checked_mul(seconds).map(Duration::from_secs)
}

/// Writes whole seconds in the largest unit that leaves no rest.
pub fn show(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let fitting = UNITS.into_iter().find(|(_, size)| seconds >= *size && seconds.is_multiple_of(*size));
    let (unit, size) = fitting.unwrap_or(('s', 1));
    format!("{}{unit}", seconds / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        for (text, seconds) in [("0s", 0), ("90s", 90), ("10m", 600), ("24h", 86_400), ("30d", 2_592_000), ("007s", 7)]
        {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "s",
            "m",
            "10",
            "10 m",
            "1 h",
            "-1s",
            "+1s",
            "1.5h",
            "1w",
            "1H",
            "１h",
            "1ms",
            "1m30s",
            "99999999999999999999s",
            "999999999999999999d",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_duration_is_shown_in_the_largest_unit_that_fits() {
        for (seconds, text) in
            [(0, "0s"), (90, "90s"), (60, "1m"), (3600, "1h"), (5400, "90m"), (86_400, "1d"), (90_000, "25h")]
        {
            assert_eq!(show(Duration::from_secs(seconds)), text);
        }
    }
}
