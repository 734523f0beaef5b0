//! Russian.

use doorward_kernel::Locale;

use super::Words;
use crate::{CodeTemplate, NoticeTemplate, Plural};

pub(super) const WORDS: Words =
    Words { purpose, code, call, notice, advice: "Это не вы? Срочно смените пароль." };

const fn purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "для регистрации",
        CodeTemplate::Login => "для входа",
        CodeTemplate::ChangeEmail => "для смены почты",
        CodeTemplate::ChangePhone => "для этого номера",
        CodeTemplate::StepUp => "для подтверждения",
        CodeTemplate::ResetPassword => "для нового пароля",
        CodeTemplate::Bind => "для нового номера",
    }
}

fn code(code: &str, purpose: &str, minutes: u64) -> [String; 3] {
    let unit = match Plural::of(Locale::Ru, minutes) {
        Plural::One => "минуту",
        Plural::Few | Plural::Other => "минуты",
        Plural::Many => "минут",
    };
    [
        format!("{code} — код {purpose}, действует {minutes} {unit}. Никому не сообщайте."),
        format!("{code} {purpose}. Никому не сообщайте."),
        format!("{code} {purpose}. Не сообщайте!"),
    ]
}

fn call(service: &str, template: CodeTemplate, digits: &str) -> String {
    let purpose = purpose(template);
    format!("Вам звонит {service}. Ваш код {purpose}: {digits}.")
}

const fn notice(template: NoticeTemplate) -> &'static str {
    match template {
        NoticeTemplate::AlreadyRegistered => "Кто-то пытался зарегистрироваться от вашего имени.",
        NoticeTemplate::EmailChangeAsked => "Запрошена смена вашего адреса почты.",
        NoticeTemplate::EmailChanged => "Ваш адрес почты изменён.",
        NoticeTemplate::PhoneChangeAsked => "Запрошена смена вашего номера.",
        NoticeTemplate::PhoneChanged => "Ваш номер подтверждён.",
        NoticeTemplate::PhoneDropped => "Ваш номер удалён из аккаунта.",
        NoticeTemplate::NamesChanged => "Имя в вашем аккаунте изменено.",
        NoticeTemplate::PasswordChanged => "Ваш пароль изменён.",
        NoticeTemplate::SessionReused => "Сеанс завершён из соображений безопасности.",
        NoticeTemplate::SessionDisplaced => "Новый вход завершил ваш самый старый сеанс.",
        NoticeTemplate::NewDevice => "В ваш аккаунт вошли с нового устройства.",
        NoticeTemplate::PasswordReset => "Для вашего аккаунта задан новый пароль.",
        NoticeTemplate::ChangeUndone => "Изменение в вашем аккаунте отменено.",
        NoticeTemplate::BindingOpened => "Кто-то привязывает новый номер к вашему аккаунту.",
        NoticeTemplate::BindingEnded => "Ваш номер и второй фактор остаются прежними.",
        NoticeTemplate::NumberHeld => "Новый номер заменит этот в вашем аккаунте.",
        NoticeTemplate::NumberCalledOff => "Этот номер остаётся в вашем аккаунте.",
        NoticeTemplate::TotpAdded => "В аккаунт добавлено приложение-аутентификатор.",
        NoticeTemplate::TotpRemoved => "Приложение-аутентификатор удалено из аккаунта.",
        NoticeTemplate::AuthenticatorPending => "В аккаунт будет добавлено приложение-аутентификатор.",
        NoticeTemplate::AuthenticatorHeld => "Новое приложение заменит ваш второй фактор.",
        NoticeTemplate::AuthenticatorCalledOff => "Ваш второй фактор остаётся прежним.",
        NoticeTemplate::AuthenticatorReplaced => "Ваш второй фактор заменён.",
        NoticeTemplate::RecoveryCodesMade => "Для вашего аккаунта созданы новые резервные коды.",
        NoticeTemplate::RecoveryCodeUsed => "Использован резервный код вашего аккаунта.",
        NoticeTemplate::PasswordsTried => "Кто-то подбирает пароль к вашему аккаунту.",
        NoticeTemplate::PasswordDisabled => "Слишком много неверных паролей: задайте новый.",
        NoticeTemplate::AppCodesTried => "Кто-то подбирает коды вашего аутентификатора.",
        NoticeTemplate::AppDisabled => "Слишком много неверных кодов: введите резервный код.",
        NoticeTemplate::NumberDisabled => "Слишком много неверных кодов для вашего номера.",
    }
}
