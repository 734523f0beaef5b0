//! Warnings at the start about settings that are allowed, as they may be meant.

use doorward_kernel::Locale;
use serde_json::{Value, json};

use super::Settings;

/// Hours in which nobody hears of a change are too few.
const SHORT_HOLD: std::time::Duration = std::time::Duration::from_hours(1);
const SHORT_AUDIT: std::time::Duration = std::time::Duration::from_hours(24);

impl Settings {
    /// Settings that weaken the service, each with what follows from it.
    pub fn warnings(&self) -> Vec<(String, String)> {
        let mut warnings = Vec::new();
        let mut warn = |is_so: bool, setting: &str, text: &str| {
            if is_so {
                warnings.push((setting.to_owned(), text.to_owned()));
            }
        };
        let hold = self.recovery.hold;
        warn(
            hold < SHORT_HOLD,
            "recovery.hold",
            "is so short that nobody can object before a number or app is replaced",
        );
        let lease = self.delivery.lease;
        let text = "is less than twice the time-outs of a channel's providers: a message may go out twice";
        warn(lease < 2 * self.longest_try(), "delivery.lease", text);
        let ops = self.http.ops_listen.ip();
        let text = "is every address of the machine: health and metrics are told to whoever reaches it";
        warn(ops.is_unspecified(), "http.ops_listen", text);
        let text = "is so short that nobody can look into what has happened";
        warn(self.retention.audit < SHORT_AUDIT, "retention.audit", text);
        let text = "is off: the log tells nothing, faults included";
        warn(self.log.level.trim().eq_ignore_ascii_case("off"), "log.level", text);
        let text = "is off: whoever gets a number that was given up logs in to the account that has it";
        warn(self.phone.dormant_after.0.is_none(), "phone.dormant_after", text);
        let text = "has numbers with a code that never changes: take them out once the review is over";
        warn(!self.otp.reviewers.is_empty(), "otp.reviewers", text);
        let (setting, _) = self.autofill_host();
        let texts = self.sms_text().ok().and_then(|texts| self.with_own_sentences(texts).ok());
        let languages = texts.map(|texts| texts.sent_in_english(self.otp.digits)).unwrap_or_default();
        let languages: Vec<_> = languages.into_iter().map(Locale::as_str).collect();
        let text = format!("leaves one SMS no room for a code in {}: it is sent in English", languages.join(", "));
        warn(!languages.is_empty(), setting, &text);
        for setting in self.limits_off() {
            warn(true, &setting, "is off, which is no default: nothing is counted there");
        }
        warnings
    }

    /// The host that codes in SMS are bound to, with the setting that has it.
    pub(super) fn autofill_host(&self) -> (&'static str, &str) {
        match &self.sms.autofill_host {
            Some(host) => ("sms.autofill_host", host),
            None => ("http.public_url", self.http.public_url.host_str().unwrap_or_default()),
        }
    }

    /// The limits that are switched off and have a default.
    fn limits_off(&self) -> Vec<String> {
        let (defaults, mut off) = (json!(Self::default()), Vec::new());
        let own = json!(self);
        for section in ["limits", "otp"] {
            let values = own.get(section).and_then(Value::as_object).into_iter().flatten();
            for (key, value) in values {
                let default = defaults.get(section).and_then(|section| section.get(key));
                if value == "off" && default != Some(value) {
                    off.push(format!("{section}.{key}"));
                }
            }
        }
        off
    }
}
