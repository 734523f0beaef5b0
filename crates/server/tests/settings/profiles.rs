//! The profiles: what dev, serve and migrate start with.

use std::path::Path;

use doorward_server::settings::{Countries, DatabaseUrl, LogFormat, Profile, Settings, Sources};

use super::{dev_with, environment, refused, serve_with};

#[test]
fn dev_starts_with_nothing_at_all() {
    let settings = dev_with(&[]).unwrap();

    assert_eq!(settings.http.public_url.as_str(), "http://localhost:8080/");
    assert_eq!(settings.token.issuer, "http://localhost:8080");
    assert_eq!(settings.log.format, LogFormat::Text);
    assert_eq!(settings.sms.allowed_countries, Countries::Every);
    assert!(settings.database.migrate);
    assert!(settings.keys.root_secret.is_none());
    assert!(
        matches!(settings.database.url, DatabaseUrl::Sqlite(path) if path == Path::new("./doorward-data/doorward.db"))
    );
}

#[test]
fn dev_trusts_its_own_machine_and_keeps_every_other_limit() {
    let dev = dev_with(&[("limits.net_sends", "7/1h")]).unwrap().limits;
    let serve = serve_with(&[]).unwrap().limits;

    assert!(dev.ip_credentials.is_off() && dev.ip_failures.is_off() && dev.ip_sends.is_off());
    assert_eq!(dev.net_sends.texts(), ["7/1h"]);
    assert_eq!((&dev.email, &dev.sms), (&serve.email, &serve.sms));
    assert_eq!(serve.ip_failures.texts(), ["20/10m", "60/1h"]);
}

#[test]
fn dev_is_for_this_machine_alone() {
    let result = dev_with(&[("http.listen", "0.0.0.0:8080"), ("http.ops_listen", "192.0.2.1:9090")]);

    assert_eq!(refused(result), ["http.listen", "http.ops_listen"]);
    assert!(dev_with(&[("http.listen", "[::1]:0"), ("http.ops_listen", "127.0.0.2:0")]).is_ok());
}

#[test]
fn serve_names_everything_that_it_lacks_at_once() {
    let result = Settings::load(Profile::Serve, &Sources::default());

    assert_eq!(
        refused(result),
        [
            "http.public_url",
            "database.url",
            "keys.root_secret",
            "smtp.url",
            "smtp.from",
            "twilio.account_sid",
            "sms.allowed_countries",
            "twilio.from",
            "twilio.auth_token",
        ]
    );
}

#[test]
fn migrating_asks_for_a_database_and_nothing_else() {
    let load = |settings: &[(&str, &str)]| Settings::load(Profile::Migrate, &environment(settings));

    assert_eq!(refused(load(&[])), ["database.url"]);
    assert!(load(&[("database.url", "sqlite://doorward.db")]).is_ok());
    assert_eq!(refused(load(&[("database.url", "postgres://db.example.com/doorward")])), ["database.url"]);
}

#[test]
fn serve_starts_with_what_it_requires() {
    let settings = serve_with(&[]).unwrap();

    assert_eq!(settings.token.audience, "https://auth.example.com");
    assert!(settings.keys.root_secret.is_some());
    assert!(!settings.database.migrate);
}
