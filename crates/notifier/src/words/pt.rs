//! Portuguese; letters outside GSM-7 are written without their marks, as is usual in SMS.

use doorward_kernel::Locale;

use super::Words;
use crate::{CodeTemplate, NoticeTemplate, Plural};

pub(super) const WORDS: Words =
    Words { purpose, code, call, notice, advice: "Nao foi voce? Altere a sua senha imediatamente." };

const fn purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "para se cadastrar",
        CodeTemplate::Login => "para entrar na sua conta",
        CodeTemplate::ChangeEmail => "para alterar o seu e-mail",
        CodeTemplate::ChangePhone => "para confirmar este numero",
        CodeTemplate::StepUp => "para confirmar a sua identidade",
        CodeTemplate::ResetPassword => "para definir uma nova senha",
        CodeTemplate::Bind => "para confirmar o seu novo numero",
    }
}

fn code(code: &str, purpose: &str, minutes: u64) -> [String; 3] {
    let unit = match Plural::of(Locale::Pt, minutes) {
        Plural::One => "minuto",
        Plural::Few | Plural::Many | Plural::Other => "minutos",
    };
    [
        format!("{code} é o seu codigo {purpose}. Vale por {minutes} {unit}. Nao o compartilhe com ninguém."),
        format!("{code} é o seu codigo {purpose}. Nao o compartilhe com ninguém."),
        format!("{code} {purpose}. Nao compartilhe com ninguém."),
    ]
}

/// The purposes as a voice reads them: those of SMS lack the letters that GSM-7 has not.
const fn spoken_purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "para se cadastrar",
        CodeTemplate::Login => "para entrar na sua conta",
        CodeTemplate::ChangeEmail => "para alterar o seu e-mail",
        CodeTemplate::ChangePhone => "para confirmar este número",
        CodeTemplate::StepUp => "para confirmar a sua identidade",
        CodeTemplate::ResetPassword => "para definir uma nova senha",
        CodeTemplate::Bind => "para confirmar o seu novo número",
    }
}

fn call(service: &str, template: CodeTemplate, digits: &str) -> String {
    let purpose = spoken_purpose(template);
    format!("Esta é uma chamada de {service}. O seu código {purpose} é {digits}.")
}

const fn notice(template: NoticeTemplate) -> &'static str {
    match template {
        NoticeTemplate::AlreadyRegistered => "Alguém tentou se cadastrar em seu nome.",
        NoticeTemplate::EmailChangeAsked => "Foi pedida uma alteracao do seu e-mail.",
        NoticeTemplate::EmailChanged => "O seu e-mail foi alterado.",
        NoticeTemplate::PhoneChangeAsked => "Foi pedida uma alteracao do seu numero.",
        NoticeTemplate::PhoneChanged => "O seu numero foi confirmado.",
        NoticeTemplate::PhoneDropped => "O seu numero foi removido da sua conta.",
        NoticeTemplate::NamesChanged => "O nome da sua conta foi alterado.",
        NoticeTemplate::PasswordChanged => "A sua senha foi alterada.",
        NoticeTemplate::SessionReused => "Uma sessao foi encerrada por seguranca.",
        NoticeTemplate::SessionDisplaced => "Um novo acesso encerrou a sua sessao mais antiga.",
        NoticeTemplate::NewDevice => "Um novo dispositivo entrou na sua conta.",
        NoticeTemplate::PasswordReset => "Uma nova senha foi definida para a sua conta.",
        NoticeTemplate::ChangeUndone => "Uma alteracao da sua conta foi desfeita.",
        NoticeTemplate::BindingOpened => "Alguém esta associando um novo numero à sua conta.",
        NoticeTemplate::BindingEnded => "O seu numero e o seu segundo fator continuam os mesmos.",
        NoticeTemplate::NumberHeld => "Um novo numero vai substituir este na sua conta.",
        NoticeTemplate::NumberCalledOff => "Este numero continua na sua conta.",
        NoticeTemplate::TotpAdded => "Um aplicativo autenticador foi adicionado à sua conta.",
        NoticeTemplate::TotpRemoved => "O aplicativo autenticador foi removido da sua conta.",
        NoticeTemplate::AuthenticatorPending => "Um aplicativo autenticador sera adicionado à sua conta.",
        NoticeTemplate::AuthenticatorHeld => "Um novo aplicativo autenticador vai substituir o seu segundo fator.",
        NoticeTemplate::AuthenticatorCalledOff => "O seu segundo fator continua o mesmo.",
        NoticeTemplate::AuthenticatorReplaced => "O seu segundo fator foi substituido.",
        NoticeTemplate::RecoveryCodesMade => "Novos codigos de recuperacao foram criados para a sua conta.",
        NoticeTemplate::RecoveryCodeUsed => "Um codigo de recuperacao da sua conta foi usado.",
        NoticeTemplate::PasswordsTried => "Alguém esta tentando senhas na sua conta.",
        NoticeTemplate::PasswordDisabled => "Muitas senhas erradas: defina uma nova.",
        NoticeTemplate::AppCodesTried => "Alguém esta tentando codigos do seu aplicativo autenticador.",
        NoticeTemplate::AppDisabled => "Muitos codigos errados: use um codigo de recuperacao.",
        NoticeTemplate::NumberDisabled => "Muitos codigos errados foram digitados para o seu numero.",
    }
}
