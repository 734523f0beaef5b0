use doorward_kernel::Locale;

use crate::{CodeTemplate, NoticeTemplate};

/// Returns the purpose of a code, as the end of "your code to …" and of "Ihr Code …".
pub(super) const fn purpose(locale: Locale, template: CodeTemplate) -> &'static str {
    match (locale, template) {
        (Locale::En, CodeTemplate::Register) => "to sign up",
        (Locale::En, CodeTemplate::Login) => "to log in",
        (Locale::En, CodeTemplate::ChangeEmail) => "to change your e-mail address",
        (Locale::En, CodeTemplate::ChangePhone) => "to confirm this number",
        (Locale::En, CodeTemplate::StepUp) => "to confirm that it is you",
        (Locale::En, CodeTemplate::ResetPassword) => "to set a new password",
        (Locale::En, CodeTemplate::Bind) => "to confirm your new number",
        (Locale::De, CodeTemplate::ResetPassword) => "für ein neues Passwort",
        (Locale::De, CodeTemplate::Bind) => "zum Bestätigen Ihrer neuen Nummer",
        (Locale::De, CodeTemplate::Register) => "zum Registrieren",
        (Locale::De, CodeTemplate::Login) => "zum Anmelden",
        (Locale::De, CodeTemplate::ChangeEmail) => "zum Ändern Ihrer E-Mail-Adresse",
        (Locale::De, CodeTemplate::ChangePhone) => "zum Bestätigen dieser Nummer",
        (Locale::De, CodeTemplate::StepUp) => "zur Bestätigung Ihrer Person",
    }
}

/// The sentences around a code, the longest version first.
pub(super) fn code(locale: Locale, purpose: &str, code: &str, minutes: u64) -> [String; 3] {
    match locale {
        Locale::En => {
            let plural = if minutes == 1 { "" } else { "s" };
            [
                format!("{code} is your code {purpose}. It is good for {minutes} minute{plural}. Never share it."),
                format!("{code} is your code {purpose}. Never share it."),
                format!("{code} {purpose}. Never share it."),
            ]
        }
        Locale::De => {
            let plural = if minutes == 1 { "" } else { "n" };
            [
                format!("{code} ist Ihr Code {purpose}. Er gilt {minutes} Minute{plural}. Niemandem weitergeben!"),
                format!("{code} ist Ihr Code {purpose}. Niemandem weitergeben!"),
                format!("{code} {purpose}. Niemandem weitergeben!"),
            ]
        }
    }
}

