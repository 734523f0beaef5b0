//! Turkish; letters outside GSM-7 are written without their marks, as is usual in SMS.

use super::Words;
use crate::{CodeTemplate, NoticeTemplate};

pub(super) const WORDS: Words =
    Words { purpose, code, call, notice, advice: "Siz degil misiniz? Sifrenizi hemen degistirin." };

const fn purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "kayit olmak",
        CodeTemplate::Login => "giris yapmak",
        CodeTemplate::ChangeEmail => "e-posta adresinizi degistirmek",
        CodeTemplate::ChangePhone => "bu numarayi onaylamak",
        CodeTemplate::StepUp => "kimliginizi onaylamak",
        CodeTemplate::ResetPassword => "yeni bir sifre belirlemek",
        CodeTemplate::Bind => "yeni numaranizi onaylamak",
    }
}

fn code(code: &str, purpose: &str, minutes: u64) -> [String; 3] {
    [
        format!("{code}, {purpose} icin kodunuzdur. {minutes} dakika gecerlidir. Kimseyle paylasmayin."),
        format!("{code}, {purpose} icin kodunuzdur. Kimseyle paylasmayin."),
        format!("{code}, {purpose} icin. Kimseyle paylasmayin."),
    ]
}

/// The purposes as a voice reads them: those of SMS lack the letters that GSM-7 has not.
const fn spoken_purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "Kayıt olmak",
        CodeTemplate::Login => "Giriş yapmak",
        CodeTemplate::ChangeEmail => "E-posta adresinizi değiştirmek",
        CodeTemplate::ChangePhone => "Bu numarayı onaylamak",
        CodeTemplate::StepUp => "Kimliğinizi onaylamak",
        CodeTemplate::ResetPassword => "Yeni bir şifre belirlemek",
        CodeTemplate::Bind => "Yeni numaranızı onaylamak",
    }
}

fn call(service: &str, template: CodeTemplate, digits: &str) -> String {
    let purpose = spoken_purpose(template);
    format!("{service} arıyor. {purpose} için kodunuz {digits}.")
}

const fn notice(template: NoticeTemplate) -> &'static str {
    match template {
        NoticeTemplate::AlreadyRegistered => "Biri sizin adiniza kayit olmaya calisti.",
        NoticeTemplate::EmailChangeAsked => "E-posta adresinizin degistirilmesi istendi.",
        NoticeTemplate::EmailChanged => "E-posta adresiniz degistirildi.",
        NoticeTemplate::PhoneChangeAsked => "Numaranizin degistirilmesi istendi.",
        NoticeTemplate::PhoneChanged => "Numaraniz onaylandi.",
        NoticeTemplate::PhoneDropped => "Numaraniz hesabinizdan kaldirildi.",
        NoticeTemplate::NamesChanged => "Hesabinizdaki ad degistirildi.",
        NoticeTemplate::PasswordChanged => "Sifreniz degistirildi.",
        NoticeTemplate::SessionReused => "Bir oturum güvenlik nedeniyle sonlandirildi.",
        NoticeTemplate::SessionDisplaced => "Yeni bir giris en eski oturumunuzu sonlandirdi.",
        NoticeTemplate::NewDevice => "Hesabiniza yeni bir cihazdan giris yapildi.",
        NoticeTemplate::PasswordReset => "Hesabiniz icin yeni bir sifre belirlendi.",
        NoticeTemplate::ChangeUndone => "Hesabinizdaki bir degisiklik geri alindi.",
        NoticeTemplate::BindingOpened => "Biri hesabiniza yeni bir numara bagliyor.",
        NoticeTemplate::BindingEnded => "Numaraniz ve ikinci faktörünüz ayni kaliyor.",
        NoticeTemplate::NumberHeld => "Hesabinizda bu numaranin yerini yeni bir numara alacak.",
        NoticeTemplate::NumberCalledOff => "Bu numara hesabinizda kaliyor.",
        NoticeTemplate::TotpAdded => "Hesabiniza bir kimlik dogrulama uygulamasi eklendi.",
        NoticeTemplate::TotpRemoved => "Kimlik dogrulama uygulamasi hesabinizdan kaldirildi.",
        NoticeTemplate::AuthenticatorPending => "Hesabiniza bir kimlik dogrulama uygulamasi eklenecek.",
        NoticeTemplate::AuthenticatorHeld => "Yeni bir kimlik dogrulama uygulamasi ikinci faktörünüzün yerini alacak.",
        NoticeTemplate::AuthenticatorCalledOff => "Ikinci faktörünüz ayni kaliyor.",
        NoticeTemplate::AuthenticatorReplaced => "Ikinci faktörünüz degistirildi.",
        NoticeTemplate::RecoveryCodesMade => "Hesabiniz icin yeni yedek kodlari olusturuldu.",
        NoticeTemplate::RecoveryCodeUsed => "Hesabinizin bir yedek kodu kullanildi.",
        NoticeTemplate::PasswordsTried => "Biri hesabiniz icin sifre deniyor.",
        NoticeTemplate::PasswordDisabled => "Çok fazla yanlis sifre girildi: yeni bir sifre belirleyin.",
        NoticeTemplate::AppCodesTried => "Biri kimlik dogrulama uygulamanizin kodlarini deniyor.",
        NoticeTemplate::AppDisabled => "Çok fazla yanlis kod girildi: bir yedek kodu kullanin.",
        NoticeTemplate::NumberDisabled => "Numaraniz icin cok fazla yanlis kod girildi.",
    }
}
