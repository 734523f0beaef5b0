use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use config::{Config, ConfigError, Environment, File, FileFormat, Source};
use serde_json::Value;

use super::{
    provider_tables::{self, LISTS},
    secret_file,
    setting_errors::SettingErrors,
};

/// The settings that may also be given as `…_file`, the path of a file that holds them.
const SECRETS: [&str; 6] = [
    "database.url",
    "keys.root_secret",
    "keys.former_root_secret",
    "smtp.url",
    "twilio.auth_token",
    "twilio.api_key_secret",
];

/// The sources of settings; later ones win: the defaults, the file, the environment.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A TOML file.
    pub file: Option<PathBuf>,
    /// Variables by their names, as in `DOORWARD__HTTP__LISTEN`; others are ignored.
    pub environment: HashMap<String, String>,
}

/// The value given for a setting, not parsed yet.
pub(super) enum RawValue {
    /// A value of the file.
    Typed(Value),
    /// The text of a variable or of a secret's own file.
    Text(String),
}

/// The values given, by the full names of settings.
pub(super) type Layer = BTreeMap<String, RawValue>;

impl Sources {
    /// The file that was asked for, else `doorward.toml` where there is one; and this process's environment.
    ///
    /// Variables that are no Unicode cannot be settings of ours.
    #[allow(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn of_process(file: Option<PathBuf>) -> Self {
        let usual = || Some(PathBuf::from("doorward.toml")).filter(|path| path.exists());
        let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self { file: file.or_else(usual), environment: std::env::vars_os().filter_map(unicode).collect() }
    }

    /// The same for a service on that port of loopback, whatever is given; operators get a free port.
    pub fn on_port(mut self, port: u16) -> Self {
        for (name, port) in [("DOORWARD__HTTP__LISTEN", port), ("DOORWARD__HTTP__OPS_LISTEN", 0)] {
            self.environment.insert(name.to_owned(), format!("127.0.0.1:{port}"));
        }
        self
    }

    /// All that was given, with secrets fetched from their files; `None` where the file cannot be read, as nobody knows
    /// then what it sets.
    pub(super) fn collect(&self, faults: &mut SettingErrors) -> Option<Layer> {
        let mut given = match &self.file {
            Some(path) => file_layer(path, faults)?,
            None => Layer::new(),
        };
        let mut environment = self.environment_layer();
        for layer in [&mut given, &mut environment] {
            fetch_secrets(layer, faults);
        }
        given.extend(environment);
        Some(given)
    }

    fn environment_layer(&self) -> Layer {
        let source = Environment::with_prefix("DOORWARD")
            .prefix_separator("__")
            .separator("__")
            .ignore_empty(true)
            .source(Some(self.environment.clone()));
        let texts = source.collect().unwrap_or_default();
        texts.into_iter().filter_map(|(name, text)| Some((name, RawValue::Text(text.into_string().ok()?)))).collect()
    }
}

fn file_layer(path: &Path, faults: &mut SettingErrors) -> Option<Layer> {
    let sections = match read_toml(path) {
        Ok(sections) => sections,
        Err(error) => {
            // The rest of a parser's message shows the line, which may hold a secret.
            let reason = error.to_string();
            faults.add(&path.display().to_string(), reason.lines().next().unwrap_or_default());
            return None;
        }
    };
    let mut layer = Layer::new();
    for (section, values) in sections {
        let Value::Object(values) = values else {
            faults.add(&section, "must be in a section, like [http]");
            continue;
        };
        layer.extend(values.into_iter().map(|(key, value)| (format!("{section}.{key}"), RawValue::Typed(value))));
    }
    check_inline(&layer, path, faults);
    Some(layer)
}

fn read_toml(path: &Path) -> Result<BTreeMap<String, Value>, ConfigError> {
    Config::builder().add_source(File::from(path).format(FileFormat::Toml)).build()?.try_deserialize()
}

fn fetch_secrets(layer: &mut Layer, faults: &mut SettingErrors) {
    for secret in SECRETS {
        let setting = format!("{secret}_file");
        let path = match layer.remove(&setting) {
            None => continue,
            Some(RawValue::Text(path) | RawValue::Typed(Value::String(path))) => path,
            Some(RawValue::Typed(_)) => {
                faults.add(&setting, "must be the path of a file");
                continue;
            }
        };
        faults.unless(!layer.contains_key(secret), &setting, format!("must not be set together with {secret}"));
        match secret_file::read(Path::new(&path)) {
            Ok(text) => {
                layer.entry(secret.to_owned()).or_insert(RawValue::Text(text));
            }
            Err(problem) => {
                faults.add(&setting, problem);
                faults.add(secret, "could not be read from its file");
            }
        }
    }
}

/// Secrets in a file that everybody reads are none.
fn check_inline(layer: &Layer, path: &Path, faults: &mut SettingErrors) {
    let Err(problem) = secret_file::check(path) else { return };
    for (setting, given) in layer {
        if LISTS.contains(&setting.as_str()) && holds_secrets(given) {
            faults.add(setting, format!("holds secrets in {}, which {problem}; or use their _file", path.display()));
        }
        if SECRETS.contains(&setting.as_str()) && holds_secret(setting, given) {
            faults.add(setting, format!("stands in {}, which {problem}; or use {setting}_file", path.display()));
        }
    }
}

/// Returns whether a list of providers has a secret in it.
fn holds_secrets(given: &RawValue) -> bool {
    let RawValue::Typed(Value::Array(providers)) = given else { return true };
    let of_providers = providers.iter().filter_map(Value::as_object).flatten();
    let mut secrets = of_providers.filter(|(key, _)| provider_tables::SECRETS.contains(&key.as_str()));
    secrets.any(|(key, value)| {
        let text = RawValue::Typed(value.clone());
        holds_secret(&format!("provider.{key}"), &text)
    })
}

/// Returns whether it is a secret, as a URL without a password is not.
fn holds_secret(setting: &str, given: &RawValue) -> bool {
    let (RawValue::Text(text) | RawValue::Typed(Value::String(text))) = given else { return true };
    let user = text.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).map_or("", |(user, _)| user);
    let is_url = setting.split_once('.').is_some_and(|(_, key)| key == "url");
    !is_url || user.contains(':') || text.contains("password=")
}
