//! French; letters outside GSM-7 are written without their marks, as is usual in SMS.

use doorward_kernel::Locale;

use super::Words;
use crate::{CodeTemplate, NoticeTemplate, Plural};

pub(super) const WORDS: Words =
    Words { purpose, code, call, notice, advice: "Ce n'était pas vous ? Changez tout de suite de mot de passe." };

const fn purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "pour vous inscrire",
        CodeTemplate::Login => "pour vous connecter",
        CodeTemplate::ChangeEmail => "pour changer d'adresse e-mail",
        CodeTemplate::ChangePhone => "pour confirmer ce numéro",
        CodeTemplate::StepUp => "pour confirmer que c'est vous",
        CodeTemplate::ResetPassword => "pour choisir un nouveau mot de passe",
        CodeTemplate::Bind => "pour confirmer votre nouveau numéro",
    }
}

fn code(code: &str, purpose: &str, minutes: u64) -> [String; 3] {
    let unit = match Plural::of(Locale::Fr, minutes) {
        Plural::One => "minute",
        Plural::Few | Plural::Many | Plural::Other => "minutes",
    };
    [
        format!("{code} est votre code {purpose}. Il est valable {minutes} {unit}. Ne le communiquez à personne."),
        format!("{code} est votre code {purpose}. Ne le communiquez à personne."),
        format!("{code} {purpose}. A ne communiquer à personne."),
    ]
}

fn call(service: &str, template: CodeTemplate, digits: &str) -> String {
    let purpose = purpose(template);
    format!("Ici {service}. Votre code {purpose} est {digits}.")
}

const fn notice(template: NoticeTemplate) -> &'static str {
    match template {
        NoticeTemplate::AlreadyRegistered => "Quelqu'un a tenté de s'inscrire en votre nom.",
        NoticeTemplate::EmailChangeAsked => "Un changement de votre adresse e-mail a été demandé.",
        NoticeTemplate::EmailChanged => "Votre adresse e-mail a été changée.",
        NoticeTemplate::PhoneChangeAsked => "Un changement de votre numéro a été demandé.",
        NoticeTemplate::PhoneChanged => "Votre numéro a été confirmé.",
        NoticeTemplate::PhoneDropped => "Votre numéro a été retiré de votre compte.",
        NoticeTemplate::NamesChanged => "Le nom de votre compte a été changé.",
        NoticeTemplate::PasswordChanged => "Votre mot de passe a été changé.",
        NoticeTemplate::SessionReused => "Une session a été fermée par sécurité.",
        NoticeTemplate::SessionDisplaced => "Une connexion a mis fin à votre plus ancienne session.",
        NoticeTemplate::NewDevice => "Un nouvel appareil s'est connecté à votre compte.",
        NoticeTemplate::PasswordReset => "Un nouveau mot de passe a été défini pour votre compte.",
        NoticeTemplate::ChangeUndone => "Une modification de votre compte a été annulée.",
        NoticeTemplate::BindingOpened => "Quelqu'un associe un nouveau numéro à votre compte.",
        NoticeTemplate::BindingEnded => "Votre numéro et votre second facteur restent inchangés.",
        NoticeTemplate::NumberHeld => "Un nouveau numéro remplacera celui-ci dans votre compte.",
        NoticeTemplate::NumberCalledOff => "Ce numéro reste associé à votre compte.",
        NoticeTemplate::TotpAdded => "Une application d'authentification a été ajoutée à votre compte.",
        NoticeTemplate::TotpRemoved => "L'application d'authentification de votre compte a été retirée.",
        NoticeTemplate::AuthenticatorPending => "Une application d'authentification sera ajoutée à votre compte.",
        NoticeTemplate::AuthenticatorHeld => {
            "Une nouvelle application d'authentification remplacera votre second facteur."
        }
        NoticeTemplate::AuthenticatorCalledOff => "Votre second facteur reste inchangé.",
        NoticeTemplate::AuthenticatorReplaced => "Votre second facteur a été remplacé.",
        NoticeTemplate::RecoveryCodesMade => "De nouveaux codes de secours ont été créés pour votre compte.",
        NoticeTemplate::RecoveryCodeUsed => "Un code de secours de votre compte a été utilisé.",
        NoticeTemplate::PasswordsTried => "Quelqu'un essaie des mots de passe pour votre compte.",
        NoticeTemplate::PasswordDisabled => "Trop de mots de passe erronés : choisissez-en un nouveau.",
        NoticeTemplate::AppCodesTried => "Quelqu'un essaie des codes de votre application d'authentification.",
        NoticeTemplate::AppDisabled => "Trop de codes erronés : utilisez un code de secours.",
        NoticeTemplate::NumberDisabled => "Trop de codes erronés ont été saisis pour votre numéro.",
    }
}
