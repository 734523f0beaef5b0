use std::time::Duration;

use doorward_kernel::Locale;

use super::{segment, words::Words};
use crate::{Body, CodeTemplate, Envelope, NoticeTemplate, minutes};

/// Characters of an Android app's hash (SMS Retriever API).
const APP_HASH: usize = 11;

/// Renders messages as SMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsText {
    host: String,
    app_hash: Option<String>,
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
        let text = Self { host: host.into(), app_hash };
        for locale in Locale::ALL {
            for template in CodeTemplate::ALL {
                text.code(*locale, *template, "00000000", Duration::ZERO)?;
            }
        }
        Ok(text)
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
        let hash = self.app_hash.as_ref().map(|hash| format!("{hash}\n")).unwrap_or_default();
        first_that_fits(locale, |words| {
            let sentences = (words.code)(code, (words.purpose)(template), minutes(remaining));
            sentences.map(|sentence| format!("{sentence}\n\n{hash}@{} #{code}", self.host))
        })
    }

    fn notice(&self, locale: Locale, template: NoticeTemplate) -> Result<String, SmsTextError> {
        first_that_fits(locale, |words| {
            let what = (words.notice)(template);
            let from_host = format!("{}: {what}", self.host);
            [format!("{from_host} {}", words.advice), from_host, what.to_owned()]
        })
    }
}

/// Returns the first text that fits one segment, in that language or else in English.
fn first_that_fits(locale: Locale, texts: impl Fn(Words) -> [String; 3]) -> Result<String, SmsTextError> {
    let mut texts = [locale, Locale::En].into_iter().flat_map(|locale| texts(Words::of(locale)));
    texts.find(|text| segment::holds(text)).ok_or(SmsTextError::TooLong)
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
