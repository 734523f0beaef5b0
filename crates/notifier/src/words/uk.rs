//! Ukrainian.

use doorward_kernel::Locale;

use super::Words;
use crate::{CodeTemplate, NoticeTemplate, Plural};

pub(super) const WORDS: Words =
    Words { purpose, code, call, notice, advice: "Це не ви? Негайно змініть пароль." };

const fn purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "для реєстрації",
        CodeTemplate::Login => "для входу",
        CodeTemplate::ChangeEmail => "для зміни пошти",
        CodeTemplate::ChangePhone => "для цього номера",
        CodeTemplate::StepUp => "для перевірки",
        CodeTemplate::ResetPassword => "для нового пароля",
        CodeTemplate::Bind => "для нового номера",
    }
}

fn code(code: &str, purpose: &str, minutes: u64) -> [String; 3] {
    let unit = match Plural::of(Locale::Uk, minutes) {
        Plural::One => "хвилину",
        Plural::Few | Plural::Other => "хвилини",
        Plural::Many => "хвилин",
    };
    [
        format!("{code} — код {purpose}, діє {minutes} {unit}. Нікому не кажіть."),
        format!("{code} {purpose}. Нікому не кажіть."),
        format!("{code} {purpose}. Не кажіть!"),
    ]
}

fn call(service: &str, template: CodeTemplate, digits: &str) -> String {
    let purpose = purpose(template);
    format!("Вам телефонує {service}. Ваш код {purpose}: {digits}.")
}

const fn notice(template: NoticeTemplate) -> &'static str {
    match template {
        NoticeTemplate::AlreadyRegistered => "Хтось намагався зареєструватися від вашого імені.",
        NoticeTemplate::EmailChangeAsked => "Надійшов запит на зміну вашої адреси пошти.",
        NoticeTemplate::EmailChanged => "Вашу адресу пошти змінено.",
        NoticeTemplate::PhoneChangeAsked => "Надійшов запит на зміну вашого номера.",
        NoticeTemplate::PhoneChanged => "Ваш номер підтверджено.",
        NoticeTemplate::PhoneDropped => "Ваш номер вилучено з облікового запису.",
        NoticeTemplate::NamesChanged => "Ім'я в обліковому записі змінено.",
        NoticeTemplate::PasswordChanged => "Ваш пароль змінено.",
        NoticeTemplate::SessionReused => "Сеанс завершено з міркувань безпеки.",
        NoticeTemplate::SessionDisplaced => "Новий вхід завершив ваш найдавніший сеанс.",
        NoticeTemplate::NewDevice => "У ваш обліковий запис увійшли з нового пристрою.",
        NoticeTemplate::PasswordReset => "В обліковому записі встановлено новий пароль.",
        NoticeTemplate::ChangeUndone => "Зміну у вашому обліковому записі скасовано.",
        NoticeTemplate::BindingOpened => "Хтось прив'язує новий номер до облікового запису.",
        NoticeTemplate::BindingEnded => "Ваш номер і другий фактор залишаються без змін.",
        NoticeTemplate::NumberHeld => "Новий номер замінить цей у вашому обліковому записі.",
        NoticeTemplate::NumberCalledOff => "Цей номер залишається у вашому обліковому записі.",
        NoticeTemplate::TotpAdded => "До облікового запису додано автентифікатор.",
        NoticeTemplate::TotpRemoved => "Автентифікатор вилучено з облікового запису.",
        NoticeTemplate::AuthenticatorPending => "До облікового запису буде додано автентифікатор.",
        NoticeTemplate::AuthenticatorHeld => "Новий автентифікатор замінить ваш другий фактор.",
        NoticeTemplate::AuthenticatorCalledOff => "Ваш другий фактор залишається без змін.",
        NoticeTemplate::AuthenticatorReplaced => "Ваш другий фактор замінено.",
        NoticeTemplate::RecoveryCodesMade => "Створено нові резервні коди облікового запису.",
        NoticeTemplate::RecoveryCodeUsed => "Використано резервний код вашого облікового запису.",
        NoticeTemplate::PasswordsTried => "Хтось добирає пароль до вашого облікового запису.",
        NoticeTemplate::PasswordDisabled => "Забагато неправильних паролів: встановіть новий.",
        NoticeTemplate::AppCodesTried => "Хтось добирає коди вашого автентифікатора.",
        NoticeTemplate::AppDisabled => "Забагато неправильних кодів: введіть резервний код.",
        NoticeTemplate::NumberDisabled => "Забагато неправильних кодів для вашого номера.",
    }
}
