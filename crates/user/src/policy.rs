use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::{Password, blocklist::is_common};

/// A password that a policy has accepted, so that it may become somebody's.
#[derive(Clone, Debug)]
pub struct NewPassword(Password);

impl NewPassword {
    /// The password, for hashing.
    pub const fn as_password(&self) -> &Password {
        &self.0
    }
}

/// The rules for new passwords (NIST SP 800-63B-4, section 3.1.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The fewest code points, at least 8; at least 15 where a password alone lets in.
    pub min_length: usize,
}

/// A reason why a password is refused; there is no composition rule among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// It has fewer code points than the policy asks for.
    #[error("must have at least {0} characters")]
    TooShort(usize),
    /// It is one of the passwords everybody tries first.
    #[error("is one of the most common passwords")]
    Common,
    /// It is one character or one short piece, repeated.
    #[error("must not repeat one character or one short piece")]
    Repetitive,
    /// It is a run of the alphabet, of digits or of the keyboard.
    #[error("must not be a run of neighbouring keys or letters")]
    Sequence,
    /// It is made of the person's own address, number or name, or of this service's name.
    #[error("must not be made of your own details or the name of this service")]
    Personal,
    /// It was in a breach of another service; see [`BreachedPasswords`](crate::BreachedPasswords).
    #[error("has been found in a breach of another service")]
    Breached,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { min_length: 8 }
    }
}

impl PasswordPolicy {
    /// Accepts a password, or tells everything that is wrong with it; see [`check`](Self::check).
    pub fn accept(&self, password: Password, user_inputs: &[&str]) -> Result<NewPassword, Vec<PasswordFault>> {
        let faults = self.check(&password, user_inputs);
        if faults.is_empty() { Ok(NewPassword(password)) } else { Err(faults) }
    }

    /// Finds everything that is wrong with a new password, given its owner's own words.
    ///
    /// Words are e-mail addresses, numbers and names; they count when they and their parts make up more
    /// than half of the password together, so that a long passphrase may hold some.
    pub fn check(&self, password: &Password, user_inputs: &[&str]) -> Vec<PasswordFault> {
        let text = password.reveal().to_lowercase();
        let length = password.reveal().chars().count();
        let faults = [
            (length < self.min_length, PasswordFault::TooShort(self.min_length)),
            (is_common(password.reveal()), PasswordFault::Common),
            (is_repetitive(&text), PasswordFault::Repetitive),
            (is_sequence(&text), PasswordFault::Sequence),
            (is_personal(password.reveal(), user_inputs), PasswordFault::Personal),
        ];
        faults.into_iter().filter_map(|(is_at_fault, fault)| is_at_fault.then_some(fault)).collect()
    }
}

/// Returns whether the text is a piece of at most a third of its length, again and again, or half and half.
fn is_repetitive(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    (1..=characters.len() / 2)
        .filter(|size| *size <= 8)
        .any(|size| characters.chunks(size).all(|chunk| characters.starts_with(chunk)))
}

const ROWS: [&str; 6] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
];

/// Returns whether the text is made of at most two runs along a row, forwards or backwards.
fn is_sequence(text: &str) -> bool {
    let mut rest = text;
    for _ in 0..2 {
        let run = longest_run(rest);
        if run < 3 {
            return false;
        }
        rest = &rest[run..];
        if rest.is_empty() {
            return true;
        }
    }
    false
}

fn longest_run(text: &str) -> usize {
    let is_run = |prefix: &&str| {
        let backwards: String = prefix.chars().rev().collect();
        ROWS.iter().any(|row| row.contains(*prefix) || row.contains(&backwards))
    };
    (1..=text.len()).filter_map(|end| text.get(..end)).take_while(is_run).map(str::len).last().unwrap_or(0)
}

/// Returns whether more than half of the text is the owner's own, all words together, or this service's name.
fn is_personal(text: &str, user_inputs: &[&str]) -> bool {
    let text = folded(text);
    let service = ["doorward"];
    let mut rest: Vec<Option<char>> = text.chars().map(Some).collect();
    for word in user_inputs.iter().chain(&service).flat_map(|word| parts(word)) {
        let length = word.chars().count();
        for (at, _) in text.match_indices(&word) {
            let before = text.get(..at).unwrap_or_default().chars().count();
            rest.iter_mut().skip(before).take(length).for_each(|character| *character = None);
        }
    }
    rest.iter().flatten().count() * 2 < rest.len()
}

