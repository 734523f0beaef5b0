use doorward_kernel::Locale;

use super::{de, en, es, fr, hi, it, ja, pl, pt, ru, tr, uk, zh};
use crate::{CodeTemplate, NoticeTemplate};

/// The words of a language.
pub(crate) struct Words {
    /// Returns the purpose of a code, as the sentences around it take it in.
    pub purpose: fn(CodeTemplate) -> &'static str,
    /// Returns the sentences around a code, by its purpose and the minutes it is good for; the longest first.
    pub code: fn(code: &str, purpose: &str, minutes: u64) -> [String; 3],
    /// Returns what a call says: the name of the service, what the code is for, and its digits.
    pub call: fn(service: &str, template: CodeTemplate, digits: &str) -> String,
    /// Returns the sentence of a notice, without any detail.
    pub notice: fn(NoticeTemplate) -> &'static str,
    /// The advice after a notice.
    pub advice: &'static str,
}

impl Words {
    /// Returns the words of that language.
    pub(crate) const fn of(locale: Locale) -> Self {
        match locale {
            Locale::En => en::WORDS,
            Locale::De => de::WORDS,
            Locale::Fr => fr::WORDS,
            Locale::Es => es::WORDS,
            Locale::Pt => pt::WORDS,
            Locale::It => it::WORDS,
            Locale::Pl => pl::WORDS,
            Locale::Tr => tr::WORDS,
            Locale::Ru => ru::WORDS,
            Locale::Uk => uk::WORDS,
            Locale::Hi => hi::WORDS,
            Locale::Ja => ja::WORDS,
            Locale::Zh => zh::WORDS,
        }
    }
}
