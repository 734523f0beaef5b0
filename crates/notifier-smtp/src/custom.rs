use std::{collections::BTreeMap, time::Duration};

use doorward_kernel::{EmailAddress, Locale, MessageId, Secret, Timestamp};
use doorward_notifier::{Body, CodeTemplate, Envelope, NoticeTemplate, Recipient, TemplateFault};

use crate::{
    MailContext,
    render::{self, Mail},
    words::LAYOUTS,
};

/// What a template may name: the values of every mail, and what Jinja gives by itself.
const VALUES: [&str; 13] = [
    "code", "minutes", "plural", "detail", "undo", "locale", "service", "host", "accent", "layout", "self", "super",
    "loop",
];
const CODE: &str = "30417256";
const UNDO: &str = "un_AAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl MailContext {
    /// The values of a service of that name at that host, in our words and without a color.
    pub fn new(service_name: impl Into<String>, host: impl Into<String>) -> Self {
        Self { service_name: service_name.into(), host: host.into(), accent: None, templates: BTreeMap::new() }
    }

    /// Takes templates of an operator in place of ours, by name, as in `en/code.login`, `en/code` or `layout.html`.
    ///
    /// Refused unless each is one of ours by its name, names values that there are, and renders with every message
    /// that it is for, with the code or the key in it.
    pub fn with_templates(mut self, templates: BTreeMap<String, String>) -> Result<Self, Vec<TemplateFault>> {
        let faults = templates.iter().filter_map(|(name, source)| {
            let problem = if is_ours(name) { problem(source) } else { Some("is the name of no template".to_owned()) };
            problem.map(|problem| TemplateFault::new(name, problem))
        });
        let faults: Vec<_> = faults.collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        self.templates = templates;
        let mut faults: BTreeMap<String, String> = BTreeMap::new();
        for envelope in Locale::ALL.iter().filter(|locale| self.concerns(**locale)).flat_map(|locale| samples(*locale))
        {
            if let Err(problem) = self.judge(&envelope) {
                faults.entry(self.culprit(&envelope, &problem)).or_insert(problem.text);
            }
        }
        let faults: Vec<_> = faults.iter().map(|(name, problem)| TemplateFault::new(name, problem)).collect();
        if faults.is_empty() { Ok(self) } else { Err(faults) }
    }

    /// The operator's source of a template, or else ours.
    pub(crate) fn template<'a>(&'a self, name: &str, ours: &'a str) -> &'a str {
        self.templates.get(name).map_or(ours, String::as_str)
    }

    fn concerns(&self, locale: Locale) -> bool {
        let of_locale = format!("{}/", locale.as_str());
        self.templates.keys().any(|name| name.starts_with("layout.") || name.starts_with(&of_locale))
    }

    fn judge(&self, envelope: &Envelope) -> Result<(), Problem> {
        let Mail { subject, text, html } = render::mail(envelope, self).map_err(|error| {
            let at = error.0.name().unwrap_or_default().to_owned();
            Problem { at, text: told(&error.0) }
        })?;
        let problem = |text: &str| Err(Problem { at: String::new(), text: text.to_owned() });
        if subject.is_empty() || subject.contains('\n') {
            return problem("must make a subject of one line");
        }
        let (must_show, what) = match &envelope.body {
            Body::Code { .. } => (CODE, "must show {{ code }}, as text and as HTML"),
            Body::Notice { undo: Some(_), .. } => {
                (UNDO, "must show {{ undo }} where there is one, as text and as HTML")
            }
            Body::Notice { undo: None, .. } => ("", ""),
        };
        if [text, html].iter().all(|part| part.contains(must_show)) { Ok(()) } else { problem(what) }
    }

    /// The operator's template that a problem is most likely of: where it arose, or else the most special one.
    fn culprit(&self, envelope: &Envelope, problem: &Problem) -> String {
        let name = render::name(envelope);
        let base = name.split_once('.').map(|(base, _)| base.to_owned()).unwrap_or_default();
        let layouts = LAYOUTS.iter().map(|(layout, _)| (*layout).to_owned());
        let mut candidates = [problem.at.clone(), name, base].into_iter().chain(layouts);
        candidates.find(|name| self.templates.contains_key(name)).unwrap_or_default()
    }
}

/// What is wrong with a mail, and the template in which that arose, if one is known.
struct Problem {
    at: String,
    text: String,
}

/// Returns whether one of our templates has that name.
fn is_ours(name: &str) -> bool {
    let is_layout = LAYOUTS.iter().any(|(layout, _)| *layout == name);
    is_layout
        || name.split_once('/').is_some_and(|(locale, template)| {
            let is_template = CodeTemplate::parse(template).is_some() || NoticeTemplate::parse(template).is_some();
            Locale::ALL.iter().any(|known| known.as_str() == locale)
                && (is_template || matches!(template, "code" | "notice"))
        })
}

/// What is wrong with a template by itself.
fn problem(source: &str) -> Option<String> {
    let environment = render::empty_environment().ok()?;
    match environment.template_from_named_str("template", source) {
        Err(error) => Some(told(&error)),
        Ok(template) => {
            let named = template.undeclared_variables(false);
            let mut unknown: Vec<_> = named.iter().filter(|name| !VALUES.contains(&name.as_str())).collect();
            unknown.sort();
            let unknown = unknown.first()?;
            Some(format!("names `{unknown}`; the values are {}", VALUES.join(", ")))
        }
    }
}

fn told(error: &minijinja::Error) -> String {
    let line = error.line().map(|line| format!("line {line}: ")).unwrap_or_default();
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!("{line}{}{detail}", error.kind())
}

/// Every message in a language, with and without what may be missing.
fn samples(locale: Locale) -> impl Iterator<Item = Envelope> {
    let code = |template| {
        [1, 10].map(|minutes| Body::Code {
            template,
            code: Secret::new(CODE.to_owned()),
            remaining: Duration::from_mins(minutes),
        })
    };
    let notice = |template| {
        [(false, false), (false, true), (true, false), (true, true)].map(|(has_detail, has_undo)| Body::Notice {
            template,
            detail: has_detail.then(|| "a***@example.com".to_owned()),
            undo: has_undo.then(|| Secret::new(UNDO.to_owned())),
        })
    };
    let codes = CodeTemplate::ALL.iter().copied().flat_map(code);
    let bodies = codes.chain(NoticeTemplate::ALL.iter().copied().flat_map(notice));
    bodies.filter_map(move |body| {
        Some(Envelope {
            id: MessageId::from_bytes([0; 16]),
            recipient: Recipient::Email(EmailAddress::parse("ada@example.com").ok()?),
            locale,
            body,
            expires_at: Timestamp::from_micros(0),
            report_token: String::new(),
        })
    })
}
