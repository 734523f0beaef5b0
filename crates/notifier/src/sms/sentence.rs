use crate::{CodeTemplate, NoticeTemplate};

/// A sentence that an operator wrote, with places for what differs from message to message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sentence(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Code,
    Minutes,
}

/// What a sentence is about, which decides the values it may name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Code,
    Notice,
}

impl About {
    /// Returns what the template of that name is about, if there is one.
    pub(super) fn of(template: &str) -> Option<Self> {
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
    pub(super) fn parse(text: &str, about: About, service: &str, host: &str) -> Result<Self, String> {
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

    /// The sentence with that code, which is good for so many minutes.
    pub(super) fn with(&self, code: &str, minutes: u64) -> String {
        let text = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Code => code.to_owned(),
            Part::Minutes => minutes.to_string(),
        };
        self.0.iter().map(text).collect()
    }
}
