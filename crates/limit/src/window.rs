use std::time::Duration;

/// The units of a window's text, largest first.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// Reads `90s`, `10m`, `1h` or `1d`; no blanks, no sign, no fraction.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let (_, seconds) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    let number = text.strip_suffix(unit)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = if is_number { number.parse().ok()? } else { return None };
    Some(Duration::from_secs(number.checked_mul(seconds)?))
}

/// Writes a window of whole seconds in the largest unit that leaves no rest.
pub(crate) fn show(window: Duration) -> String {
    let seconds = window.as_secs();
    let unit = UNITS.into_iter().find(|(_, unit)| seconds.is_multiple_of(*unit));
    let (name, unit) = unit.unwrap_or(('s', 1));
    format!("{}{name}", seconds / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_number_and_a_unit() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h", 3600), ("1d", 86_400), ("007s", 7)] {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "m", "10", "1.5h", "-1s", "+1s", "1 h", "1w", "1H", "１h", "1ms", "99999999999999999999s"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_window_is_shown_in_the_largest_unit_that_fits() {
        for (seconds, text) in [(90, "90s"), (60, "1m"), (3600, "1h"), (5400, "90m"), (86_400, "1d"), (90_000, "25h")] {
            assert_eq!(show(Duration::from_secs(seconds)), text);
        }
    }
}
