//! Italian.

use doorward_kernel::Locale;

use super::Words;
use crate::{CodeTemplate, NoticeTemplate, Plural};

pub(super) const WORDS: Words =
    Words { purpose, code, call, notice, advice: "Non è stato lei? Cambi subito la password." };

const fn purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "per registrarsi",
        CodeTemplate::Login => "per accedere",
        CodeTemplate::ChangeEmail => "per cambiare l'indirizzo e-mail",
        CodeTemplate::ChangePhone => "per confermare questo numero",
        CodeTemplate::StepUp => "per confermare la sua identità",
        CodeTemplate::ResetPassword => "per impostare una nuova password",
        CodeTemplate::Bind => "per confermare il nuovo numero",
    }
}

fn code(code: &str, purpose: &str, minutes: u64) -> [String; 3] {
    let unit = match Plural::of(Locale::It, minutes) {
        Plural::One => "minuto",
        Plural::Few | Plural::Many | Plural::Other => "minuti",
    };
    [
        format!("{code} è il suo codice {purpose}. Vale {minutes} {unit}. Non lo comunichi a nessuno."),
        format!("{code} è il suo codice {purpose}. Non lo comunichi a nessuno."),
        format!("{code} {purpose}. Non lo comunichi a nessuno."),
    ]
}

fn call(service: &str, template: CodeTemplate, digits: &str) -> String {
    let purpose = purpose(template);
    format!("Qui {service}. Il suo codice {purpose} è {digits}.")
}

const fn notice(template: NoticeTemplate) -> &'static str {
    match template {
        NoticeTemplate::AlreadyRegistered => "Qualcuno ha provato a registrarsi a suo nome.",
        NoticeTemplate::EmailChangeAsked => "E stata chiesta una modifica del suo indirizzo e-mail.",
        NoticeTemplate::EmailChanged => "Il suo indirizzo e-mail è stato cambiato.",
        NoticeTemplate::PhoneChangeAsked => "E stata chiesta una modifica del suo numero.",
        NoticeTemplate::PhoneChanged => "Il suo numero è stato confermato.",
        NoticeTemplate::PhoneDropped => "Il suo numero è stato rimosso dal suo account.",
        NoticeTemplate::NamesChanged => "Il nome del suo account è stato cambiato.",
        NoticeTemplate::PasswordChanged => "La sua password è stata cambiata.",
        NoticeTemplate::SessionReused => "Una sessione è stata chiusa per sicurezza.",
        NoticeTemplate::SessionDisplaced => "Un nuovo accesso ha chiuso la sua sessione più vecchia.",
        NoticeTemplate::NewDevice => "Un nuovo dispositivo ha effettuato l'accesso al suo account.",
        NoticeTemplate::PasswordReset => "E stata impostata una nuova password per il suo account.",
        NoticeTemplate::ChangeUndone => "Una modifica del suo account è stata annullata.",
        NoticeTemplate::BindingOpened => "Qualcuno sta collegando un nuovo numero al suo account.",
        NoticeTemplate::BindingEnded => "Il suo numero e il suo secondo fattore restano invariati.",
        NoticeTemplate::NumberHeld => "Un nuovo numero sostituirà questo nel suo account.",
        NoticeTemplate::NumberCalledOff => "Questo numero resta nel suo account.",
        NoticeTemplate::TotpAdded => "Un'app di autenticazione è stata aggiunta al suo account.",
        NoticeTemplate::TotpRemoved => "L'app di autenticazione è stata rimossa dal suo account.",
        NoticeTemplate::AuthenticatorPending => "Un'app di autenticazione sarà aggiunta al suo account.",
        NoticeTemplate::AuthenticatorHeld => "Una nuova app di autenticazione sostituirà il suo secondo fattore.",
        NoticeTemplate::AuthenticatorCalledOff => "Il suo secondo fattore resta invariato.",
        NoticeTemplate::AuthenticatorReplaced => "Il suo secondo fattore è stato sostituito.",
        NoticeTemplate::RecoveryCodesMade => "Sono stati creati nuovi codici di recupero per il suo account.",
        NoticeTemplate::RecoveryCodeUsed => "E stato usato un codice di recupero del suo account.",
        NoticeTemplate::PasswordsTried => "Qualcuno sta provando delle password per il suo account.",
        NoticeTemplate::PasswordDisabled => "Troppe password errate: ne imposti una nuova.",
        NoticeTemplate::AppCodesTried => "Qualcuno sta provando codici della sua app di autenticazione.",
        NoticeTemplate::AppDisabled => "Troppi codici errati: usi un codice di recupero.",
        NoticeTemplate::NumberDisabled => "Troppi codici errati sono stati inseriti per il suo numero.",
    }
}
