//! Japanese.

use super::Words;
use crate::{CodeTemplate, NoticeTemplate};

pub(super) const WORDS: Words =
    Words {
        purpose, code, call, notice, advice: "心当たりがない場合はすぐにパスワードを変更してください。"
    };

const fn purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "登録",
        CodeTemplate::Login => "ログイン",
        CodeTemplate::ChangeEmail => "メールアドレス変更",
        CodeTemplate::ChangePhone => "この番号の確認",
        CodeTemplate::StepUp => "本人確認",
        CodeTemplate::ResetPassword => "パスワード再設定",
        CodeTemplate::Bind => "新しい番号の確認",
    }
}

fn code(code: &str, purpose: &str, minutes: u64) -> [String; 3] {
    [
        format!("{code} は{purpose}用のコードです。有効期限は{minutes}分です。他人に教えないでください。"),
        format!("{code} {purpose}用コード、{minutes}分有効。他人に教えないでください。"),
        format!("{code} {purpose}用。他人に教えないでください。"),
    ]
}

fn call(service: &str, template: CodeTemplate, digits: &str) -> String {
    let purpose = purpose(template);
    format!("{service}です。{purpose}用の認証コードは {digits} です。")
}

const fn notice(template: NoticeTemplate) -> &'static str {
    match template {
        NoticeTemplate::AlreadyRegistered => "あなたの名前で登録しようとした人がいます。",
        NoticeTemplate::EmailChangeAsked => "メールアドレスの変更が求められました。",
        NoticeTemplate::EmailChanged => "メールアドレスが変更されました。",
        NoticeTemplate::PhoneChangeAsked => "電話番号の変更が求められました。",
        NoticeTemplate::PhoneChanged => "電話番号が確認されました。",
        NoticeTemplate::PhoneDropped => "電話番号がアカウントから削除されました。",
        NoticeTemplate::NamesChanged => "アカウントの名前が変更されました。",
        NoticeTemplate::PasswordChanged => "パスワードが変更されました。",
        NoticeTemplate::SessionReused => "安全のためセッションを終了しました。",
        NoticeTemplate::SessionDisplaced => "新しいログインにより最も古いセッションが終了しました。",
        NoticeTemplate::NewDevice => "新しい端末からアカウントにログインがありました。",
        NoticeTemplate::PasswordReset => "アカウントに新しいパスワードが設定されました。",
        NoticeTemplate::ChangeUndone => "アカウントの変更が取り消されました。",
        NoticeTemplate::BindingOpened => "アカウントに新しい番号が登録されようとしています。",
        NoticeTemplate::BindingEnded => "電話番号と第二要素は変わりません。",
        NoticeTemplate::NumberHeld => "新しい番号がアカウントのこの番号に置き換わります。",
        NoticeTemplate::NumberCalledOff => "この番号はアカウントに残ります。",
        NoticeTemplate::TotpAdded => "アカウントに認証アプリが追加されました。",
        NoticeTemplate::TotpRemoved => "アカウントから認証アプリが削除されました。",
        NoticeTemplate::AuthenticatorPending => "アカウントに認証アプリが追加されます。",
        NoticeTemplate::AuthenticatorHeld => "新しい認証アプリが第二要素に置き換わります。",
        NoticeTemplate::AuthenticatorCalledOff => "第二要素は変わりません。",
        NoticeTemplate::AuthenticatorReplaced => "第二要素が置き換えられました。",
        NoticeTemplate::RecoveryCodesMade => "アカウントの新しいリカバリーコードが作成されました。",
        NoticeTemplate::RecoveryCodeUsed => "アカウントのリカバリーコードが使用されました。",
        NoticeTemplate::PasswordsTried => "あなたのアカウントのパスワードが試されています。",
        NoticeTemplate::PasswordDisabled => "パスワードの誤りが多すぎます。再設定してください。",
        NoticeTemplate::AppCodesTried => "あなたの認証アプリのコードが試されています。",
        NoticeTemplate::AppDisabled => "コードの誤りが多すぎます。リカバリーコードをお使いください。",
        NoticeTemplate::NumberDisabled => "電話番号に対して誤ったコードが多数入力されました。",
    }
}
