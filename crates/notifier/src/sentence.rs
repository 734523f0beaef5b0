use std::collections::BTreeMap;

use doorward_kernel::Locale;

use crate::{CodeTemplate, NoticeTemplate, TemplateFault};

/// A sentence that an operator wrote, with places for what differs from message to message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sentence(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Code,
    Minutes,
}

/// What a sentence is about, which decides the values it may name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    Code,
    Notice,
}

impl About {
    /// Returns what the template of that name is about, if there is one.
    fn of(template: &str) -> Option<Self> {
        let notice = || NoticeTemplate::parse(template).map(|_| Self::Notice);
        CodeTemplate::parse(template).map(|_| Self::Code).or_else(notice)
    }

    const fn values(self) -> &'static str {
        match self {
            Self::Code => "code, minutes, service, host",
            Self::Notice => "service, host",
        }
    }
}

impl Sentence {
    /// Reads a sentence with values as in `{{ code }}`; `service` and `host` are the same in all messages.
    fn parse(text: &str, about: About, service: &str, host: &str) -> Result<Self, String> {
        let (mut parts, mut rest) = (Vec::new(), text.trim());
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or("has a `{{` that nothing closes")?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(match (name.trim(), about) {
                ("code", About::Code) => Part::Code,
                ("minutes", About::Code) => Part::Minutes,
                ("service", _) => Part::Text(service.to_owned()),
                ("host", _) => Part::Text(host.to_owned()),
                (name, _) => return Err(format!("names `{name}`; the values here are {}", about.values())),
            });
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        if about == About::Code && !parts.contains(&Part::Code) {
            return Err("must show {{ code }}".to_owned());
        }
        Ok(Self(parts))
    }

    /// Reads sentences by language and template, as in `en/code.login`, each of which `judge` must take.
    pub(crate) fn parse_all(
        texts: &BTreeMap<String, String>,
        (service, host): (&str, &str),
        judge: impl Fn(&Self, About) -> Result<(), String>,
    ) -> Result<BTreeMap<String, Self>, Vec<TemplateFault>> {
        let (mut sentences, mut faults) = (BTreeMap::new(), Vec::new());
        for (name, text) in texts {
            let sentence = about(name).and_then(|about| {
                let sentence = Self::parse(text, about, service, host)?;
                judge(&sentence, about).map(|()| sentence)
            });
            match sentence {
                Ok(sentence) => drop(sentences.insert(name.clone(), sentence)),
                Err(problem) => faults.push(TemplateFault::new(name, problem)),
            }
        }
        if faults.is_empty() { Ok(sentences) } else { Err(faults) }
    }

    /// The sentence with that code, which is good for so many minutes.
    pub(crate) fn with(&self, code: &str, minutes: u64) -> String {
        let text = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Code => code.to_owned(),
            Part::Minutes => minutes.to_string(),
        };
        self.0.iter().map(text).collect()
    }
}

fn about(name: &str) -> Result<About, String> {
    let (locale, template) = name.split_once('/').unwrap_or_default();
    let is_locale = Locale::ALL.iter().any(|known| known.as_str() == locale);
    About::of(template).filter(|_| is_locale).ok_or_else(|| "is the name of no text".to_owned())
}
