//! Settings: which are refused, where they come from, and that the manual knows them all.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::HashMap, fs, os::unix::fs::PermissionsExt, path::Path};

use config::{Config, File, FileFormat};
use doorward_server::settings::{Countries, DatabaseUrl, Faults, LogFormat, Profile, Settings, Sources};
use serde_json::Value;

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
fn serve_with(changes: &[(&str, &str)]) -> Result<Settings, Faults> {
    Settings::load(Profile::Serve, &environment(&[&SERVE, changes].concat()))
}

fn dev_with(settings: &[(&str, &str)]) -> Result<Settings, Faults> {
    Settings::load(Profile::Dev, &environment(settings))
}

fn refused(result: Result<Settings, Faults>) -> Vec<String> {
    result.unwrap_err().list().iter().map(|fault| fault.setting.clone()).collect()
}

fn file(folder: &Path, name: &str, text: &str, mode: u32) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}

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

/// Values that no setting takes.
const REFUSALS: &[(&str, &str)] = &[
    ("keys.root_secret", ""),
    ("keys.root_secret", "changeme"),
    ("keys.root_secret", "0000000000000000000000000000000000000000000000000000000000000000"),
    ("keys.root_secret", "v7Cq0q6mW3kqkXc2bqA0m1r8oY5yJc4n9uLzT6dQ"),
    ("keys.publish_ahead", "31d"),
    ("keys.publish_ahead", "30d"),
    ("keys.rotate_every", "366d"),
    ("keys.reload_every", "0s"),
    (
        "http.public_url",
        "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com",
    ),
    ("http.public_url", "http://auth.example.com"),
    ("http.public_url", "https://auth.example.com/path"),
    ("http.public_url", "https://user@auth.example.com"),
    ("http.public_url", "auth.example.com"),
    ("http.base_path", "auth"),
    ("http.base_path", "/auth/"),
    ("http.base_path", "/../auth"),
    ("http.listen", "localhost"),
    ("http.ops_listen", "127.0.0.1:8080"),
    ("http.allowed_origins", "https://app.example.com"),
    ("http.allowed_origins", r#"["*"]"#),
    ("http.allowed_origins", r#"["null"]"#),
    ("http.allowed_origins", r#"["http://app.example.com"]"#),
    ("http.trusted_proxies", r#"["0.0.0.0/0"]"#),
    ("http.trusted_proxies", r#"["::/0"]"#),
    ("http.trusted_proxies", r#"["10.0.0.0/33"]"#),
    ("http.client_ip_header", "X-Forwarded-For"),
    ("http.body_timeout", "0s"),
    ("database.url", "mysql://db.example.com/doorward"),
    ("database.url", "postgres://db.example.com/doorward"),
    ("database.url", "postgres://db.example.com/doorward?sslmode=disable"),
    ("database.url", "postgres://db.example.com/doorward?sslmode=prefer"),
    ("database.url", "postgres://db.example.com/doorward?sslmode=require&sslmode=disable"),
    ("database.url", "postgres://localhost/doorward?host=db.example.com"),
    ("database.url", "postgres://localhost/doorward?colour=red"),
    ("database.url", "postgres://localhost/doorward?sslmode=maybe"),
    ("database.url", "postgres://db.example.com/doorward?sslmode=require&sslrootcert=/nowhere.pem"),
    ("database.url", "postgres://ada:hunter/2@db.example.com/doorward?sslmode=verify-full"),
    ("database.url", "postgres://localhost/doorward?target_session_attrs=standby"),
    ("database.url", "sqlite://"),
    ("keys.former_root_secret", SECRET),
    ("keys.former_root_secret", "hunter2"),
    ("database.pool_size", "0"),
    ("database.pool_size", "many"),
    ("log.level", "loud=?"),
    ("log.level", "verbose"),
    ("log.level", "critical"),
    ("log.level", "2"),
    ("log.level", "info,doorward_http=loud"),
    ("log.format", "xml"),
    ("smtp.url", "http://mail.example.com"),
    ("smtp.url", "smtp://mail.example.com?tls=none"),
    ("smtp.url", "smtp://mail.example.com?tls=opportunistic"),
    ("smtp.url", "smtps://mail.example.com/inbox"),
    ("smtp.url", "smtps://ada@mail.example.com"),
    ("smtp.from", "nobody"),
    ("smtp.from", "A <a@example.com>, b@example.com"),
    ("twilio.account_sid", "00000000000000000000000000000000/.."),
    ("twilio.from", ""),
    ("twilio.from", "+1 (415) 555-0100"),
    ("twilio.base_url", "http://api.twilio.com"),
    ("twilio.base_url", "https://ada:secret@api.twilio.com"),
    ("twilio.base_url", "ftp://127.0.0.1"),
    ("twilio.content_retention", "obfuscate"),
    ("twilio.address_retention", "discard"),
    ("sms.android_hash", "FA+9qCX9VS="),
    ("sms.allowed_countries", "[]"),
    ("sms.allowed_countries", r#"["Narnia"]"#),
    ("sms.allowed_countries", r#"["*", "US"]"#),
    ("sms.prices", "8"),
    ("sms.prices", r#"{"Narnia": 8}"#),
    ("sms.prices", r#"{"US": -1}"#),
    ("sms.prices", r#"{"US": 1000001}"#),
    ("phone.default_region", "Narnia"),
    ("otp.digits", "5"),
    ("otp.digits", "9"),
    ("otp.email_ttl", "11m"),
    ("otp.sms_ttl", "601s"),
    ("otp.sms_ttl", "0s"),
    ("otp.max_attempts", "11"),
    ("otp.max_attempts", "256"),
    ("otp.max_sends", "0"),
    ("otp.resend_after", "[]"),
    ("otp.resend_after", r#"["soon"]"#),
    ("otp.disable_after", "101"),
    ("otp.wrong_per_identifier", "20"),
    ("limits.ip_sends", "5/0m"),
    ("limits.sms", r#"["5/1h", "off"]"#),
    ("limits.sms", r#"["5/1h", "10/1h"]"#),
    ("limits.sms", "[]"),
    ("limits.email", "0/1d"),
    ("limits.email", "2/1d"),
    ("limits.email", r#"["5/1d", "2/1h"]"#),
    ("flow.ttl", "2h"),
    ("password.single_factor", "yes"),
    ("password.min_length", "7"),
    ("password.memory_kib", "8192"),
    ("password.iterations", "0"),
    ("phone.dormant_after", "47h"),
    ("phone.dormant_after", "never"),
    ("password.backoff_after", "101"),
    ("session.idle", "31d"),
    ("session.absolute", "31d"),
    ("session.aal2_idle", "61m"),
    ("session.aal2_absolute", "25h"),
    ("session.max_per_user", "0"),
    ("session.refresh_leeway", "11s"),
    ("session.require", "aal3"),
    ("token.access_ttl", "16m"),
    ("token.algorithm", "none"),
    ("token.algorithm", "HS256"),
    ("token.issuer", " "),
    ("step_up.fresh", "0s"),
    ("recovery.hold", "73h"),
    ("delivery.retry_first", "0s"),
    ("delivery.max_tries", "0"),
    ("delivery.lease", "10s"),
    ("delivery.poll", "1"),
    ("delivery.timeout", "0s"),
    ("http.problem_base", "https://docs.example.com/problems"),
    ("http.problem_base", "/problems/"),
    ("retention.audit", "forever"),
    ("retention.unverified", "23h"),
    ("retention.sweep_interval", "0s"),
];

#[test]
fn what_is_missing_weak_or_contradictory_is_refused_by_its_name() {
    for &(setting, value) in REFUSALS {
        let faults = serve_with(&[(setting, value)]).expect_err(&format!("{setting} = {value} must be refused"));

        let names: Vec<&str> = faults.list().iter().map(|fault| fault.setting.as_str()).collect();
        assert_eq!(names, [setting], "{setting} = {value}");
    }
}

#[test]
fn what_only_looks_unsafe_is_accepted() {
    let accepted = [
        ("http.public_url", "http://localhost:8080"),
        ("http.allowed_origins", r#"["https://app.example.com", "http://127.0.0.1:3000"]"#),
        ("http.trusted_proxies", r#"["10.0.0.0/8", "::1"]"#),
        ("database.url", "sqlite:///var/lib/doorward/doorward.db"),
        ("database.url", "postgres://127.0.0.1/doorward"),
        ("database.url", "postgres://doorward@%2Fvar%2Frun%2Fpostgresql/doorward"),
        ("database.url", "postgres:///doorward?host=/var/run/postgresql&user=doorward"),
        ("database.url", "postgres://ada:hunter2@one.example:5432,two.example:5433/doorward?sslmode=verify-full"),
        ("database.url", "postgres://ada:hunter2@/doorward?host=/cloudsql/project:region:instance"),
        ("log.level", "warning"),
        ("limits.email", "3/1d"),
        ("smtp.url", "smtp://mail.example.com:587"),
        ("smtp.url", "smtp://localhost:2525"),
        ("twilio.base_url", "http://127.0.0.1:4010"),
        ("twilio.content_retention", "discard"),
        ("twilio.address_retention", "obfuscate"),
        ("sms.android_hash", "FA+9qCX9VSu"),
        ("sms.allowed_countries", r#"["*"]"#),
        ("password.iterations", "3"),
        ("twilio.auth_token", "12345678901234567890123456789012"),
        ("limits.ip_credentials", "100/1m burst 30"),
        ("limits.sms", r#"["5/1h", "10/1d"]"#),
        ("limits.sms_budget", "off"),
    ];
    for (setting, value) in accepted {
        assert!(serve_with(&[(setting, value)]).is_ok(), "{setting} = {value}");
    }
}

#[test]
fn money_is_counted_only_where_every_sms_has_a_price() {
    let spend = ("limits.sms_spend", "5000/1d");
    let priced = |prices| serve_with(&[spend, ("sms.prices", prices)]);

    assert_eq!(refused(serve_with(&[spend])), ["sms.prices"]);
    assert_eq!(refused(priced(r#"{"US": 1}"#)), ["sms.prices"]);
    for prices in [r#"{"US": 1, "GB": 4}"#, r#"{"*": 8}"#, r#"{"US": 0, "*": 8}"#] {
        assert!(priced(prices).is_ok(), "{prices}");
    }
    assert!(priced(r#"{"US": 1, "*": 8}"#).unwrap().to_toml().contains("prices = {\"*\" = 8, \"US\" = 1}\n"));
}

#[test]
fn a_sender_is_a_number_or_a_service_and_never_both() {
    let service = ("twilio.messaging_service_sid", "MG00000000000000000000000000000000");

    assert_eq!(refused(serve_with(&[service])), ["twilio.from"]);
    assert!(serve_with(&[("twilio.from", ""), service]).is_ok());
    let account = ("twilio.messaging_service_sid", "AC00000000000000000000000000000000");
    assert_eq!(refused(serve_with(&[("twilio.from", ""), account])), ["twilio.messaging_service_sid"]);
}

const TWO_ACCOUNTS: &str = r#"[
    {"name": "primary", "kind": "twilio", "account_sid": "AC1", "auth_token": "hunter2hunter2", "from": "+14155550100"},
    {"name": "gateway", "kind": "http", "url": "https://sms.example.com/send",
     "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "countries": ["US"], "timeout": "5s", "prices": {"US": 3}}
]"#;

/// Settings that `serve` accepts, with lists of providers in place of the short forms.
fn serve_by_lists(sms: &str, mail: &str) -> Result<Settings, Faults> {
    serve_with(&[
        ("twilio.account_sid", ""),
        ("twilio.auth_token", ""),
        ("twilio.from", ""),
        ("smtp.url", ""),
        ("sms.providers", sms),
        ("mail.providers", mail),
    ])
}

const RELAY: &str = r#"[{"name": "relay", "kind": "smtp", "url": "smtps://mailer:hunter2@mail.example.com"}]"#;

#[test]
fn providers_may_stand_in_lists() {
    let settings = serve_by_lists(TWO_ACCOUNTS, RELAY).unwrap();

    let names: Vec<_> = settings.sms_providers().iter().map(|provider| provider.common.name.clone()).collect();
    assert_eq!(names, ["primary", "gateway"]);
    assert_eq!(settings.mail_providers()[0].name, "relay");
    let toml = settings.to_toml();
    assert!(!toml.contains("hunter2") && !toml.contains("MfKQ9r8G"), "{toml}");
    assert!(toml.contains(r#""name" = "gateway""#), "{toml}");
    let shown = Config::builder().add_source(File::from_str(&toml, FileFormat::Toml)).build().unwrap();
    let shown: Value = shown.try_deserialize().unwrap();
    assert_eq!(shown["sms"]["providers"][1]["timeout"], "5s");
}

#[test]
fn the_short_forms_are_lists_of_one() {
    let settings = serve_with(&[]).unwrap();

    assert_eq!(settings.sms_providers()[0].common.name, "twilio");
    assert_eq!(settings.mail_providers()[0].name, "smtp");
    assert_eq!(refused(serve_with(&[("sms.providers", TWO_ACCOUNTS)])), ["sms.providers"]);
    assert_eq!(refused(serve_with(&[("mail.providers", RELAY)])), ["mail.providers"]);
}

#[test]
fn a_list_of_nobody_is_no_provider() {
    let faults = refused(serve_by_lists("[]", "[]"));

    assert_eq!(faults, ["smtp.url", "twilio.account_sid", "twilio.from", "twilio.auth_token"]);
}

#[test]
fn an_sms_is_counted_at_what_the_dearest_provider_asks() {
    let prices = ("sms.prices", r#"{"US": 2, "GB": 4, "*": 1}"#);
    let settings = serve_with(&[
        prices,
        ("twilio.account_sid", ""),
        ("twilio.auth_token", ""),
        ("twilio.from", ""),
        ("sms.providers", TWO_ACCOUNTS),
    ]);

    let prices = settings.unwrap().sms_prices();

    let mut listed: Vec<_> = prices.by_country.iter().map(|(country, price)| (country.code(), *price)).collect();
    listed.sort();
    assert_eq!((listed, prices.elsewhere), (vec![("GB".to_owned(), 4), ("US".to_owned(), 3)], 1));
}

#[test]
fn a_lease_outlasts_the_time_outs_of_a_whole_route() {
    let accounts = TWO_ACCOUNTS.replace("\"timeout\": \"5s\"", "\"timeout\": \"30s\"");

    let settings = serve_by_lists(&accounts, RELAY).unwrap();

    assert_eq!(settings.delivery.lease, std::time::Duration::from_secs(80));
    let lease = [("twilio.account_sid", ""), ("twilio.from", ""), ("delivery.lease", "40s")];
    let faults = serve_with(&[&lease[..], &[("sms.providers", accounts.as_str())]].concat());
    assert_eq!(refused(faults), ["delivery.lease"]);
}

#[test]
fn a_provider_that_cannot_work_is_refused_by_its_name() {
    let sms = |change: (&str, &str)| serve_by_lists(&TWO_ACCOUNTS.replace(change.0, change.1), RELAY);
    for (change, setting) in [
        (("AC1", "XX1"), "sms.providers.primary.account_sid"),
        (("auth_token", "messaging_service_sid"), "sms.providers.primary.auth_token"),
        (("https://sms", "http://sms"), "sms.providers.gateway.url"),
        (("whsec_", ""), "sms.providers.gateway.secret"),
        (("\"5s\"", "\"1h\""), "sms.providers.gateway.timeout"),
        (("\"countries\"", "\"channels\": [\"voice\"], \"countries\""), "sms.providers.gateway.channels"),
        (("\"gateway\"", "\"primary\""), "sms.providers"),
        (("\"gateway\"", "\"The Gateway\""), "sms.providers"),
        (("\"http\"", "\"carrier-pigeon\""), "sms.providers"),
        (("\"from\"", "\"form\""), "sms.providers"),
        (("\"name\": \"primary\"", "\"name\": \"primary\", \"countries\": [\"US\"]"), "sms.providers"),
    ] {
        let faults = refused(sms(change));

        assert!(faults.contains(&setting.to_owned()), "{change:?}: {faults:?}");
    }
    for (mail, setting) in [
        (RELAY.replace("smtps://", "imaps://"), "mail.providers"),
        (RELAY.replace("\"smtp\"", "\"http\""), "mail.providers.relay.kind"),
        (RELAY.replace("\"url\"", "\"hello\""), "mail.providers.relay.url"),
    ] {
        let faults = refused(serve_by_lists(TWO_ACCOUNTS, &mail));

        assert!(faults.contains(&setting.to_owned()), "{mail}: {faults:?}");
    }
}

#[test]
fn a_secret_of_a_provider_may_be_in_a_file_and_must_not_stand_where_others_read() {
    let folder = tempfile::tempdir().unwrap();
    let token = file(folder.path(), "token", "hunter2hunter2\n", 0o600);
    let inline = "[[sms.providers]]\nname = 'primary'\nkind = 'twilio'\naccount_sid = 'AC1'\nfrom = '+14155550100'\n";
    let by_file = file(folder.path(), "good.toml", &format!("{inline}auth_token_file = '{token}'\n"), 0o644);
    let open = file(folder.path(), "open.toml", &format!("{inline}auth_token = 'hunter2hunter2'\n"), 0o644);
    let with_file = |path: &str| {
        let rest: Vec<_> = SERVE.into_iter().filter(|(name, _)| !name.starts_with("twilio.")).collect();
        Settings::load(Profile::Serve, &Sources { file: Some(path.into()), ..environment(&rest) })
    };

    let settings = with_file(&by_file).unwrap();

    assert_eq!(settings.sms_providers().len(), 1);
    assert_eq!(refused(with_file(&open)), ["sms.providers"]);
}

#[test]
fn one_pass_over_the_memory_needs_more_of_it() {
    assert_eq!(refused(serve_with(&[("password.iterations", "1")])), ["password.memory_kib"]);
    assert!(serve_with(&[("password.iterations", "1"), ("password.memory_kib", "47104")]).is_ok());
}

#[test]
fn passwords_are_looked_up_by_https_or_on_this_machine_and_not_for_long() {
    for url in ["http://api.pwnedpasswords.com/range/", "https://user@api.pwnedpasswords.com/range/", "true"] {
        assert_eq!(refused(serve_with(&[("password.breach_url", url)])), ["password.breach_url"], "{url}");
    }
    for url in ["https://api.pwnedpasswords.com/range/", "http://127.0.0.1:4011/range"] {
        assert!(serve_with(&[("password.breach_url", url)]).is_ok(), "{url}");
    }
    for timeout in ["0s", "11s"] {
        assert_eq!(refused(serve_with(&[("password.breach_timeout", timeout)])), ["password.breach_timeout"]);
    }
    assert!(serve_with(&[]).unwrap().password.breach_url.is_none());
}

#[test]
fn a_password_that_alone_lets_in_is_longer() {
    let single_factor = ("password.single_factor", "true");

    assert_eq!(serve_with(&[single_factor]).unwrap().password.min_length, 15);
    assert_eq!(refused(serve_with(&[single_factor, ("password.min_length", "14")])), ["password.min_length"]);
}

#[test]
fn faults_of_every_kind_are_told_together_and_no_secret_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let text = "otp = 5\n[http]\nlisten = 8080\nlisen = '127.0.0.1:1'\n[keys]\nroot_secret = 'hunter2'\n[nonsense]\na = 1\n\
        [twilio]\nauth_token = ['hunter2']\n[session]\nidle = '40d'\n";
    let path = file(folder.path(), "doorward.toml", text, 0o600);
    let sources =
        Sources { file: Some(path.into()), ..environment(&[("smtp.url", "http://x:hunter2@mail"), ("x", "1")]) };

    let faults = Settings::load(Profile::Dev, &sources).unwrap_err();

    assert_eq!(
        faults.to_string(),
        "9 faults to correct in the settings:\n  \
        otp must be in a section, like [http]\n  \
        http.lisen is not a setting; `http` has: allowed_headers, allowed_origins, base_path, body_timeout, client_ip_header, listen, \
        ops_listen, problem_base, public_url, trusted_proxies\n  \
        http.listen must be an IP address and a port, like 127.0.0.1:8080\n  \
        keys.root_secret must be at least 32 random bytes as base64 or hex; `openssl rand -base64 32` makes them\n  \
        nonsense.a is not a setting; the sections are: database, delivery, flow, http, keys, limits, log, mail, otp, password, \
        phone, recovery, retention, session, sms, smtp, step_up, token, twilio\n  \
        smtp.url must be smtps://USER:PASSWORD@HOST or smtp://…, which uses STARTTLS unless the host is loopback\n  \
        twilio.auth_token must be a text of printable ASCII characters without blanks\n  \
        x is not a setting; the sections are: database, delivery, flow, http, keys, limits, log, mail, otp, password, \
        phone, recovery, retention, session, sms, smtp, step_up, token, twilio\n  \
        session.idle must be 1s to session.absolute"
    );
}

#[test]
fn a_file_that_is_no_toml_is_refused_without_showing_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "doorward.toml", "[keys]\nroot_secret = \"hunter2\n", 0o600);

    let faults = Settings::load(Profile::Dev, &Sources { file: Some(path.into()), ..Sources::default() }).unwrap_err();

    assert!(faults.to_string().contains("line 2"), "{faults}");
    assert!(!faults.to_string().contains("hunter2"), "{faults}");
}

#[test]
fn a_file_that_was_asked_for_must_be_there() {
    let sources = Sources { file: Some("/nowhere/doorward.toml".into()), ..Sources::default() };

    assert_eq!(refused(Settings::load(Profile::Dev, &sources)), ["/nowhere/doorward.toml"]);
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "doorward.toml", "[otp]\ndigits = 7\nmax_sends = 2\nresend_after = ['5s']\n", 0o644);
    let sources = Sources { file: Some(path.into()), ..environment(&[("otp.digits", "8"), ("otp.max_sends", "")]) };

    let otp = Settings::load(Profile::Dev, &sources).unwrap().otp;

    assert_eq!((otp.digits, otp.max_sends, otp.max_attempts), (8, 2, 5));
    assert_eq!(otp.resend_after, [std::time::Duration::from_secs(5)]);
}

#[test]
fn a_secret_may_be_in_a_file_of_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let private = file(folder.path(), "private", &format!("{SECRET}\n"), 0o600);
    let shared = file(folder.path(), "shared", SECRET, 0o644);
    let missing = folder.path().join("missing");
    let given_as = |path: &str| dev_with(&[("keys.root_secret_file", path)]);

    assert!(given_as(&private).unwrap().keys.root_secret.is_some());
    assert_eq!(refused(given_as(&shared)), ["keys.root_secret_file", "keys.root_secret"]);
    assert_eq!(refused(given_as(missing.to_str().unwrap())), ["keys.root_secret_file", "keys.root_secret"]);
    let twice = dev_with(&[("keys.root_secret_file", &private), ("keys.root_secret", SECRET)]);
    assert_eq!(refused(twice), ["keys.root_secret_file"]);
}

#[test]
fn a_secret_that_root_gives_a_group_or_that_is_mounted_may_be_read_by_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "secret", SECRET, 0o440);
    let is_roots = std::os::unix::fs::MetadataExt::uid(&fs::metadata(&path).unwrap()) == 0;
    let writable = file(folder.path(), "writable", SECRET, 0o660);
    let given_as = |path: &str| dev_with(&[("keys.root_secret_file", path)]);

    assert_eq!(given_as(&path).is_ok(), is_roots);
    assert_eq!(refused(given_as(&writable)), ["keys.root_secret_file", "keys.root_secret"]);
    // A file system in memory, as secrets of containers are mounted.
    if let Ok(memory) = tempfile::tempdir_in("/dev/shm") {
        assert!(given_as(&file(memory.path(), "mounted", SECRET, 0o444)).is_ok());
        assert!(given_as(&file(memory.path(), "writable", SECRET, 0o446)).is_err());
    }
}

#[test]
fn secrets_in_a_settings_file_that_others_read_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let load = |text: &str, mode| {
        let file = Some(file(folder.path(), &format!("{mode:o}-{}.toml", text.len()), text, mode).into());
        Settings::load(Profile::Dev, &Sources { file, ..Sources::default() })
    };
    let secret = format!("[keys]\nroot_secret = '{SECRET}'\n");
    let password = "[database]\nurl = 'postgres://ada:hunter2@localhost/doorward'\n";

    assert_eq!(refused(load(&secret, 0o644)), ["keys.root_secret"]);
    assert_eq!(refused(load(password, 0o644)), ["database.url"]);
    assert!(load(&secret, 0o600).is_ok());
    assert!(load("[database]\nurl = 'postgres://ada@localhost/doorward'\n", 0o644).is_ok());
}

#[test]
fn what_weakens_the_service_and_may_be_meant_is_told() {
    let told = |settings: &[(&str, &str)]| -> Vec<String> {
        serve_with(settings).unwrap().warnings().into_iter().map(|(setting, _)| setting).collect()
    };

    assert_eq!(told(&[]), Vec::<String>::new());
    for (setting, value) in [
        ("recovery.hold", "0s"),
        ("delivery.lease", "11s"),
        ("http.ops_listen", "0.0.0.0:9090"),
        ("retention.audit", "0s"),
        ("log.level", "off"),
        ("phone.dormant_after", "off"),
        ("limits.ip_failures", "off"),
        ("otp.wrong_per_identifier", "off"),
    ] {
        assert_eq!(told(&[(setting, value)]), [setting], "{value}");
    }
}

#[test]
fn effective_settings_are_shown_as_toml_without_secrets() {
    let settings = serve_with(&[("otp.resend_after", r#"["90s"]"#)]).unwrap();

    let toml = settings.to_toml();

    assert!(toml.contains("[otp]\ndigits = 6\n"), "{toml}");
    assert!(toml.contains("resend_after = [\"90s\"]\n"), "{toml}");
    assert!(
        toml.contains("url = \"postgres://doorward:redacted@db.example.com/doorward?sslmode=verify-full\"\n"),
        "{toml}"
    );
    assert!(toml.contains("# messaging_service_sid is not set\n"), "{toml}");
    assert!(!toml.contains("hunter2") && !toml.contains(SECRET), "{toml}");
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn the_manual_lists_every_setting_with_its_default_and_no_other() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md")).unwrap();
    let is_setting =
        |line: &&str| line.starts_with("| `") && line.split('`').nth(1).is_some_and(|name| name.contains('.'));
    let rows = page.lines().filter(is_setting);
    let listed: HashMap<String, String> = rows
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            (cells[0].trim_matches('`').to_owned(), cells[2].to_owned())
        })
        .collect();

    for (setting, default) in Settings::defaults() {
        let listed = listed.get(&setting).unwrap_or_else(|| panic!("{setting} is not in the manual"));
        let shown = if default.is_null() { "none".to_owned() } else { format!("`{default}`") };
        // Some defaults differ in dev, or follow from other settings; the page says how.
        let is_same = *listed == shown || listed.starts_with(&format!("{shown}, "));
        let is_derived = !default.is_null() && !listed.starts_with('`');
        assert!(is_same || is_derived, "{setting}: {shown}, not {listed}");
    }
    let known: Vec<String> = Settings::defaults().into_iter().map(|(setting, _)| setting).collect();
    let unknown: Vec<&String> = listed.keys().filter(|setting| !known.contains(setting)).collect();
    assert!(unknown.is_empty(), "the manual lists {unknown:?}");
}
