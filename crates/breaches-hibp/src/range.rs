use crate::{HibpError, digest::PasswordDigest};

/// The number of digits of a digest on a line.
const DIGITS: usize = 35;

/// Returns whether the digest is in a range: lines of the other 35 digits, a colon, and how often it was seen.
///
/// Lines that were seen nowhere are padding. A range with one line of another form is none, so
/// that a page of somebody in between is not taken for an answer.
pub(crate) fn contains(range: &str, digest: &PasswordDigest) -> Result<bool, HibpError> {
    let mut is_there = false;
    for line in range.lines().filter(|line| !line.is_empty()) {
        let (digits, seen) = read(line).ok_or(HibpError::Malformed)?;
        is_there |= seen > 0 && digest.ends_with(digits);
    }
    Ok(is_there)
}

fn read(line: &str) -> Option<(&str, u64)> {
    let (digits, seen) = line.split_once(':')?;
    let is_digest = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_count = seen.bytes().all(|byte| byte.is_ascii_digit());
    if is_digest && is_count { Some((digits, seen.parse().ok()?)) } else { None }
}

#[cfg(test)]
mod tests {
    use doorward_user::Password;

    use super::*;

    const PADDING: &str = "0018A45C4D1DEF81644B54AB7F969B88D65:0\r\n";

    fn is_in(range: &str) -> Result<bool, HibpError> {
        contains(range, &PasswordDigest::of(&Password::parse("password").unwrap()))
    }

    #[test]
    fn what_was_seen_is_there() {
        let range = format!("{PADDING}1E4C9B93F3F0682250B6CF8331B7EE68FD8:10434004\r\n{PADDING}");

        assert!(is_in(&range).unwrap());
        assert!(is_in("1e4c9b93f3f0682250b6cf8331b7ee68fd8:1\n").unwrap());
    }

    #[test]
    fn others_and_padding_are_not() {
        for range in ["", PADDING, "1E4C9B93F3F0682250B6CF8331B7EE68FD8:0", "1E4C9B93F3F0682250B6CF8331B7EE68FD9:7\r\n"]
        {
            assert!(!is_in(range).unwrap(), "{range}");
        }
    }

    #[test]
    fn what_is_no_range_is_no_answer() {
        for line in [
            "<!doctype html>",
            "1E4C9B93F3F0682250B6CF8331B7EE68FD8",
            "1E4C9B93F3F0682250B6CF8331B7EE68FD8:",
            "1E4C9B93F3F0682250B6CF8331B7EE68FD8:+1",
            "1E4C9B93F3F0682250B6CF8331B7EE68FD8:99999999999999999999",
            "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:1",
            "ZE4C9B93F3F0682250B6CF8331B7EE68FD8:1",
        ] {
            assert!(matches!(is_in(&format!("{PADDING}{line}\r\n")), Err(HibpError::Malformed)), "{line}");
        }
    }
}
