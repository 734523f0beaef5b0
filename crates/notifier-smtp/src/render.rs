//! Renders messages as mails.

use std::{collections::BTreeMap, fmt};

use doorward_kernel::Locale;
use doorward_notifier::{Body, Envelope, Plural, minutes};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context, syntax::SyntaxConfig};

use crate::words::{self, Base};

/// Values that every mail shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailContext {
    /// The name that people know the service by.
    pub service_name: String,
    /// The host they see in its address.
    pub host: String,
    /// The color of the operator, as CSS writes it.
    pub accent: Option<String>,
    /// Templates of the operator in place of ours, by name, all of them judged.
    pub(crate) templates: BTreeMap<String, String>,
}

/// A rendered mail; `Debug` is redacted.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The subject, one line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as an HTML document that loads nothing from elsewhere.
    pub html: String,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[mail]")
    }
}

/// Why a message cannot be rendered.
#[derive(Debug, thiserror::Error)]
#[error("the template of the mail does not render")]
pub struct RenderError(#[from] pub(crate) minijinja::Error);

/// Renders an envelope in its own language.
pub fn mail(envelope: &Envelope, context: &MailContext) -> Result<Mail, RenderError> {
    let environment = environment(envelope.locale, context)?;
    let words = match &envelope.body {
        Body::Code { template, .. } => words::code(envelope.locale, *template),
        Body::Notice { template, .. } => words::notice(envelope.locale, *template),
    };
    let words = context.template(&name(envelope), words);
    // The name's ending decides whether values are escaped, so each part has its own.
    let part = |ending: &str| {
        let template = environment.template_from_named_str(ending, words)?;
        template.render(values(envelope, context, &format!("layout.{ending}")))
    };
    Ok(Mail { subject: part("subject")?.trim().to_owned(), text: part("txt")?, html: part("html")? })
}

/// The name of an envelope's template, as in `en/code.login`.
pub(crate) fn name(envelope: &Envelope) -> String {
    let template = match &envelope.body {
        Body::Code { template, .. } => template.as_str(),
        Body::Notice { template, .. } => template.as_str(),
    };
    format!("{}/{template}", envelope.locale.as_str())
}

fn environment(locale: Locale, context: &MailContext) -> Result<Environment<'_>, minijinja::Error> {
    let mut environment = empty_environment()?;
    for (name, source) in words::LAYOUTS {
        environment.add_template(name, context.template(name, source))?;
    }
    for (name, base) in [("code", Base::Code), ("notice", Base::Notice)] {
        let name = format!("{}/{name}", locale.as_str());
        let source = context.template(&name, words::base(locale, base));
        environment.add_template_owned(name, source)?;
    }
    Ok(environment)
}

/// What every template is read and rendered by.
pub(crate) fn empty_environment<'source>() -> Result<Environment<'source>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).build()?);
    environment.set_auto_escape_callback(|name| if name == "html" { AutoEscape::Html } else { AutoEscape::None });
    Ok(environment)
}

fn values(envelope: &Envelope, context: &MailContext, layout: &str) -> Value {
    let (code, minutes, detail, undo) = match &envelope.body {
        Body::Code { code, remaining, .. } => (Some(code.reveal().as_str()), minutes(*remaining), None, None),
        Body::Notice { detail, undo, .. } => {
            (None, 0, detail.as_deref(), undo.as_ref().map(|token| token.reveal().as_str()))
        }
    };
    context! {
        layout,
        code,
        minutes,
        plural => Plural::of(envelope.locale, minutes).as_str(),
        detail,
        undo,
        locale => envelope.locale.as_str(),
        service => &context.service_name,
        host => &context.host,
        accent => &context.accent,
    }
}
