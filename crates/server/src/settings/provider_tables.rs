//! The tables of `sms.providers` and `mail.providers`, read key by key, so that one that is wrong hides no other.

use std::{collections::BTreeSet, path::Path};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{
    Common, Gateway, MailProvider, Twilio, layers::RawValue, load::explain, secret_file, setting_errors::SettingErrors,
};

/// The lists of providers.
pub(super) const LISTS: [&str; 2] = [SMS, MAIL];

/// The settings of a provider that may also be given as `…_file`.
pub(super) const SECRETS: [&str; 4] = ["url", "auth_token", "api_key_secret", "secret"];

const SMS: &str = "sms.providers";
const MAIL: &str = "mail.providers";

/// The settings that a provider of SMS has whatever its kind.
const COMMON: [&str; 5] = ["name", "countries", "channels", "timeout", "prices"];

/// Gives what can be read of a list of providers and notes the rest, each fault under its provider and key.
///
/// A provider is called by its name in faults, and one that has no name of its own by its place in the list, as `#2`;
/// that becomes its name. One of no known kind is left out, as nothing can be said of the settings of its own.
pub(super) fn read(list: &str, given: RawValue, faults: &mut SettingErrors) -> Option<Value> {
    let tables = match given {
        RawValue::Typed(tables) => serde_json::from_value(tables),
        RawValue::Text(text) => serde_json::from_str(&text),
    };
    let Ok(tables) = tables else {
        faults.add(list, "must be a list of tables; the environment has lists as JSON");
        return None;
    };
    let tables: Vec<Map<String, Value>> = tables;
    let mut names = BTreeSet::new();
    let providers = tables.into_iter().zip(1..).filter_map(|(mut table, place)| {
        let section = call(&mut table, list, place, &mut names, faults);
        fetch_secrets(&mut table, &section, faults);
        let is_known = keep_readable(&mut table, list, &section, faults);
        is_known.then_some(Value::Object(table))
    });
    Some(providers.collect())
}

/// Returns whether a name is one of a provider.
pub(super) fn is_name(name: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&name.len()) && name.bytes().all(is_sign)
}

/// Makes sure that a provider has a name of its own, and gives the section that its settings are told under.
fn call(
    table: &mut Map<String, Value>,
    list: &str,
    place: usize,
    names: &mut BTreeSet<String>,
    faults: &mut SettingErrors,
) -> String {
    let name = table.get("name").and_then(Value::as_str).filter(|name| is_name(name)).map(str::to_owned);
    let problem = match name {
        Some(name) if names.insert(name.clone()) => return format!("{list}.{name}"),
        Some(name) => format!("must be its own, and {name} is another's"),
        None => "must be lower-case letters, digits and dashes, 32 at most".to_owned(),
    };
    let section = format!("{list}.#{place}");
    faults.add(&format!("{section}.name"), problem);
    table.insert("name".to_owned(), json!(format!("#{place}")));
    section
}

fn fetch_secrets(table: &mut Map<String, Value>, section: &str, faults: &mut SettingErrors) {
    for secret in SECRETS {
        let Some(path) = table.remove(&format!("{secret}_file")) else { continue };
        let setting = format!("{section}.{secret}_file");
        let is_alone = !table.contains_key(secret);
        faults.unless(is_alone, &setting, format!("must not be set together with {section}.{secret}"));
        let text = match path.as_str() {
            Some(path) => secret_file::read(Path::new(path)),
            None => Err("must be the path of a file".to_owned()),
        };
        match text {
            Ok(text) => {
                table.entry(secret).or_insert(Value::String(text));
            }
            Err(problem) => {
                faults.add(&setting, problem);
                faults.add(&format!("{section}.{secret}"), "could not be read from its file");
            }
        }
    }
}

/// Takes out what cannot be read; returns whether the kind is known.
fn keep_readable(table: &mut Map<String, Value>, list: &str, section: &str, faults: &mut SettingErrors) -> bool {
    let kind = table.get("kind").and_then(Value::as_str);
    let of_kind = match (list, kind) {
        (MAIL, _) => Some(fault::<MailProvider> as Fault),
        (_, Some("twilio")) => Some(fault::<Twilio> as Fault),
        (_, Some("http")) => Some(fault::<Gateway> as Fault),
        _ => None,
    };
    faults.unless(of_kind.is_some(), &format!("{section}.kind"), r#"must be "twilio" or "http""#);
    table.retain(|key, value| {
        let problem = match of_kind {
            _ if list == SMS && key == "kind" => None,
            _ if list == SMS && COMMON.contains(&key.as_str()) => fault::<Common>(key, value),
            Some(fault) => fault(key, value),
            None => None,
        };
        let is_readable = problem.is_none();
        if let Some(problem) = problem {
            faults.add(&format!("{section}.{key}"), problem);
        }
        is_readable
    });
    of_kind.is_some()
}

type Fault = fn(&str, &Value) -> Option<String>;

/// Says why those settings cannot have that value at that key.
fn fault<T: DeserializeOwned>(key: &str, value: &Value) -> Option<String> {
    let error = T::deserialize(json!({ key: value })).err()?;
    let is_unknown = error.to_string().starts_with("unknown field");
    Some(if is_unknown { "is not a setting of such a provider".to_owned() } else { explain(&error) })
}
