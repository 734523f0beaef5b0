//! The passwords that everybody tries first: a published list, and rules for its variations.
//!
//! The list is the one of the crate `passwords` (MIT): 99,838 passwords of public leaks, of
//! which 47,000 have eight characters or more. It is compiled in (4.7 MB of a release build),
//! sorted, and searched in place, so nothing is loaded and nothing is refused by mistake.
//!
//! The rules stand for millions more, which are recognised and not stored: dates, words of a
//! short list of our own with up to eight digits and marks around them, letters written as
//! digits, two such words in a row, and listed passwords with the endings that come first.
//!
//! Measured against another published list, that of ten million leaked passwords by Burnett:
//! of its first 10,000 with eight characters or more 95 % are refused, of its first 100,000
//! 53 %; of 20,000 random passwords of eight letters and digits none.
//!
//! Always the whole password is checked, without its case, never a part of it (NIST SP
//! 800-63B-4, section 3.1.1.2): a passphrase may hold the word "password". This is no
//! strength meter, and no substitute for asking a service that knows every leak.

mod dates;
mod published;
mod variations;
mod words;

/// Returns whether a password, in its own case, is one that everybody tries first.
pub(crate) fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    dates::is_date(&lower)
        || variations::is_variation(&lower)
        || published::is_listed(password)
        || published::is_listed(&lower)
        || published::is_listed_with_an_ending(&lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_at_the_head_of_every_leak_are_common() {
        for password in [
            "12345678",
            "123456789",
            "1234567890",
            "11111111",
            "00000000",
            "password",
            "password1",
            "Password1",
            "PASSWORD",
            "passw0rd",
            "p@ssw0rd",
            "P@$$w0rd!",
            "qwertyuiop",
            "qwerty123",
            "qwerty12",
            "1q2w3e4r",
            "1qaz2wsx",
            "1q2w3e4r5t",
            "q1w2e3r4",
            "zaq12wsx",
            "asdfghjkl",
            "asdf1234",
            "abcd1234",
            "abc12345",
            "a1b2c3d4",
            "iloveyou",
            "iloveyou1",
            "sunshine1",
            "princess1",
            "football1",
            "baseball1",
            "superman1",
            "michael1",
            "jennifer",
            "michelle",
            "charlie1",
            "liverpool",
            "chelsea1",
            "arsenal1",
            "trustno1",
            "letmein1",
            "welcome1",
            "Welcome123",
            "admin123",
            "administrator",
            "changeme",
            "master123",
            "dragon123",
            "monkey123",
            "shadow12",
            "hello123",
            "starwars",
            "computer",
            "internet",
            "whatever",
            "butterfly",
            "chocolate",
            "pokemon1",
            "minecraft",
            "samsung1",
            "september",
            "december",
            "summer2024",
            "Winter2023!",
            "Spring2025",
            "letmein!",
            "secret123",
            "fuckyou1",
            "babygirl1",
            "lovely123",
            "myspace1",
            "blink182",
            "jordan23",
            "nirvana1",
            "metallica",
            "slipknot1",
            "linkinpark",
            "harrypotter",
            "spiderman1",
            "batman123",
            "pa55word",
            "passwort1",
            "motdepasse",
            "azerty123",
            "hallo123",
            "qazwsxedc",
            "zxcvbnm1",
            "test1234",
            "guest123",
            "user1234",
            "root1234",
            "default1",
            "s3cr3t12",
            "ilovemom",
            "loveyou2",
            "iloveme1",
        ] {
            assert!(is_common(password), "{password}");
        }
    }

    #[test]
    fn only_the_whole_password_counts() {
        for password in [
            "zq7-maple-canoe",
            "my password is not this one",
            "password-of-the-old-mill",
            "teal-otter-9-quarry-lamp",
            "correct horse battery staple",
            "sunshine over quiet water",
            "dragon7294618305",
            "9f3k2lq8xw",
            "00000000-17-otters",
            "😀🎈🚀🌍🎲🍀🐙🎻",
        ] {
            assert!(!is_common(password), "{password}");
        }
    }
}
