use passwords::analyzer::is_common_password;

/// Endings that people add when a password must have a digit or a mark.
const ENDINGS: [&str; 14] = ["1", "2", "3", "7", "12", "13", "22", "23", "69", "99", "123", "1234", "!", "1!"];

/// Returns whether the password is on the published list, as it is spelled here.
pub(super) fn is_listed(password: &str) -> bool {
    is_common_password(password)
}

/// Returns whether the password is a listed one of at least five characters and one of the endings.
pub(super) fn is_listed_with_an_ending(password: &str) -> bool {
    let stems = ENDINGS.iter().filter_map(|ending| password.strip_suffix(ending));
    stems.filter(|stem| stem.chars().count() >= 5).any(is_listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_needs_a_listed_password_before_it() {
        assert!(is_listed_with_an_ending("butterfly123"));
        assert!(is_listed_with_an_ending("butterfly1!"));
        assert!(!is_listed_with_an_ending("butterfly8361"));
        assert!(!is_listed_with_an_ending("zq-canoe-123"));
    }
}
