//! The words of a call that says a code.

use std::collections::BTreeMap;

use doorward_kernel::Locale;

use crate::{
    Body, CodeTemplate, Envelope, TemplateFault, minutes,
    sentence::{About, Sentence},
    words::Words,
};

/// Renders codes as what a call says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallText {
    service: String,
    /// Sentences of the operator, by language and template, as in `en/code.login`.
    sentences: BTreeMap<String, Sentence>,
}

impl CallText {
    /// Texts in which the service has that name.
    pub fn new(service: impl Into<String>) -> Self {
        Self { service: service.into(), sentences: BTreeMap::new() }
    }

    /// Takes sentences of an operator in place of ours, by language and template, as in `en/code.login`.
    ///
    /// Refused unless each is for a code and names values that there are.
    pub fn with_sentences(self, host: &str, sentences: &BTreeMap<String, String>) -> Result<Self, Vec<TemplateFault>> {
        let judge = |_: &Sentence, about| match about {
            About::Code => Ok(()),
            About::Notice => Err("is the name of no call".to_owned()),
        };
        let sentences = Sentence::parse_all(sentences, (&self.service, host), judge)?;
        Ok(Self { sentences, ..self })
    }

    /// What a call says once: who calls, what the code is for, and its digits one by one. `None` for a notice, as
    /// nobody is called for one.
    pub fn render(&self, envelope: &Envelope) -> Option<String> {
        let Body::Code { template, code, remaining } = &envelope.body else { return None };
        let digits = code.reveal().chars().map(String::from).collect::<Vec<_>>().join(" ");
        let ours = || self.sentence(envelope.locale, *template, &digits);
        let own = self.sentences.get(&format!("{}/{}", envelope.locale.as_str(), template.as_str()));
        Some(own.map_or_else(ours, |own| own.with(&digits, minutes(*remaining))))
    }

    fn sentence(&self, locale: Locale, template: CodeTemplate, digits: &str) -> String {
        (Words::of(locale).call)(&self.service, template, digits)
    }
}

/// The tag of a voice that speaks the language, with its country, as speech services name them.
pub const fn language(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "en-US",
        Locale::De => "de-DE",
        Locale::Fr => "fr-FR",
        Locale::Es => "es-ES",
        Locale::Pt => "pt-PT",
        Locale::It => "it-IT",
        Locale::Pl => "pl-PL",
        Locale::Tr => "tr-TR",
        Locale::Ru => "ru-RU",
        Locale::Uk => "uk-UA",
        Locale::Hi => "hi-IN",
        Locale::Ja => "ja-JP",
        Locale::Zh => "cmn-CN",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_language_says_who_calls_what_for_and_the_digits_one_by_one() {
        let text = CallText::new("Acme & Sons");
        for locale in Locale::ALL {
            let said: HashSet<_> =
                CodeTemplate::ALL.iter().map(|template| text.sentence(*locale, *template, "0 4 2 1 3 7")).collect();

            assert_eq!(said.len(), CodeTemplate::ALL.len(), "{said:?}");
            for sentence in said {
                let (before, after) = sentence.split_once(" 0 4 2 1 3 7").unwrap();
                assert!(before.contains("Acme & Sons") && after.chars().count() <= 4, "{sentence}");
            }
        }
    }

    #[test]
    fn every_language_has_a_voice_of_its_own() {
        let mut voices: Vec<_> = Locale::ALL.iter().map(|locale| language(*locale)).collect();
        voices.sort_unstable();
        voices.dedup();
        assert_eq!(voices.len(), Locale::ALL.len());
    }
}
