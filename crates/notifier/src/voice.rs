//! The words of a call that says a code.

use doorward_kernel::Locale;

/// Says a code once: a short sentence, the digits one by one.
pub fn sentence(locale: Locale, code: &str) -> String {
    let digits = code.chars().map(String::from).collect::<Vec<_>>().join(" ");
    match locale {
        Locale::En => format!("Your code is {digits}."),
        Locale::De => format!("Ihr Code lautet {digits}."),
        Locale::Fr => format!("Votre code est {digits}."),
        Locale::Es => format!("Su código es {digits}."),
        Locale::Pt => format!("O seu código é {digits}."),
        Locale::It => format!("Il suo codice è {digits}."),
        Locale::Pl => format!("Twój kod to {digits}."),
        Locale::Tr => format!("Kodunuz {digits}."),
        Locale::Ru | Locale::Uk => format!("Ваш код: {digits}."),
        Locale::Hi => format!("आपका कोड है {digits}।"),
        Locale::Ja => format!("認証コードは {digits} です。"),
        Locale::Zh => format!("您的验证码是 {digits}。"),
    }
}

/// The tag of a voice that speaks the language, with its country, as speech services name them.
pub const fn language(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "en-US",
        Locale::De => "de-DE",
        Locale::Fr => "fr-FR",
        Locale::Es => "es-ES",
        Locale::Pt => "pt-PT",
        Locale::It => "it-IT",
        Locale::Pl => "pl-PL",
        Locale::Tr => "tr-TR",
        Locale::Ru => "ru-RU",
        Locale::Uk => "uk-UA",
        Locale::Hi => "hi-IN",
        Locale::Ja => "ja-JP",
        Locale::Zh => "cmn-CN",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_the_digits_one_by_one_in_a_voice_of_its_own() {
        for locale in Locale::ALL {
            let said = sentence(*locale, "042137");

            assert!(said.contains(" 0 4 2 1 3 7"), "{said}");
            assert!(said.chars().all(|c| !"<>&".contains(c)), "{said}");
        }
        let mut voices: Vec<_> = Locale::ALL.iter().map(|locale| language(*locale)).collect();
        voices.sort_unstable();
        voices.dedup();
        assert_eq!(voices.len(), Locale::ALL.len());
    }
}
