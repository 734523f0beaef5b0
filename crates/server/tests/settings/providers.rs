//! Lists of providers of SMS and mail.

use std::collections::BTreeSet;

use config::{Config, File, FileFormat};
use doorward_kernel::PhoneChannel;
use doorward_server::settings::{Profile, SettingErrors, Settings, Sources};
use serde_json::Value;

use super::{SERVE, environment, file, refused, serve_with};

const TWO_ACCOUNTS: &str = r#"[
    {"name": "primary", "kind": "twilio", "account_sid": "AC1", "auth_token": "hunter2hunter2", "from": "+14155550100"},
    {"name": "gateway", "kind": "http", "url": "https://sms.example.com/send",
     "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "countries": ["US"], "timeout": "5s", "prices": {"US": 3}}
]"#;

/// Settings that `serve` accepts, with lists of providers in place of the short forms.
fn serve_by_lists(sms: &str, mail: &str) -> Result<Settings, SettingErrors> {
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

    let names: Vec<_> = settings.phone_providers().iter().map(|provider| provider.common.name.clone()).collect();
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

    assert_eq!(settings.phone_providers()[0].common.name, "twilio");
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

    let prices = settings.unwrap().prices(PhoneChannel::Sms).unwrap();

    let mut listed: Vec<_> = prices.by_country.iter().map(|(country, price)| (country.code(), *price)).collect();
    listed.sort();
    assert_eq!((listed, prices.elsewhere), (vec![("GB".to_owned(), 4), ("US".to_owned(), 3)], 1));
}

