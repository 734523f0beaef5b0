//! Spanish; letters outside GSM-7 are written without their marks, as is usual in SMS.

use doorward_kernel::Locale;

use super::Words;
use crate::{CodeTemplate, NoticeTemplate, Plural};

pub(super) const WORDS: Words =
    Words { purpose, code, call, notice, advice: "¿No ha sido usted? Cambie su contraseña de inmediato." };

const fn purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "para registrarse",
        CodeTemplate::Login => "para iniciar sesion",
        CodeTemplate::ChangeEmail => "para cambiar su correo",
        CodeTemplate::ChangePhone => "para confirmar este numero",
        CodeTemplate::StepUp => "para confirmar su identidad",
        CodeTemplate::ResetPassword => "para crear una contraseña nueva",
        CodeTemplate::Bind => "para confirmar su nuevo numero",
    }
}

fn code(code: &str, purpose: &str, minutes: u64) -> [String; 3] {
    let unit = match Plural::of(Locale::Es, minutes) {
        Plural::One => "minuto",
        Plural::Few | Plural::Many | Plural::Other => "minutos",
    };
    [
        format!("{code} es su codigo {purpose}. Es valido durante {minutes} {unit}. No lo comparta con nadie."),
        format!("{code} es su codigo {purpose}. No lo comparta con nadie."),
        format!("{code} {purpose}. No lo comparta con nadie."),
    ]
}

/// The purposes as a voice reads them: those of SMS lack the letters that GSM-7 has not.
const fn spoken_purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "para registrarse",
        CodeTemplate::Login => "para iniciar sesión",
        CodeTemplate::ChangeEmail => "para cambiar su correo",
        CodeTemplate::ChangePhone => "para confirmar este número",
        CodeTemplate::StepUp => "para confirmar su identidad",
        CodeTemplate::ResetPassword => "para crear una contraseña nueva",
        CodeTemplate::Bind => "para confirmar su nuevo número",
    }
}

fn call(service: &str, template: CodeTemplate, digits: &str) -> String {
    let purpose = spoken_purpose(template);
    format!("Le llamamos de {service}. Su código {purpose} es {digits}.")
}

const fn notice(template: NoticeTemplate) -> &'static str {
    match template {
        NoticeTemplate::AlreadyRegistered => "Alguien ha intentado registrarse en su nombre.",
        NoticeTemplate::EmailChangeAsked => "Se ha pedido un cambio de su correo electronico.",
        NoticeTemplate::EmailChanged => "Su correo electronico se ha cambiado.",
        NoticeTemplate::PhoneChangeAsked => "Se ha pedido un cambio de su numero.",
        NoticeTemplate::PhoneChanged => "Su numero se ha confirmado.",
        NoticeTemplate::PhoneDropped => "Su numero se ha quitado de su cuenta.",
        NoticeTemplate::NamesChanged => "El nombre de su cuenta se ha cambiado.",
        NoticeTemplate::PasswordChanged => "Su contraseña se ha cambiado.",
        NoticeTemplate::SessionReused => "Se ha cerrado una sesion por seguridad.",
        NoticeTemplate::SessionDisplaced => "Un inicio de sesion ha cerrado su sesion mas antigua.",
        NoticeTemplate::NewDevice => "Un dispositivo nuevo ha iniciado sesion en su cuenta.",
        NoticeTemplate::PasswordReset => "Se ha creado una contraseña nueva para su cuenta.",
        NoticeTemplate::ChangeUndone => "Se ha deshecho un cambio de su cuenta.",
        NoticeTemplate::BindingOpened => "Alguien esta vinculando un numero nuevo a su cuenta.",
        NoticeTemplate::BindingEnded => "Su numero y su segundo factor se mantienen.",
        NoticeTemplate::NumberHeld => "Un numero nuevo sustituira a este en su cuenta.",
        NoticeTemplate::NumberCalledOff => "Este numero se mantiene en su cuenta.",
        NoticeTemplate::TotpAdded => "Se ha añadido una aplicacion de autenticacion a su cuenta.",
        NoticeTemplate::TotpRemoved => "Se ha quitado la aplicacion de autenticacion de su cuenta.",
        NoticeTemplate::AuthenticatorPending => "Se añadira una aplicacion de autenticacion a su cuenta.",
        NoticeTemplate::AuthenticatorHeld => "Una nueva aplicacion de autenticacion sustituira a su segundo factor.",
        NoticeTemplate::AuthenticatorCalledOff => "Su segundo factor se mantiene.",
        NoticeTemplate::AuthenticatorReplaced => "Su segundo factor se ha sustituido.",
        NoticeTemplate::RecoveryCodesMade => "Se han creado nuevos codigos de recuperacion para su cuenta.",
        NoticeTemplate::RecoveryCodeUsed => "Se ha usado un codigo de recuperacion de su cuenta.",
        NoticeTemplate::PasswordsTried => "Alguien esta probando contraseñas en su cuenta.",
        NoticeTemplate::PasswordDisabled => "Demasiadas contraseñas incorrectas: cree una nueva.",
        NoticeTemplate::AppCodesTried => "Alguien esta probando codigos de su aplicacion de autenticacion.",
        NoticeTemplate::AppDisabled => "Demasiados codigos incorrectos: use un codigo de recuperacion.",
        NoticeTemplate::NumberDisabled => "Se han introducido demasiados codigos incorrectos para su numero.",
    }
}
