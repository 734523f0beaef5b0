//! Hindi.

use super::Words;
use crate::{CodeTemplate, NoticeTemplate};

pub(super) const WORDS: Words = Words {
    purpose, code, call, notice, advice: "आप नहीं थे? तुरंत पासवर्ड बदलें।"
};

const fn purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "साइन अप",
        CodeTemplate::Login => "लॉग इन",
        CodeTemplate::ChangeEmail => "नए ईमेल",
        CodeTemplate::ChangePhone => "इस नंबर",
        CodeTemplate::StepUp => "पहचान",
        CodeTemplate::ResetPassword => "नए पासवर्ड",
        CodeTemplate::Bind => "नए नंबर",
    }
}

fn code(code: &str, purpose: &str, minutes: u64) -> [String; 3] {
    [
        format!("{code} {purpose} का कोड है, {minutes} मिनट तक मान्य। किसी को न बताएँ।"),
        format!("{code} {purpose} का कोड है। किसी को न बताएँ।"),
        format!("{code} {purpose} कोड। किसी को न बताएँ"),
    ]
}

fn call(service: &str, template: CodeTemplate, digits: &str) -> String {
    let purpose = purpose(template);
    format!("यह {service} की ओर से कॉल है। {purpose} के लिए आपका कोड है {digits}।")
}

const fn notice(template: NoticeTemplate) -> &'static str {
    match template {
        NoticeTemplate::AlreadyRegistered => "किसी ने आपके नाम से साइन अप करने की कोशिश की।",
        NoticeTemplate::EmailChangeAsked => "आपका ईमेल पता बदलने का अनुरोध किया गया।",
        NoticeTemplate::EmailChanged => "आपका ईमेल पता बदल दिया गया।",
        NoticeTemplate::PhoneChangeAsked => "आपका नंबर बदलने का अनुरोध किया गया।",
        NoticeTemplate::PhoneChanged => "आपके नंबर की पुष्टि हो गई।",
        NoticeTemplate::PhoneDropped => "आपका नंबर आपके खाते से हटा दिया गया।",
        NoticeTemplate::NamesChanged => "आपके खाते का नाम बदला गया।",
        NoticeTemplate::PasswordChanged => "आपका पासवर्ड बदल दिया गया।",
        NoticeTemplate::SessionReused => "सुरक्षा के लिए एक सेशन समाप्त किया गया।",
        NoticeTemplate::SessionDisplaced => "नए लॉग इन से आपका सबसे पुराना सेशन समाप्त हुआ।",
        NoticeTemplate::NewDevice => "एक नए डिवाइस ने आपके खाते में लॉग इन किया।",
        NoticeTemplate::PasswordReset => "आपके खाते के लिए नया पासवर्ड सेट किया गया।",
        NoticeTemplate::ChangeUndone => "आपके खाते का एक बदलाव वापस लिया गया।",
        NoticeTemplate::BindingOpened => "कोई आपके खाते से नया नंबर जोड़ रहा है।",
        NoticeTemplate::BindingEnded => "आपका नंबर और दूसरा कारक वही रहेंगे।",
        NoticeTemplate::NumberHeld => "नया नंबर आपके खाते में इसकी जगह लेगा।",
        NoticeTemplate::NumberCalledOff => "यह नंबर आपके खाते में बना रहेगा।",
        NoticeTemplate::TotpAdded => "आपके खाते में ऑथेंटिकेटर ऐप जोड़ा गया।",
        NoticeTemplate::TotpRemoved => "आपके खाते से ऑथेंटिकेटर ऐप हटाया गया।",
        NoticeTemplate::AuthenticatorPending => "आपके खाते में ऑथेंटिकेटर ऐप जोड़ा जाएगा।",
        NoticeTemplate::AuthenticatorHeld => "नया ऑथेंटिकेटर ऐप आपके दूसरे कारक की जगह लेगा।",
        NoticeTemplate::AuthenticatorCalledOff => "आपका दूसरा कारक वही रहेगा।",
        NoticeTemplate::AuthenticatorReplaced => "आपका दूसरा कारक बदल दिया गया।",
        NoticeTemplate::RecoveryCodesMade => "आपके खाते के लिए नए रिकवरी कोड बनाए गए।",
        NoticeTemplate::RecoveryCodeUsed => "आपके खाते का एक रिकवरी कोड इस्तेमाल हुआ।",
        NoticeTemplate::PasswordsTried => "कोई आपके खाते के पासवर्ड आज़मा रहा है।",
        NoticeTemplate::PasswordDisabled => "बहुत से गलत पासवर्ड: नया पासवर्ड सेट करें।",
        NoticeTemplate::AppCodesTried => "कोई आपके ऑथेंटिकेटर ऐप के कोड आज़मा रहा है।",
        NoticeTemplate::AppDisabled => "बहुत से गलत कोड: रिकवरी कोड इस्तेमाल करें।",
        NoticeTemplate::NumberDisabled => "आपके नंबर के लिए बहुत से गलत कोड डाले गए।",
    }
}
