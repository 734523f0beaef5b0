//! Settings as they are shown: warnings, the effective ones, and the manual.

use std::{collections::HashMap, fs};

use doorward_server::settings::Settings;

use super::{SECRET, serve_with};

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
        ("otp.reviewers", r#"[{"number": "+14155550100", "code": "49381726", "until": "2026-01-01"}]"#),
    ] {
        assert_eq!(told(&[(setting, value)]), [setting], "{value}");
    }
}

#[test]
fn languages_that_a_long_host_leaves_no_room_for_are_told() {
    let told = |host: &str| serve_with(&[("sms.autofill_host", host)]).unwrap().warnings();

    assert_eq!(told("auth.example.com"), []);
    let text = "leaves one SMS no room for a code in ru, uk, hi, ja, zh: it is sent in English".to_owned();
    assert_eq!(told(&format!("{}.example.com", "h".repeat(28))), [("sms.autofill_host".to_owned(), text)]);
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
