//! German.

use doorward_kernel::Locale;

use super::Words;
use crate::{CodeTemplate, NoticeTemplate, Plural};

pub(super) const WORDS: Words =
    Words { purpose, code, call, notice, advice: "Nicht Sie? Ändern Sie sofort Ihr Passwort." };

const fn purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "zum Registrieren",
        CodeTemplate::Login => "zum Anmelden",
        CodeTemplate::ChangeEmail => "zum Ändern Ihrer E-Mail-Adresse",
        CodeTemplate::ChangePhone => "zum Bestätigen dieser Nummer",
        CodeTemplate::StepUp => "zur Bestätigung Ihrer Person",
        CodeTemplate::ResetPassword => "für ein neues Passwort",
        CodeTemplate::Bind => "zum Bestätigen Ihrer neuen Nummer",
    }
}

fn code(code: &str, purpose: &str, minutes: u64) -> [String; 3] {
    let unit = match Plural::of(Locale::De, minutes) {
        Plural::One => "Minute",
        Plural::Few | Plural::Many | Plural::Other => "Minuten",
    };
    [
        format!("{code} ist Ihr Code {purpose}. Er gilt {minutes} {unit}. Niemandem weitergeben!"),
        format!("{code} ist Ihr Code {purpose}. Niemandem weitergeben!"),
        format!("{code} {purpose}. Niemandem weitergeben!"),
    ]
}

fn call(service: &str, template: CodeTemplate, digits: &str) -> String {
    let purpose = purpose(template);
    format!("Hier ist {service}. Ihr Code {purpose} lautet {digits}.")
}

const fn notice(template: NoticeTemplate) -> &'static str {
    match template {
        NoticeTemplate::AlreadyRegistered => "Jemand wollte sich in Ihrem Namen registrieren.",
        NoticeTemplate::EmailChangeAsked => "Eine Änderung Ihrer E-Mail-Adresse wurde verlangt.",
        NoticeTemplate::EmailChanged => "Ihre E-Mail-Adresse wurde geändert.",
        NoticeTemplate::PhoneChangeAsked => "Eine Änderung Ihrer Nummer wurde verlangt.",
        NoticeTemplate::PhoneChanged => "Ihre Nummer wurde bestätigt.",
        NoticeTemplate::PhoneDropped => "Ihre Nummer wurde aus Ihrem Konto entfernt.",
        NoticeTemplate::NamesChanged => "Der Name in Ihrem Konto wurde geändert.",
        NoticeTemplate::PasswordChanged => "Ihr Passwort wurde geändert.",
        NoticeTemplate::SessionReused => "Eine Sitzung wurde zur Sicherheit beendet.",
        NoticeTemplate::SessionDisplaced => "Eine Anmeldung hat Ihre älteste Sitzung beendet.",
        NoticeTemplate::NewDevice => "Ein neues Gerät hat sich in Ihrem Konto angemeldet.",
        NoticeTemplate::PasswordReset => "Für Ihr Konto wurde ein neues Passwort festgelegt.",
        NoticeTemplate::ChangeUndone => "Eine Änderung an Ihrem Konto wurde rückgängig gemacht.",
        NoticeTemplate::BindingOpened => "Jemand verknüpft eine neue Nummer mit Ihrem Konto.",
        NoticeTemplate::BindingEnded => "Ihre Nummer und Ihr zweiter Faktor bleiben.",
        NoticeTemplate::NumberHeld => "Eine neue Nummer wird diese in Ihrem Konto ersetzen.",
        NoticeTemplate::NumberCalledOff => "Diese Nummer bleibt in Ihrem Konto.",
        NoticeTemplate::TotpAdded => "Ihrem Konto wurde eine Authenticator-App hinzugefügt.",
        NoticeTemplate::TotpRemoved => "Die Authenticator-App Ihres Kontos wurde entfernt.",
        NoticeTemplate::AuthenticatorPending => "Ihrem Konto wird eine Authenticator-App hinzugefügt.",
        NoticeTemplate::AuthenticatorHeld => "Eine neue Authenticator-App wird Ihren zweiten Faktor ersetzen.",
        NoticeTemplate::AuthenticatorCalledOff => "Ihr zweiter Faktor bleibt.",
        NoticeTemplate::AuthenticatorReplaced => "Ihr zweiter Faktor wurde ersetzt.",
        NoticeTemplate::RecoveryCodesMade => "Für Ihr Konto gibt es neue Wiederherstellungscodes.",
        NoticeTemplate::RecoveryCodeUsed => "Ein Wiederherstellungscode wurde benutzt.",
        NoticeTemplate::PasswordsTried => "Jemand probiert Passwörter für Ihr Konto aus.",
        NoticeTemplate::PasswordDisabled => "Zu viele falsche Passwörter: Legen Sie ein neues fest.",
        NoticeTemplate::AppCodesTried => "Jemand probiert Codes Ihrer Authenticator-App aus.",
        NoticeTemplate::AppDisabled => "Zu viele falsche Codes: Nutzen Sie einen Wiederherstellungscode.",
        NoticeTemplate::NumberDisabled => "Für Ihre Nummer gab es zu viele falsche Codes.",
    }
}
