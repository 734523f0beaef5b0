//! Pasted values are accepted: ten thousand of them in the junk that phones, mails and spreadsheets add.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use doorward_app::operator::UserQuery;
use doorward_kernel::{EmailAddress, Locale, PhoneNumber, Random};
use doorward_otp::{Code, EnteredCode, RecoveryCode};
use doorward_testkit::fakes::SeededRandom;
use doorward_user::Name;

const EACH: usize = 2_000;

const AROUND: &[&str] = &[
    "", " ", "  ", "\t", "\n", "\r\n", "\u{85}", "\u{a0}", "\u{2003}", "\u{2028}", "\u{2029}", "\u{202f}", "\u{3000}",
    "\u{feff}", "\u{200b}", "\u{200e}", "\u{200f}", "\u{61c}", "\u{202a}", "\u{202b}", "\u{202c}", "\u{2066}",
    "\u{2067}", "\u{2068}", "\u{2069}", "\u{2060}", "\u{ad}", "\u{180e}",
];
const BETWEEN: &[&str] = &[
    "-", "\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}", "\u{2014}", "\u{2212}", "\u{fe63}", "\u{ff0d}", "/",
    "\u{ff0f}",
];
const ZEROS: &[char] =
    &['0', '٠', '۰', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '෦', '๐', '໐', '༠', '၀', '០', '᠐', '０', '𝟎', '𞥐'];
const NAMES: &[&str] = &[
    "Ada",
    "O’Neill",
    "Anne-Marie",
    "St.John",
    "J. R. R.",
    "Raj a/l Kumar",
    "ශ\u{dca}\u{200d}රී",
    "علی\u{200c}رضا",
    "മോഹന\u{d4d}\u{200d}",
    "র\u{200d}\u{9cd}যান",
    "ジャン・ポール",
    "དབང་ཕྱུག",
    "בן־דוד",
    "Տէր֊Յովհաննէս",
    "李",
    "Gal·la",
];

/// Takes from lists, the same in every run.
struct Take(SeededRandom);

impl Take {
    fn below(&self, end: usize) -> usize {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        usize::try_from(u32::from_le_bytes(bytes)).unwrap() % end
    }

    fn of<T: Copy>(&self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn around(&self, text: &str) -> String {
        let junk = || (0..self.below(4)).map(|_| self.of(AROUND)).collect::<String>();
        format!("{}{text}{}", junk(), junk())
    }

    /// Digits in one script, others as they are, with junk in between.
    fn scattered(&self, text: &str) -> String {
        let zero = self.of(ZEROS);
        let in_script = |c: char| c.to_digit(10).and_then(|d| char::from_u32(u32::from(zero) + d)).unwrap_or(c);
        let mut scattered = String::new();
        for c in text.chars() {
            match self.below(6) {
                0 => scattered.push_str(self.of(AROUND)),
                1 if !scattered.is_empty() => scattered.push_str(self.of(BETWEEN)),
                _ => {}
            }
            scattered.push(in_script(c));
        }
        self.around(&scattered)
    }

    fn digits(&self, count: usize) -> String {
        (0..count).map(|_| self.of(&['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])).collect()
    }
}

fn take(seed: u64) -> Take {
    Take(SeededRandom::new(seed))
}

#[test]
fn pasted_codes_are_read() {
    let take = take(1);
    for _ in 0..EACH {
        let code = take.digits(6 + take.below(3));
        let text = take.scattered(&code);

        assert_eq!(Code::parse(&text).unwrap().reveal(), code, "{text:?}");
    }
}

#[test]
fn pasted_recovery_codes_are_read() {
    let take = take(2);
    for _ in 0..EACH {
        let code = RecoveryCode::mint(&take.0);
        let shown = code.grouped().reveal().clone();
        let shown = if take.below(2) == 0 { shown } else { shown.to_lowercase() };
        let text = take.scattered(&shown);

        let EnteredCode::Recovery(read) = EnteredCode::parse(&text).unwrap() else { unreachable!("{text:?}") };
        assert_eq!(read.reveal(), code.reveal(), "{text:?}");
    }
}

#[test]
fn pasted_numbers_are_read() {
    let take = take(3);
    for _ in 0..EACH {
        let number = format!("+1415555{}", take.digits(4));
        let text = take.scattered(&number);

        assert_eq!(PhoneNumber::parse(&text, None).unwrap().as_str(), number, "{text:?}");
        assert!(matches!(UserQuery::parse(&text, None), Ok(UserQuery::Phone(_))), "{text:?}");
    }
}

#[test]
fn pasted_addresses_are_read() {
    let take = take(4);
    for _ in 0..EACH {
        let address = format!("ada.{}+tag@mail{}.example.com", take.digits(3), take.digits(2));
        let text = take.around(&address);

        assert_eq!(EmailAddress::parse(&text).unwrap().as_str(), address, "{text:?}");
        assert!(matches!(UserQuery::parse(&text, None), Ok(UserQuery::Email(_))), "{text:?}");
    }
}

#[test]
fn pasted_names_and_preferences_are_read() {
    let take = take(5);
    for _ in 0..EACH {
        let name = take.of(NAMES);
        let text = take.around(name);

        assert_eq!(Name::parse(&text).unwrap().as_str(), name, "{text:?}");
        assert_eq!(Locale::lookup(&take.around("de_AT")), Locale::De);
    }
}
