use std::{collections::BTreeMap, time::Duration};

use doorward_kernel::Locale;

use super::segment;
use crate::{
    Body, CodeTemplate, Envelope, NoticeTemplate, TemplateFault, minutes,
    sentence::{About, Sentence},
    words::Words,
};

/// Characters of an Android app's hash (SMS Retriever API).
const APP_HASH: usize = 11;

/// The longest code, and the longest time that it is good for, by which sentences of an operator are judged.
const LONGEST_CODE: &str = "00000000";
const LONGEST_MINUTES: u64 = 99;

/// Renders messages as SMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsText {
    host: String,
    app_hash: Option<String>,
    /// Sentences of the operator, by language and template, as in `en/code.login`.
    sentences: BTreeMap<String, Sentence>,
}

/// Why messages cannot be rendered that way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmsTextError {
    /// Even the shortest English words do not fit one segment.
    #[error("the message does not fit one SMS")]
    TooLong,
    /// The hash of the app is none.
    #[error("the hash of an Android app has 11 characters of base64")]
    AppHash,
}

impl SmsText {
    /// Texts that bind codes to that host; with the hash of an Android app, Google Play services hand them to it
    /// (SMS Retriever API).
    ///
    /// Refused unless every code fits one segment, in its own language or else in English.
    pub fn new(host: impl Into<String>, app_hash: Option<String>) -> Result<Self, SmsTextError> {
        let is_base64 = |hash: &String| hash.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
        if !app_hash.as_ref().is_none_or(|hash| hash.len() == APP_HASH && is_base64(hash)) {
            return Err(SmsTextError::AppHash);
        }
        let text = Self { host: host.into(), app_hash, sentences: BTreeMap::new() };
        for locale in Locale::ALL {
            for template in CodeTemplate::ALL {
                text.code(*locale, *template, LONGEST_CODE, Duration::ZERO)?;
            }
        }
        Ok(text)
    }

    /// Takes sentences of an operator in place of ours, by language and template, as in `en/code.login`.
    ///
    /// The last line of a code stays ours. Refused unless each names values that there are, and fits one segment.
    pub fn with_sentences(
        mut self,
        service: &str,
        sentences: &BTreeMap<String, String>,
    ) -> Result<Self, Vec<TemplateFault>> {
        let judge = |sentence: &Sentence, about| self.fits(sentence, about);
        self.sentences = Sentence::parse_all(sentences, (service, &self.host), judge)?;
        Ok(self)
    }

    fn fits(&self, sentence: &Sentence, about: About) -> Result<(), String> {
        let mut longest = sentence.with(LONGEST_CODE, LONGEST_MINUTES);
        if about == About::Code {
            longest.push_str(&self.last_lines(LONGEST_CODE));
        }
        if segment::holds(&longest) { Ok(()) } else { Err("does not fit one SMS".to_owned()) }
    }

    fn own(&self, locale: Locale, template: &str) -> Option<&Sentence> {
        self.sentences.get(&format!("{}/{template}", locale.as_str()))
    }

    /// The lines by which a browser, and an Android app, know that the code is theirs.
    fn last_lines(&self, code: &str) -> String {
        let hash = self.app_hash.as_ref().map(|hash| format!("{hash}\n")).unwrap_or_default();
        format!("\n\n{hash}@{} #{code}", self.host)
    }

    /// The languages in which a code of so many digits fits no segment for some purpose, and is sent in English.
    pub fn sent_in_english(&self, digits: u8) -> Vec<Locale> {
        let code = "0".repeat(digits.into());
        let fits = |locale: Locale, template: CodeTemplate| {
            let texts = self.codes(&Words::of(locale), template, &code, Duration::ZERO);
            self.own(locale, template.as_str()).is_some() || texts.iter().any(|text| segment::holds(text))
        };
        let has_room = |locale: Locale| CodeTemplate::ALL.iter().all(|template| fits(locale, *template));
        Locale::ALL.iter().copied().filter(|locale| !has_room(*locale)).collect()
    }

    /// Renders an envelope in its own language, or in English where that does not fit one segment.
    pub fn render(&self, envelope: &Envelope) -> Result<String, SmsTextError> {
        match &envelope.body {
            Body::Code { template, code, remaining } => {
                self.code(envelope.locale, *template, code.reveal(), *remaining)
            }
            Body::Notice { template, .. } => self.notice(envelope.locale, *template),
        }
    }

    fn code(
        &self,
        locale: Locale,
        template: CodeTemplate,
        code: &str,
        remaining: Duration,
    ) -> Result<String, SmsTextError> {
        let own = self.own(locale, template.as_str());
        let own = own.map(|own| own.with(code, minutes(remaining)) + &self.last_lines(code));
        first_that_fits(own, locale, |words| self.codes(&words, template, code, remaining))
    }

    fn codes(&self, words: &Words, template: CodeTemplate, code: &str, remaining: Duration) -> [String; 3] {
        let last_lines = self.last_lines(code);
        let sentences = (words.code)(code, (words.purpose)(template), minutes(remaining));
        sentences.map(|sentence| sentence + &last_lines)
    }

    fn notice(&self, locale: Locale, template: NoticeTemplate) -> Result<String, SmsTextError> {
        let own = self.own(locale, template.as_str()).map(|own| own.with("", 0));
        first_that_fits(own, locale, |words| {
            let what = (words.notice)(template);
            let from_host = format!("{}: {what}", self.host);
            [format!("{from_host} {}", words.advice), from_host, what.to_owned()]
        })
    }
}

/// Returns the first text that fits one segment: the operator's, in that language, or else in English.
fn first_that_fits(
    own: Option<String>,
    locale: Locale,
    texts: impl Fn(Words) -> [String; 3],
) -> Result<String, SmsTextError> {
    let ours = [locale, Locale::En].into_iter().flat_map(|locale| texts(Words::of(locale)));
    own.into_iter().chain(ours).find(|text| segment::holds(text)).ok_or(SmsTextError::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "FA+9qCX9VSu";

    #[test]
    fn a_host_that_leaves_no_room_is_refused() {
        for (length, hash, expected) in [
            (92, None, None),
            (93, None, Some(SmsTextError::TooLong)),
            (80, Some(HASH), None),
            (81, Some(HASH), Some(SmsTextError::TooLong)),
        ] {
            let text = SmsText::new("h".repeat(length), hash.map(str::to_owned));

            assert_eq!(text.err(), expected, "{length} {hash:?}");
        }
        assert_eq!(SmsText::new("дверь.example", None), Err(SmsTextError::TooLong));
    }

    #[test]
    fn the_hash_of_an_app_is_eleven_characters_of_base64() {
        for hash in ["", "FA+9qCX9VS", "FA+9qCX9VSu=", "FA+9qCX9VS\n", "FA+9qCX9VS_"] {
            let text = SmsText::new("auth.example.com", Some(hash.to_owned()));

            assert_eq!(text, Err(SmsTextError::AppHash), "{hash:?}");
        }
    }
}
