use doorward_kernel::Locale;
use doorward_notifier::{CodeTemplate, NoticeTemplate};

/// The layouts of texts, by the part of the mail they make.
pub(crate) const LAYOUTS: [(&str, &str); 3] = [
    ("layout.subject", include_str!("../templates/layout.subject.jinja")),
    ("layout.txt", include_str!("../templates/layout.txt.jinja")),
    ("layout.html", include_str!("../templates/layout.html.jinja")),
];

/// A template that the others of a language extend.
#[derive(Clone, Copy)]
pub(crate) enum Base {
    Code,
    Notice,
}

/// The source of a template in each language.
macro_rules! source {
    ($locale:ident, $template:ident: $type:ident $names:tt) => {
        match $locale {
            Locale::En => source!("en", $template: $type $names),
            Locale::De => source!("de", $template: $type $names),
            Locale::Fr => source!("fr", $template: $type $names),
            Locale::Es => source!("es", $template: $type $names),
            Locale::Pt => source!("pt", $template: $type $names),
            Locale::It => source!("it", $template: $type $names),
            Locale::Pl => source!("pl", $template: $type $names),
            Locale::Tr => source!("tr", $template: $type $names),
            Locale::Ru => source!("ru", $template: $type $names),
            Locale::Uk => source!("uk", $template: $type $names),
            Locale::Hi => source!("hi", $template: $type $names),
            Locale::Ja => source!("ja", $template: $type $names),
            Locale::Zh => source!("zh", $template: $type $names),
        }
    };
    ($tag:literal, $template:ident: $type:ident { $($variant:ident = $name:literal,)* }) => {
        match $template {
            $($type::$variant => include_str!(concat!("../templates/", $tag, "/", $name, ".jinja")),)*
        }
    };
}

/// What all codes, or all notices, of a language say.
pub(crate) const fn base(locale: Locale, base: Base) -> &'static str {
    source!(locale, base: Base {
        Code = "code",
        Notice = "notice",
    })
}

/// The words around a code.
pub(crate) const fn code(locale: Locale, template: CodeTemplate) -> &'static str {
    source!(locale, template: CodeTemplate {
        Register = "code.register",
        Login = "code.login",
        ChangeEmail = "code.change_email",
        ChangePhone = "code.change_phone",
        StepUp = "code.step_up",
        ResetPassword = "code.reset_password",
        Bind = "code.bind",
    })
}

/// The words of a notice.
pub(crate) const fn notice(locale: Locale, template: NoticeTemplate) -> &'static str {
    source!(locale, template: NoticeTemplate {
        AlreadyRegistered = "notice.already_registered",
        EmailChangeAsked = "notice.email_change_asked",
        EmailChanged = "notice.email_changed",
        PhoneChangeAsked = "notice.phone_change_asked",
        PhoneChanged = "notice.phone_changed",
        PhoneDropped = "notice.phone_dropped",
        NamesChanged = "notice.names_changed",
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
    })
}
