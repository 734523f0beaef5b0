use std::{collections::BTreeSet, fmt::Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    Database, Delivery, Flow, Http, Keys, Limits, Log, Mail, Otp, Password, Phone, Recovery, Retention, Session, Sms,
    Smtp, StepUp, Telemetry, Texts, Token, Twilio, Voice,
    layers::{RawValue, Sources},
    provider_tables, rules,
    setting_errors::SettingErrors,
};

/// Everything an operator can set, a field a section.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "every section says what it is about")]
pub struct Settings {
    pub http: Http,
    pub database: Database,
    pub keys: Keys,
    pub log: Log,
    pub telemetry: Telemetry,
    pub smtp: Smtp,
    pub mail: Mail,
    pub twilio: Twilio,
    pub sms: Sms,
    pub voice: Voice,
    pub texts: Texts,
    pub phone: Phone,
    pub otp: Otp,
    pub flow: Flow,
    pub password: Password,
    pub session: Session,
    pub token: Token,
    pub step_up: StepUp,
    pub recovery: Recovery,
    pub limits: Limits,
    pub delivery: Delivery,
    pub retention: Retention,
}

/// The profile the service is started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// One machine, nothing to configure, loopback only.
    Dev,
    /// Production: what is missing, weak or contradictory is refused.
    Serve,
    /// Bringing the database up to date, which asks for the database alone.
    Migrate,
    /// Operator work on a service that exists; that of `doorward dev` is found without a setting.
    Operate,
}

impl Settings {
    /// Reads and checks the settings.
    pub fn load(profile: Profile, sources: &Sources) -> Result<Self, SettingErrors> {
        let mut faults = SettingErrors::default();
        let Some((mut settings, given)) = Self::read(sources, &mut faults) else { return Err(faults) };
        rules::complete(&mut settings, profile, &given);
        rules::check(&settings, profile, &given, &mut faults);
        if faults.is_empty() { Ok(settings) } else { Err(faults) }
    }

    /// The same, for a service that listens on that port: port 0 in an address means whichever is free.
    pub(crate) fn on_port(mut self, port: u16) -> Self {
        if self.http.public_url.port() == Some(0) {
            let text = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
            let open = text(&self.http.public_url);
            // Only URLs without a host take no port.
            let _ = self.http.public_url.set_port(Some(port));
            for name in [&mut self.token.issuer, &mut self.token.audience] {
                if name.trim_end_matches('/') == open {
                    *name = text(&self.http.public_url);
                }
            }
        }
        self
    }

    /// The full names of all settings, in order, with their defaults.
    pub fn defaults() -> Vec<(String, Value)> {
        let sections = json!(Self::default());
        let sections = sections.as_object().into_iter().flatten();
        let keys = sections.flat_map(|(section, keys)| {
            let keys = keys.as_object().into_iter().flatten();
            keys.map(move |(key, value)| (format!("{section}.{key}"), value.clone()))
        });
        keys.collect()
    }

    /// The settings as a TOML file with secrets redacted.
    pub fn to_toml(&self) -> String {
        let mut toml = String::new();
        for (section, keys) in json!(self).as_object().into_iter().flatten() {
            let _ = writeln!(toml, "[{section}]");
            for (key, value) in keys.as_object().into_iter().flatten() {
                let _ = if value.is_null() {
                    writeln!(toml, "# {key} is not set")
                } else {
                    writeln!(toml, "{key} = {}", toml_of(value))
                };
            }
            toml.push('\n');
        }
        toml
    }

    /// Each value is read by itself, so that one that is wrong hides no other; `None` where the file cannot be read.
    fn read(sources: &Sources, faults: &mut SettingErrors) -> Option<(Self, BTreeSet<String>)> {
        let defaults = Self::defaults();
        let mut sections = Map::new();
        let mut names = BTreeSet::new();
        for (name, given) in sources.collect(faults)? {
            let (section, key) = name.split_once('.').unwrap_or((&name, ""));
            if !defaults.iter().any(|(known, _)| *known == name) {
                faults.add(&name, unknown(section, &defaults));
                continue;
            }
            let value = if provider_tables::LISTS.contains(&name.as_str()) {
                provider_tables::read(&name, given, faults)
            } else {
                read_value(section, key, given).map_err(|problem| faults.add(&name, problem)).ok()
            };
            let section = sections.entry(section).or_insert_with(|| json!({})).as_object_mut();
            if let (Some(section), Some(value)) = (section, value) {
                section.insert(key.to_owned(), value);
            }
            names.insert(name);
        }
        let settings = Self::deserialize(Value::Object(sections)).unwrap_or_else(|error| {
            faults.add("settings", explain(&error));
            Self::default()
        });
        Some((settings, names))
    }
}

/// The JSON of texts, numbers, switches and lists of them is TOML too; tables are written otherwise, and cannot
/// hold nothing.
fn toml_of(value: &Value) -> String {
    match value {
        Value::Object(table) => {
            let given = table.iter().filter(|(_, value)| !value.is_null());
            let pairs: Vec<_> = given.map(|(key, value)| format!("{} = {}", json!(key), toml_of(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(toml_of).collect::<Vec<_>>().join(",")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

fn unknown(section: &str, defaults: &[(String, Value)]) -> String {
    let names = defaults.iter().filter_map(|(name, _)| name.split_once('.'));
    let keys: Vec<&str> = names.clone().filter(|(known, _)| *known == section).map(|(_, key)| key).collect();
    if keys.is_empty() {
        let mut sections: Vec<&str> = names.map(|(section, _)| section).collect();
        sections.dedup();
        format!("is not a setting; the sections are: {}", sections.join(", "))
    } else {
        format!("is not a setting; `{section}` has: {}", keys.join(", "))
    }
}

fn read_value(section: &str, key: &str, given: RawValue) -> Result<Value, String> {
    let try_value = |value: Value| match Settings::deserialize(json!({ section: { key: value.clone() } })) {
        Ok(_) => Ok(value),
        Err(error) => Err(explain(&error)),
    };
    match given {
        RawValue::Typed(value) => try_value(value),
        // A text is tried first, so that a secret of digits alone stays as it is.
        RawValue::Text(text) => try_value(json!(text)).or_else(|problem| match serde_json::from_str(&text) {
            Ok(value) => try_value(value),
            Err(_) if problem.contains("list") => Err(format!("{problem}; the environment has lists as JSON")),
            Err(_) => Err(problem),
        }),
    }
}

/// Says what a value must be, without what it is: that may be a secret in the wrong place.
pub(super) fn explain(error: &serde_json::Error) -> String {
    let message = error.to_string();
    // The last one, as the value may hold the same words.
    let Some((_, expected)) = message.rsplit_once(", expected ") else { return message };
    let expected = match expected {
        "u8" | "u32" | "u64" | "usize" => "a whole number",
        "a boolean" => "true or false",
        "a string" => "a text",
        other => other,
    };
    format!("must be {expected}")
}
