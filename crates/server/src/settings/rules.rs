use std::{collections::BTreeSet, time::Duration};

use doorward_notifier::sms::SmsTextError;
use url::Url;

use super::{
    LogFormat, Password, Prices, Profile, Settings, Texts, http::local_url, setting_errors::SettingErrors, text::Text,
};

/// The settings without a default, which nobody but the operator can know.
const fn required(profile: Profile) -> &'static [&'static str] {
    match profile {
        Profile::Dev | Profile::Operate => &[],
        Profile::Migrate => &["database.url"],
        Profile::Serve => &[
            "http.public_url",
            "database.url",
            "keys.root_secret",
            "smtp.url",
            "smtp.from",
            "twilio.account_sid",
            "sms.allowed_countries",
        ],
    }
}

/// Fills in what follows from other settings or from the profile, where it was not given.
pub(super) fn complete(settings: &mut Settings, profile: Profile, given: &BTreeSet<String>) {
    let is_open = |setting: &str| !given.contains(setting);
    if profile == Profile::Dev {
        if is_open("log.format") {
            settings.log.format = LogFormat::Text;
        }
        if is_open("database.migrate") {
            settings.database.migrate = true;
        }
        if is_open("http.shutdown_delay") {
            settings.http.shutdown_delay = Duration::ZERO;
        }
        settings.limits.trust_hosts(is_open);
        if is_open("http.public_url") {
            settings.http.public_url = local_url(settings.http.listen);
        }
    }
    let public_url = settings.http.public_url.show();
    if is_open("token.issuer") {
        settings.token.issuer.clone_from(&public_url);
    }
    if is_open("token.audience") {
        settings.token.audience = public_url;
    }
    if is_open("delivery.lease") {
        // A slow provider must not have a message still when another node claims it.
        settings.delivery.lease = settings.delivery.lease.max(2 * settings.longest_try());
    }
    if is_open("password.min_length") && settings.password.single_factor {
        settings.password.min_length = Password::SINGLE_FACTOR_LENGTH;
    }
}

/// Returns whether a list of providers stands in place of the short form, or was meant to.
fn is_listed(setting: &str, settings: &Settings, faults: &SettingErrors) -> bool {
    let (list, is_empty) = match setting {
        "smtp.url" => ("mail.providers", settings.mail.providers.is_empty()),
        "twilio.account_sid" => ("sms.providers", settings.sms.providers.is_empty()),
        _ => return false,
    };
    !is_empty || faults.list().iter().any(|fault| fault.setting.starts_with(list))
}

pub(super) fn check(settings: &Settings, profile: Profile, given: &BTreeSet<String>, faults: &mut SettingErrors) {
    for setting in required(profile) {
        let variable = setting.replace('.', "__").to_uppercase();
        let problem = format!("is required; set it in the file or as DOORWARD__{variable}");
        let is_given = given.contains(*setting) || is_listed(setting, settings, faults);
        faults.unless(is_given, setting, problem);
    }
    settings.http.check(profile, faults);
    settings.database.check(faults);
    settings.keys.check(faults);
    settings.log.check(faults);
    settings.telemetry.check(faults);
    settings.smtp.check(faults);
    let is_alone = profile == Profile::Serve && !is_listed("twilio.account_sid", settings, faults);
    settings.twilio.check("twilio", is_alone, true, faults);
    settings.check_providers(faults);
    let (setting, host) = settings.autofill_host();
    match settings.sms_text() {
        Ok(_) => {}
        Err(SmsTextError::TooLong) => faults.add(setting, "must have a host that leaves room for words in one SMS"),
        Err(SmsTextError::AppHash) => faults.add("sms.android_hash", "must be 11 letters, digits, + and /"),
    }
    let is_host = Url::parse(&format!("https://{host}/")).is_ok_and(|url| url.host_str() == Some(host));
    faults.unless(is_host, setting, "must be a host like example.com, in lower case and without a port");
    Prices::check(settings, faults);
    // Operators' commands send nothing, and may run where the folder is not.
    if matches!(profile, Profile::Dev | Profile::Serve) {
        Texts::check(settings, faults);
    }
    settings.limits.check(faults);
    settings.phone.check(faults);
    settings.otp.check(faults);
    settings.check_reviewers(faults);
    settings.flow.check(faults);
    settings.password.check(faults);
    settings.session.check(faults);
    settings.token.check(faults);
    settings.step_up.check(faults);
    settings.recovery.check(faults);
    settings.delivery.check(settings.longest_try(), faults);
    settings.retention.check(faults);
}