/// Returns the sentence of a notice, without any detail.
pub(super) const fn notice(locale: Locale, template: NoticeTemplate) -> &'static str {
    match (locale, template) {
        (Locale::En, NoticeTemplate::AlreadyRegistered) => "Somebody tried to sign up in your name.",
        (Locale::En, NoticeTemplate::EmailChangeAsked) => "A change of your e-mail address was asked for.",
        (Locale::En, NoticeTemplate::EmailChanged) => "Your e-mail address was changed.",
        (Locale::En, NoticeTemplate::PhoneChangeAsked) => "A change of your number was asked for.",
        (Locale::En, NoticeTemplate::PhoneChanged) => "Your number was confirmed.",
        (Locale::En, NoticeTemplate::PhoneDropped) => "Your number was removed from your account.",
        (Locale::En, NoticeTemplate::PasswordChanged) => "Your password was changed.",
        (Locale::En, NoticeTemplate::SessionReused) => "A session was ended for safety.",
        (Locale::En, NoticeTemplate::SessionDisplaced) => "Your oldest session was ended by a new login.",
        (Locale::En, NoticeTemplate::NewDevice) => "A new device logged in to your account.",
        (Locale::En, NoticeTemplate::PasswordReset) => "A new password was set for your account.",
        (Locale::En, NoticeTemplate::ChangeUndone) => "A change of your account was undone.",
        (Locale::En, NoticeTemplate::BindingOpened) => "Somebody is binding a new number to your account.",
        (Locale::En, NoticeTemplate::BindingEnded) => "Your number and second factor stay.",
        (Locale::En, NoticeTemplate::NumberHeld) => "A new number will replace this one in your account.",
        (Locale::En, NoticeTemplate::NumberCalledOff) => "This number stays in your account.",
        (Locale::De, NoticeTemplate::BindingOpened) => "Jemand verknüpft eine neue Nummer mit Ihrem Konto.",
        (Locale::De, NoticeTemplate::BindingEnded) => "Ihre Nummer und Ihr zweiter Faktor bleiben.",
        (Locale::De, NoticeTemplate::NumberHeld) => "Eine neue Nummer wird diese in Ihrem Konto ersetzen.",
        (Locale::De, NoticeTemplate::NumberCalledOff) => "Diese Nummer bleibt in Ihrem Konto.",
        (Locale::De, NoticeTemplate::PasswordReset) => "Für Ihr Konto wurde ein neues Passwort festgelegt.",
        (Locale::De, NoticeTemplate::ChangeUndone) => "Eine Änderung an Ihrem Konto wurde rückgängig gemacht.",
        (Locale::En, NoticeTemplate::TotpAdded) => "An authenticator app was added to your account.",
        (Locale::En, NoticeTemplate::TotpRemoved) => "The authenticator app was removed from your account.",
        (Locale::En, NoticeTemplate::AuthenticatorPending) => "An authenticator app will be added to your account.",
        (Locale::En, NoticeTemplate::AuthenticatorHeld) => "A new authenticator app will replace your second factor.",
        (Locale::En, NoticeTemplate::AuthenticatorCalledOff) => "Your second factor stays.",
        (Locale::En, NoticeTemplate::AuthenticatorReplaced) => "Your second factor was replaced.",
        (Locale::En, NoticeTemplate::RecoveryCodesMade) => "New recovery codes were made for your account.",
        (Locale::En, NoticeTemplate::RecoveryCodeUsed) => "A recovery code of your account was used.",
        (Locale::En, NoticeTemplate::PasswordsTried) => "Somebody tries passwords for your account.",
        (Locale::En, NoticeTemplate::PasswordDisabled) => "Too many wrong passwords: set a new one.",
        (Locale::En, NoticeTemplate::AppCodesTried) => "Somebody tries codes of your authenticator app.",
        (Locale::En, NoticeTemplate::AppDisabled) => "Too many wrong codes: use a recovery code.",
        (Locale::En, NoticeTemplate::NumberDisabled) => "Too many wrong codes were entered for your number.",
        (Locale::De, NoticeTemplate::AlreadyRegistered) => "Jemand wollte sich in Ihrem Namen registrieren.",
        (Locale::De, NoticeTemplate::EmailChangeAsked) => "Eine Änderung Ihrer E-Mail-Adresse wurde verlangt.",
        (Locale::De, NoticeTemplate::EmailChanged) => "Ihre E-Mail-Adresse wurde geändert.",
        (Locale::De, NoticeTemplate::PhoneChangeAsked) => "Eine Änderung Ihrer Nummer wurde verlangt.",
        (Locale::De, NoticeTemplate::PhoneChanged) => "Ihre Nummer wurde bestätigt.",
        (Locale::De, NoticeTemplate::PhoneDropped) => "Ihre Nummer wurde aus Ihrem Konto entfernt.",
        (Locale::De, NoticeTemplate::PasswordChanged) => "Ihr Passwort wurde geändert.",
        (Locale::De, NoticeTemplate::SessionReused) => "Eine Sitzung wurde zur Sicherheit beendet.",
        (Locale::De, NoticeTemplate::SessionDisplaced) => "Eine Anmeldung hat Ihre älteste Sitzung beendet.",
        (Locale::De, NoticeTemplate::NewDevice) => "Ein neues Gerät hat sich in Ihrem Konto angemeldet.",
        (Locale::De, NoticeTemplate::TotpAdded) => "Ihrem Konto wurde eine Authenticator-App hinzugefügt.",
        (Locale::De, NoticeTemplate::TotpRemoved) => "Die Authenticator-App Ihres Kontos wurde entfernt.",
        (Locale::De, NoticeTemplate::AuthenticatorPending) => "Ihrem Konto wird eine Authenticator-App hinzugefügt.",
        (Locale::De, NoticeTemplate::AuthenticatorHeld) => {
            "Eine neue Authenticator-App wird Ihren zweiten Faktor ersetzen."
        }
        (Locale::De, NoticeTemplate::AuthenticatorCalledOff) => "Ihr zweiter Faktor bleibt.",
        (Locale::De, NoticeTemplate::AuthenticatorReplaced) => "Ihr zweiter Faktor wurde ersetzt.",
        (Locale::De, NoticeTemplate::RecoveryCodesMade) => "Für Ihr Konto gibt es neue Wiederherstellungscodes.",
        (Locale::De, NoticeTemplate::RecoveryCodeUsed) => "Ein Wiederherstellungscode wurde benutzt.",
        (Locale::De, NoticeTemplate::PasswordsTried) => "Jemand probiert Passwörter für Ihr Konto aus.",
        (Locale::De, NoticeTemplate::PasswordDisabled) => "Zu viele falsche Passwörter: Legen Sie ein neues fest.",
        (Locale::De, NoticeTemplate::AppCodesTried) => "Jemand probiert Codes Ihrer Authenticator-App aus.",
        (Locale::De, NoticeTemplate::AppDisabled) => "Zu viele falsche Codes: Nutzen Sie einen Wiederherstellungscode.",
        (Locale::De, NoticeTemplate::NumberDisabled) => "Für Ihre Nummer gab es zu viele falsche Codes.",
    }
}

/// Returns the advice after a notice.
pub(super) const fn advice(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "Not you? Change your password at once.",
        Locale::De => "Nicht Sie? Ändern Sie sofort Ihr Passwort.",
    }
}
