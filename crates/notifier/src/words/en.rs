//! English.

use doorward_kernel::Locale;

use super::Words;
use crate::{CodeTemplate, NoticeTemplate, Plural};

pub(super) const WORDS: Words = Words { purpose, code, call, notice, advice: "Not you? Change your password at once." };

const fn purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "to sign up",
        CodeTemplate::Login => "to log in",
        CodeTemplate::ChangeEmail => "to change your e-mail address",
        CodeTemplate::ChangePhone => "to confirm this number",
        CodeTemplate::StepUp => "to confirm that it is you",
        CodeTemplate::ResetPassword => "to set a new password",
        CodeTemplate::Bind => "to confirm your new number",
    }
}

fn code(code: &str, purpose: &str, minutes: u64) -> [String; 3] {
    let unit = match Plural::of(Locale::En, minutes) {
        Plural::One => "minute",
        Plural::Few | Plural::Many | Plural::Other => "minutes",
    };
    [
        format!("{code} is your code {purpose}. It is good for {minutes} {unit}. Never share it."),
        format!("{code} is your code {purpose}. Never share it."),
        format!("{code} {purpose}. Never share it."),
    ]
}

fn call(service: &str, template: CodeTemplate, digits: &str) -> String {
    let purpose = purpose(template);
    format!("This is {service}. Your code {purpose} is {digits}.")
}

const fn notice(template: NoticeTemplate) -> &'static str {
    match template {
        NoticeTemplate::AlreadyRegistered => "Somebody tried to sign up in your name.",
        NoticeTemplate::EmailChangeAsked => "A change of your e-mail address was asked for.",
        NoticeTemplate::EmailChanged => "Your e-mail address was changed.",
        NoticeTemplate::PhoneChangeAsked => "A change of your number was asked for.",
        NoticeTemplate::PhoneChanged => "Your number was confirmed.",
        NoticeTemplate::PhoneDropped => "Your number was removed from your account.",
        NoticeTemplate::NamesChanged => "The name of your account was changed.",
        NoticeTemplate::PasswordChanged => "Your password was changed.",
        NoticeTemplate::SessionReused => "A session was ended for safety.",
        NoticeTemplate::SessionDisplaced => "Your oldest session was ended by a new login.",
        NoticeTemplate::NewDevice => "A new device logged in to your account.",
        NoticeTemplate::PasswordReset => "A new password was set for your account.",
        NoticeTemplate::ChangeUndone => "A change of your account was undone.",
        NoticeTemplate::BindingOpened => "Somebody is binding a new number to your account.",
        NoticeTemplate::BindingEnded => "Your number and second factor stay.",
        NoticeTemplate::NumberHeld => "A new number will replace this one in your account.",
        NoticeTemplate::NumberCalledOff => "This number stays in your account.",
        NoticeTemplate::TotpAdded => "An authenticator app was added to your account.",
        NoticeTemplate::TotpRemoved => "The authenticator app was removed from your account.",
        NoticeTemplate::AuthenticatorPending => "An authenticator app will be added to your account.",
        NoticeTemplate::AuthenticatorHeld => "A new authenticator app will replace your second factor.",
        NoticeTemplate::AuthenticatorCalledOff => "Your second factor stays.",
        NoticeTemplate::AuthenticatorReplaced => "Your second factor was replaced.",
        NoticeTemplate::RecoveryCodesMade => "New recovery codes were made for your account.",
        NoticeTemplate::RecoveryCodeUsed => "A recovery code of your account was used.",
        NoticeTemplate::PasswordsTried => "Somebody tries passwords for your account.",
        NoticeTemplate::PasswordDisabled => "Too many wrong passwords: set a new one.",
        NoticeTemplate::AppCodesTried => "Somebody tries codes of your authenticator app.",
        NoticeTemplate::AppDisabled => "Too many wrong codes: use a recovery code.",
        NoticeTemplate::NumberDisabled => "Too many wrong codes were entered for your number.",
    }
}
