//! Settings: which are refused, where they come from, and that the manual lists them all.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod profiles;
mod providers;
mod refusals;
mod shown;
mod sources;
mod texts;

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use doorward_server::settings::{Profile, SettingErrors, Settings, Sources};

const SECRET: &str = "v7Cq0q6mW3kqkXc2bqA0m1r8oY5yJc4n9uLzT6dQeXs=";

/// The least that `serve` starts with.
const SERVE: [(&str, &str); 9] = [
    ("http.public_url", "https://auth.example.com"),
    ("database.url", "postgres://doorward:hunter2@db.example.com/doorward?sslmode=verify-full"),
    ("keys.root_secret", SECRET),
    ("smtp.url", "smtps://mailer:hunter2@mail.example.com"),
    ("smtp.from", "Example <no-reply@example.com>"),
    ("twilio.account_sid", "AC00000000000000000000000000000000"),
    ("twilio.auth_token", "hunter2hunter2"),
    ("twilio.from", "+14155550100"),
    ("sms.allowed_countries", r#"["US", "GB"]"#),
];

fn environment(settings: &[(&str, &str)]) -> Sources {
    let variable = |(name, value): &(&str, &str)| {
        (format!("DOORWARD__{}", name.to_uppercase().replace('.', "__")), (*value).to_owned())
    };
    Sources { file: None, environment: settings.iter().map(variable).collect() }
}

/// Settings that `serve` accepts, with some changed; an empty value leaves one out.
fn serve_with(changes: &[(&str, &str)]) -> Result<Settings, SettingErrors> {
    Settings::load(Profile::Serve, &environment(&[&SERVE, changes].concat()))
}

fn dev_with(settings: &[(&str, &str)]) -> Result<Settings, SettingErrors> {
    Settings::load(Profile::Dev, &environment(settings))
}

fn refused(result: Result<Settings, SettingErrors>) -> Vec<String> {
    result.unwrap_err().list().iter().map(|fault| fault.setting.clone()).collect()
}

fn file(folder: &Path, name: &str, text: &str, mode: u32) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}
