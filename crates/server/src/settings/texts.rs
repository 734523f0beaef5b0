use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use doorward_notifier::{
    TemplateFault,
    sms::{SmsText, SmsTextError},
    voice::CallText,
};
use doorward_notifier_smtp::MailContext;
use serde::{Deserialize, Serialize};

use super::{
    Settings,
    setting_errors::SettingErrors,
    text::{self, Text},
};

/// The longest name of a service, which stands in subjects and in authenticator apps.
const LONGEST_NAME: usize = 40;

/// `texts`: the name, the look and the words by which people know the service.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Texts {
    /// The name of the service in mails, calls and authenticator apps.
    pub service: String,
    /// The color of mails.
    #[serde(with = "text::option")]
    pub accent: Option<Color>,
    /// A folder with templates in place of ours.
    pub folder: Option<PathBuf>,
}

/// A color, as CSS writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Color(String);

impl Text for Color {
    const FORM: &'static str = "a color like #0a7d5a";

    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let is_color = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        is_color.then(|| Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl Default for Texts {
    fn default() -> Self {
        Self { service: "Doorward".to_owned(), accent: None, folder: None }
    }
}

/// The files of a folder, by the names of the templates that they stand for.
#[derive(Default)]
struct Folder {
    mail: BTreeMap<String, String>,
    sms: BTreeMap<String, String>,
    voice: BTreeMap<String, String>,
}

impl Folder {
    /// The templates that a file of that name belongs to, and the name of the one that it stands for.
    fn place<'n>(&mut self, name: &'n str) -> Option<(&mut BTreeMap<String, String>, &'n str)> {
        let (channel, rest) = name.split_once('/')?;
        match channel {
            "mail" => Some((&mut self.mail, rest.strip_suffix(".jinja")?)),
            "sms" => Some((&mut self.sms, rest.strip_suffix(".txt")?)),
            "voice" => Some((&mut self.voice, rest.strip_suffix(".txt")?)),
            _ => None,
        }
    }
}

impl Texts {
    pub(super) fn check(settings: &Settings, faults: &mut SettingErrors) {
        let service = &settings.texts.service;
        let is_name = !service.trim().is_empty()
            && service.chars().count() <= LONGEST_NAME
            && !service.chars().any(|c| c.is_control() || "<>\":".contains(c));
        faults.unless(is_name, "texts.service", "must be a name of 1 to 40 characters, without <, >, \" and :");
        let mails = settings.mail_context().map(drop);
        let sms = settings.sms_text().map_or(Ok(()), |text| settings.with_own_sentences(text).map(drop));
        let calls = settings.call_text().map(drop);
        let mut problems: Vec<_> = [mails, sms, calls].into_iter().filter_map(Result::err).flatten().collect();
        // A folder that cannot be read fails all.
        problems.dedup();
        faults.unless(problems.is_empty(), "texts.folder", problems.join("; "));
    }

    /// Reads `mail/….jinja`, `sms/….txt` and `voice/….txt`; every other file is a fault.
    fn read(&self) -> Result<Folder, Vec<String>> {
        let mut found = Folder::default();
        let Some(folder) = &self.folder else { return Ok(found) };
        let files = files(folder).map_err(|error| vec![format!("{} cannot be read: {error}", folder.display())])?;
        let mut faults = Vec::new();
        for path in files {
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
            match (fs::read_to_string(&path), found.place(&name)) {
                (Err(error), _) => faults.push(format!("{name} cannot be read: {error}")),
                (Ok(text), Some((templates, template))) => drop(templates.insert(template.to_owned(), text)),
                (Ok(_), None) => faults.push(format!("{name} must be mail/….jinja, sms/….txt or voice/….txt")),
            }
        }
        if faults.is_empty() { Ok(found) } else { Err(faults) }
    }
}

impl Settings {
    /// What mails show; or what is wrong with each template, with the name of its file.
    pub(crate) fn mail_context(&self) -> Result<MailContext, Vec<String>> {
        let templates = self.texts.read()?.mail;
        let mut context = MailContext::new(&self.texts.service, self.public_host());
        context.accent = self.texts.accent.as_ref().map(Text::show);
        context.with_templates(templates).map_err(|faults| named(&faults, "mail", "jinja"))
    }

    /// The texts of SMS as they are without the operator's sentences.
    pub(crate) fn sms_text(&self) -> Result<SmsText, SmsTextError> {
        let host = self.sms.autofill_host.clone().unwrap_or_else(|| self.public_host());
        SmsText::new(host, self.sms.android_hash.clone())
    }

    /// The words of calls, the operator's among them; or what is wrong with each, with the name of its file.
    pub(crate) fn call_text(&self) -> Result<CallText, Vec<String>> {
        let sentences = self.texts.read()?.voice;
        let texts = CallText::new(&self.texts.service).with_sentences(&self.public_host(), &sentences);
        texts.map_err(|faults| named(&faults, "voice", "txt"))
    }

    /// The host of the public address, which texts name.
    fn public_host(&self) -> String {
        self.http.public_url.host_str().unwrap_or("localhost").to_owned()
    }

    /// The same with the operator's sentences; or what is wrong with each, with the name of its file.
    pub(crate) fn with_own_sentences(&self, text: SmsText) -> Result<SmsText, Vec<String>> {
        let sentences = self.texts.read()?.sms;
        text.with_sentences(&self.texts.service, &sentences).map_err(|faults| named(&faults, "sms", "txt"))
    }
}

fn named(faults: &[TemplateFault], folder: &str, ending: &str) -> Vec<String> {
    faults.iter().map(|TemplateFault { name, problem }| format!("{folder}/{name}.{ending} {problem}")).collect()
}

/// Every file under a folder, in order, but those whose names begin with a dot.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if !is_hidden {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