#[test]
fn money_counts_calls_to_those_alone_whom_a_provider_calls() {
    let caller = r#"{"name": "caller", "kind": "http", "url": "https://example.com/send",
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "channels": ["voice"], "countries": ["US"], "prices": PRICES}"#;
    let providers = TWO_ACCOUNTS.trim_end().replacen('[', &format!("[{caller},"), 1);
    let of = |prices: &str| {
        serve_with(&[
            ("limits.sms_spend", "5000/1d"),
            ("sms.prices", r#"{"US": 1, "GB": 4}"#),
            ("voice.allowed_countries", r#"["US"]"#),
            ("twilio.account_sid", ""),
            ("twilio.auth_token", ""),
            ("twilio.from", ""),
            ("sms.providers", &providers.replace("PRICES", prices)),
        ])
    };

    assert!(of(r#"{"US": 30}"#).is_ok());
    assert_eq!(refused(of(r#"{"GB": 30}"#)), ["sms.prices"]);
}

#[test]
fn a_call_is_counted_at_what_those_ask_who_call() {
    let gateway = r#"{"name": "caller", "kind": "http", "url": "https://voice.example.com",
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "channels": ["voice"], "prices": {"*": 30}}"#;
    let providers = TWO_ACCOUNTS.trim_end().replacen('[', &format!("[{gateway},"), 1);
    let settings = serve_with(&[
        ("sms.prices", r#"{"*": 2}"#),
        ("voice.allowed_countries", r#"["US"]"#),
        ("twilio.account_sid", ""),
        ("twilio.auth_token", ""),
        ("twilio.from", ""),
        ("sms.providers", &providers),
    ])
    .unwrap();

    let elsewhere = |channel| settings.prices(channel).map(|prices| prices.elsewhere);
    assert_eq!(
        [PhoneChannel::Sms, PhoneChannel::Voice, PhoneChannel::WhatsApp].map(elsewhere),
        [Some(2), Some(30), None]
    );
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
        (("\"countries\"", "\"channels\": [\"fax\"], \"countries\""), "sms.providers.gateway.channels"),
        (("\"countries\"", "\"channels\": [], \"countries\""), "sms.providers.gateway.channels"),
        (("\"countries\"", "\"channels\": [\"sms\", \"sms\"], \"countries\""), "sms.providers.gateway.channels"),
        (("\"from\"", "\"channels\": [\"whatsapp\", \"sms\"], \"from\""), "sms.providers.primary.whatsapp_from"),
        (("\"from\"", "\"channels\": [\"whatsapp\", \"sms\"], \"from\""), "sms.providers.primary.content_sids"),
        (("\"from\"", "\"channels\": [\"whatsapp\"], \"from\""), "sms.allowed_countries"),
        (("\"gateway\"", "\"primary\""), "sms.providers.#2.name"),
        (("\"gateway\"", "\"The Gateway\""), "sms.providers.#2.name"),
        (("\"http\"", "\"carrier-pigeon\""), "sms.providers.gateway.kind"),
        (("\"from\"", "\"form\""), "sms.providers.primary.form"),
        (("\"name\": \"primary\"", "\"name\": \"primary\", \"countries\": [\"US\"]"), "sms.allowed_countries"),
    ] {
        let faults = refused(sms(change));

        assert!(faults.contains(&setting.to_owned()), "{change:?}: {faults:?}");
    }
    for (mail, setting) in [
        (RELAY.replace("smtps://", "imaps://"), "mail.providers.relay.url"),
        (RELAY.replace("\"smtp\"", "\"http\""), "mail.providers.relay.kind"),
        (RELAY.replace("\"url\"", "\"hello\""), "mail.providers.relay.url"),
    ] {
        let faults = refused(serve_by_lists(TWO_ACCOUNTS, &mail));

        assert!(faults.contains(&setting.to_owned()), "{mail}: {faults:?}");
    }
}

#[test]
fn the_faults_of_all_providers_are_told_together() {
    let sms = r#"[
        {"name": "P", "kind": "x", "countries": ["QQ"], "url": "hunter2"},
        {"name": "a", "kind": "http", "url": "http://x.example", "secret": "hunter2", "countries": ["QQ"],
         "channels": ["fax"], "timeout": "0s", "hunter": 2},
        {"name": "a", "kind": "twilio"},
        {"kind": "twilio", "account_sid": 7, "auth_token_file": "hunter2", "timeout": "soon"}
    ]"#;
    let mail = r#"[{"name": "a", "kind": "smtp", "url": "http://hunter2"}, {"kind": "twilio", "port": 25}]"#;

    let faults = serve_by_lists(sms, mail).unwrap_err();

    let of_mail =
        ["a.url", "a.name", "#2.name", "#2.kind", "#2.url", "#2.port"].map(|key| format!("mail.providers.{key}"));
    let of_sms = [
        "#1.name",
        "#1.kind",
        "#1.countries",
        "a.url",
        "a.secret",
        "a.countries",
        "a.channels",
        "a.timeout",
        "a.hunter",
        "#3.name",
        "#3.account_sid",
        "#3.from",
        "#3.auth_token",
        "#4.name",
        "#4.account_sid",
        "#4.from",
        "#4.auth_token",
        "#4.auth_token_file",
        "#4.timeout",
    ];
    let expected: BTreeSet<_> = of_sms.map(|key| format!("sms.providers.{key}")).into_iter().chain(of_mail).collect();
    assert_eq!(faults.list().iter().map(|fault| fault.setting.clone()).collect::<BTreeSet<_>>(), expected);
    assert!(!faults.to_string().contains("hunter2"), "{faults}");
}

#[test]
fn a_list_that_is_none_is_one_fault() {
    for list in ["relay", "{}", r#"["relay"]"#, "[{]"] {
        assert_eq!(refused(serve_by_lists(list, list)), ["mail.providers", "sms.providers"], "{list}");
    }
}

#[test]
fn an_account_carries_the_channels_that_are_set_up_for_it() {
    let carried = |settings: &[(&str, &str)]| -> Vec<String> {
        let settings = serve_with(settings).unwrap();
        let account = settings.phone_providers().remove(0);
        account.common.channels.iter().map(|channel| account.name_on(channel)).collect()
    };
    let templates = ("twilio.content_sids", r#"{"en": "HX1", "de": "HX2"}"#);
    let whatsapp = [("twilio.whatsapp_from", "+14155550101"), templates];
    let voice = ("voice.allowed_countries", r#"["US"]"#);

    assert_eq!(carried(&[]), ["twilio"]);
    assert_eq!(carried(&whatsapp), ["twilio", "twilio-whatsapp"]);
    assert_eq!(carried(&[voice]), ["twilio", "twilio-voice"]);
    for (faulty, setting) in [
        (vec![whatsapp[0]], "twilio.content_sids"),
        (vec![whatsapp[0], ("twilio.content_sids", r#"{"de": "HX1"}"#)], "twilio.content_sids"),
        (vec![whatsapp[0], ("twilio.content_sids", r#"{"en": "HX1", "tlh": "HX1"}"#)], "twilio.content_sids"),
        (vec![whatsapp[0], ("twilio.content_sids", r#"{"en": "XX1"}"#)], "twilio.content_sids"),
        (vec![("twilio.whatsapp_from", "Example"), templates], "twilio.whatsapp_from"),
        (vec![voice, ("twilio.from", "Example")], "twilio.from"),
        (vec![voice, ("twilio.from", ""), ("twilio.messaging_service_sid", "MG1")], "twilio.from"),
        (vec![("voice.allowed_countries", "[]")], "voice.allowed_countries"),
    ] {
        assert_eq!(refused(serve_with(&faulty)), [setting], "{faulty:?}");
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

    assert_eq!(settings.phone_providers().len(), 1);
    assert_eq!(refused(with_file(&open)), ["sms.providers"]);
}