/// The word itself and its pieces of at least three bytes: three letters of English, two of Greek, one ideograph.
fn parts(word: &str) -> Vec<String> {
    let word = folded(word);
    let pieces = word.split(|c: char| !c.is_alphanumeric()).filter(|piece| piece.len() >= 3);
    pieces.chain([word.as_str()]).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// A text without the differences that people leave out in passwords: case, accents, width of the characters.
fn folded(text: &str) -> String {
    let letters = text.nfkd().filter(|c| !is_combining_mark(*c));
    // To upper case and back, as `ß` and `SS`, `ς` and `Σ`, `ı` and `I` are the same then.
    letters.flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<PasswordFault> {
        PasswordPolicy::default().check(&Password::parse(text).unwrap(), &["victim@example.com", "+14155552671", "Ada"])
    }

    #[test]
    fn any_long_enough_password_without_a_pattern_is_fine() {
        for text in [
            "zq7-maple-canoe",
            "teal-otter-9-quarry-lamp",
            "correct horse battery staple",
            "pässword-with-é-1",
            "😀🎈🚀🌍🎲🍀🐙🎻",
            "victim of a long and winding road",
            "correct horse\0battery staple",
        ] {
            assert_eq!(faults(text), [], "{text}");
        }
    }

    #[test]
    fn the_reasons_are_told() {
        assert_eq!(faults("short-1"), [PasswordFault::TooShort(8)]);
        assert_eq!(faults("Password123!"), [PasswordFault::Common]);
        assert_eq!(faults("otter-9otter-9"), [PasswordFault::Repetitive]);
        assert_eq!(faults(";;;;;;;;;;;;;;;;;;;"), [PasswordFault::Repetitive]);
        assert_eq!(faults("lkjhgfdsapoiuyt"), [PasswordFault::Sequence]);
        assert_eq!(faults("uvwxyz45678"), [PasswordFault::Sequence]);
        assert_eq!(faults("victim@example.com"), [PasswordFault::Personal]);
        assert_eq!(faults("doorward2026"), [PasswordFault::Personal]);
        assert_eq!(faults("+14155552671"), [PasswordFault::Personal]);
    }

    #[test]
    fn what_is_made_of_several_own_words_is_personal() {
        let mary = ["mary.smith@example.com", "+14155552671", "Mary", "Smith"];
        for (own, text) in [
            (&mary[..], "mary.smith"),
            (&mary, "marysmith1"),
            (&mary, "marysmith2024"),
            (&mary, "Smith-Mary-1987"),
            (&mary, "MARY!!smith"),
            (&["marysmith@example.com", "Mary", "Smith"], "marysmith99"),
            (&["Mary Ann", "Lee"], "maryannlee7"),
            (&["José", "García Núñez"], "josegarcia1"),
            (&["Jose", "Garcia"], "josé.garcía"),
            (&["Jürgen", "Weiß"], "JURGEN-WEISS-1"),
            (&["Işıl", "Yıldız"], "isilyildiz1"),
            (&["Γιώργος", "Παπάς"], "ΓΙΩΡΓΟΣΠΑΠΑΣ12"),
            (&["Анна", "Ким"], "аннаким1990"),
            (&["山田", "太郎"], "山田太郎123"),
            (&["山田 太郎"], "太郎山田123"),
            (&["मोहन", "विक्रम"], "मोहनविक्रम12"),
            (&["محمد", "علي"], "محمدعلي12"),
            (&["김", "민준"], "김민준김민준김1"),
            (&["Mary", "Smith"], "ｍａｒｙ.ｓｍｉｔｈ"),
        ] {
            let found = PasswordPolicy::default().check(&Password::parse(text).unwrap(), own);
            assert!(found.contains(&PasswordFault::Personal), "{text}: {found:?}");
        }
    }

    #[test]
    fn a_long_passphrase_may_hold_own_words() {
        let mary = ["mary.smith@green-tea-house.com", "+14155552671", "Mary", "Smith"];
        for (own, text) in [
            (&mary[..], "smith and mary drink coffee"),
            (&mary, "a blacksmith under the green sea"),
            (&["a@b.example", "A", "E"], "correct horse battery staple"),
            (&["An", "Li"], "analysis of lilies in antennas"),
            (&["Анна", "Ким"], "анна пьёт зелёный чай утром"),
            (&["山田", "太郎"], "山田さんは毎朝緑茶を飲む"),
            (&["मोहन", "विक्रम"], "मोहन रोज़ सुबह चाय पीता है"),
        ] {
            assert_eq!(PasswordPolicy::default().check(&Password::parse(text).unwrap(), own), [], "{text}");
        }
    }

    #[test]
    fn every_fault_is_named_at_once() {
        assert_eq!(faults("1111"), [PasswordFault::TooShort(8), PasswordFault::Common, PasswordFault::Repetitive]);
    }
}
