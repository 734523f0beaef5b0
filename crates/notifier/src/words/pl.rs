//! Polish; letters outside GSM-7 are written without their marks, as is usual in SMS.

use doorward_kernel::Locale;

use super::Words;
use crate::{CodeTemplate, NoticeTemplate, Plural};

pub(super) const WORDS: Words = Words { purpose, code, call, notice, advice: "To nie Ty? Natychmiast zmien haslo." };

const fn purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "do rejestracji",
        CodeTemplate::Login => "do logowania",
        CodeTemplate::ChangeEmail => "do zmiany adresu e-mail",
        CodeTemplate::ChangePhone => "do potwierdzenia tego numeru",
        CodeTemplate::StepUp => "do potwierdzenia tozsamosci",
        CodeTemplate::ResetPassword => "do ustawienia nowego hasla",
        CodeTemplate::Bind => "do potwierdzenia nowego numeru",
    }
}

fn code(code: &str, purpose: &str, minutes: u64) -> [String; 3] {
    let unit = match Plural::of(Locale::Pl, minutes) {
        Plural::One => "minute",
        Plural::Few | Plural::Other => "minuty",
        Plural::Many => "minut",
    };
    [
        format!("{code} to Twoj kod {purpose}. Jest wazny {minutes} {unit}. Nikomu go nie podawaj."),
        format!("{code} to Twoj kod {purpose}. Nikomu go nie podawaj."),
        format!("{code} {purpose}. Nikomu go nie podawaj."),
    ]
}

/// The purposes as a voice reads them: those of SMS lack the letters that GSM-7 has not.
const fn spoken_purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "do rejestracji",
        CodeTemplate::Login => "do logowania",
        CodeTemplate::ChangeEmail => "do zmiany adresu e-mail",
        CodeTemplate::ChangePhone => "do potwierdzenia tego numeru",
        CodeTemplate::StepUp => "do potwierdzenia tożsamości",
        CodeTemplate::ResetPassword => "do ustawienia nowego hasła",
        CodeTemplate::Bind => "do potwierdzenia nowego numeru",
    }
}

fn call(service: &str, template: CodeTemplate, digits: &str) -> String {
    let purpose = spoken_purpose(template);
    format!("Tu {service}. Twój kod {purpose} to {digits}.")
}

const fn notice(template: NoticeTemplate) -> &'static str {
    match template {
        NoticeTemplate::AlreadyRegistered => "Ktos probowal zarejestrowac sie w Twoim imieniu.",
        NoticeTemplate::EmailChangeAsked => "Poproszono o zmiane Twojego adresu e-mail.",
        NoticeTemplate::EmailChanged => "Twoj adres e-mail zostal zmieniony.",
        NoticeTemplate::PhoneChangeAsked => "Poproszono o zmiane Twojego numeru.",
        NoticeTemplate::PhoneChanged => "Twoj numer zostal potwierdzony.",
        NoticeTemplate::PhoneDropped => "Twoj numer zostal usuniety z Twojego konta.",
        NoticeTemplate::NamesChanged => "Imie lub nazwisko na Twoim koncie zostalo zmienione.",
        NoticeTemplate::PasswordChanged => "Twoje haslo zostalo zmienione.",
        NoticeTemplate::SessionReused => "Sesja zostala zakonczona ze wzgledow bezpieczenstwa.",
        NoticeTemplate::SessionDisplaced => "Nowe logowanie zakonczylo Twoja najstarsza sesje.",
        NoticeTemplate::NewDevice => "Na Twoje konto zalogowalo sie nowe urzadzenie.",
        NoticeTemplate::PasswordReset => "Dla Twojego konta ustawiono nowe haslo.",
        NoticeTemplate::ChangeUndone => "Zmiana na Twoim koncie zostala cofnieta.",
        NoticeTemplate::BindingOpened => "Ktos przypisuje nowy numer do Twojego konta.",
        NoticeTemplate::BindingEnded => "Twoj numer i drugi skladnik pozostaja bez zmian.",
        NoticeTemplate::NumberHeld => "Nowy numer zastapi ten na Twoim koncie.",
        NoticeTemplate::NumberCalledOff => "Ten numer pozostaje na Twoim koncie.",
        NoticeTemplate::TotpAdded => "Do Twojego konta dodano aplikacje uwierzytelniajaca.",
        NoticeTemplate::TotpRemoved => "Z Twojego konta usunieto aplikacje uwierzytelniajaca.",
        NoticeTemplate::AuthenticatorPending => "Do Twojego konta zostanie dodana aplikacja uwierzytelniajaca.",
        NoticeTemplate::AuthenticatorHeld => "Nowa aplikacja uwierzytelniajaca zastapi Twoj drugi skladnik.",
        NoticeTemplate::AuthenticatorCalledOff => "Twoj drugi skladnik pozostaje bez zmian.",
        NoticeTemplate::AuthenticatorReplaced => "Twoj drugi skladnik zostal zastapiony.",
        NoticeTemplate::RecoveryCodesMade => "Dla Twojego konta utworzono nowe kody zapasowe.",
        NoticeTemplate::RecoveryCodeUsed => "Uzyto kodu zapasowego Twojego konta.",
        NoticeTemplate::PasswordsTried => "Ktos probuje hasel do Twojego konta.",
        NoticeTemplate::PasswordDisabled => "Zbyt wiele blednych hasel: ustaw nowe.",
        NoticeTemplate::AppCodesTried => "Ktos probuje kodow Twojej aplikacji uwierzytelniajacej.",
        NoticeTemplate::AppDisabled => "Zbyt wiele blednych kodow: uzyj kodu zapasowego.",
        NoticeTemplate::NumberDisabled => "Wpisano zbyt wiele blednych kodow dla Twojego numeru.",
    }
}
