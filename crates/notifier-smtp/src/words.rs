use doorward_kernel::Locale;
use doorward_notifier::{CodeTemplate, NoticeTemplate};

/// The layouts of texts, by the part of the mail they make.
pub(crate) const LAYOUTS: [(&str, &str); 3] = [
    ("layout.subject", include_str!("../templates/layout.subject.jinja")),
    ("layout.txt", include_str!("../templates/layout.txt.jinja")),
    ("layout.html", include_str!("../templates/layout.html.jinja")),
];

/// The templates that all codes and all notices of a language extend.
pub(crate) const BASES: [(&str, &str); 4] = [
    ("en/code", include_str!("../templates/en/code.jinja")),
    ("en/notice", include_str!("../templates/en/notice.jinja")),
    ("de/code", include_str!("../templates/de/code.jinja")),
    ("de/notice", include_str!("../templates/de/notice.jinja")),
];

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident($type:ident) { $($variant:ident = $file:literal,)* })*) => {$(
        $(#[$doc])*
        pub(crate) const fn $name(locale: Locale, template: $type) -> &'static str {
            match (locale, template) {
                $(
                    (Locale::En, $type::$variant) => include_str!(concat!("../templates/en/", $file, ".jinja")),
                    (Locale::De, $type::$variant) => include_str!(concat!("../templates/de/", $file, ".jinja")),
                )*
            }
        }
    )*};
}

words! {
    /// The words around a code.
    code(CodeTemplate) {
        Register = "code.register",
        Login = "code.login",
        ChangeEmail = "code.change_email",
        ChangePhone = "code.change_phone",
        StepUp = "code.step_up",
        ResetPassword = "code.reset_password",
        Bind = "code.bind",
    }
    /// The words of a notice.
    notice(NoticeTemplate) {
        AlreadyRegistered = "notice.already_registered",
        EmailChangeAsked = "notice.email_change_asked",
        EmailChanged = "notice.email_changed",
        PhoneChangeAsked = "notice.phone_change_asked",
        PhoneChanged = "notice.phone_changed",
        PhoneDropped = "notice.phone_dropped",
        PasswordChanged = "notice.password_changed",
        SessionReused = "notice.session_reused",
        SessionDisplaced = "notice.session_displaced",
        NewDevice = "notice.new_device",
        PasswordReset = "notice.password_reset",
        ChangeUndone = "notice.change_undone",
        BindingOpened = "notice.binding_opened",
        BindingEnded = "notice.binding_ended",
        NumberHeld = "notice.number_held",
        NumberCalledOff = "notice.number_called_off",
        TotpAdded = "notice.totp_added",
        TotpRemoved = "notice.totp_removed",
        AuthenticatorPending = "notice.authenticator_pending",
        AuthenticatorHeld = "notice.authenticator_held",
        AuthenticatorCalledOff = "notice.authenticator_called_off",
        AuthenticatorReplaced = "notice.authenticator_replaced",
        RecoveryCodesMade = "notice.recovery_codes_made",
        RecoveryCodeUsed = "notice.recovery_code_used",
        PasswordsTried = "notice.passwords_tried",
        PasswordDisabled = "notice.password_disabled",
        AppCodesTried = "notice.app_codes_tried",
        AppDisabled = "notice.app_disabled",
        NumberDisabled = "notice.number_disabled",
    }
}
