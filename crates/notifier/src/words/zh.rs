//! Chinese, in simplified characters.

use super::Words;
use crate::{CodeTemplate, NoticeTemplate};

pub(super) const WORDS: Words =
    Words { purpose, code, call, notice, advice: "不是您本人操作？请立即更改密码。" };

const fn purpose(template: CodeTemplate) -> &'static str {
    match template {
        CodeTemplate::Register => "注册",
        CodeTemplate::Login => "登录",
        CodeTemplate::ChangeEmail => "更换邮箱",
        CodeTemplate::ChangePhone => "验证此号码",
        CodeTemplate::StepUp => "确认身份",
        CodeTemplate::ResetPassword => "重设密码",
        CodeTemplate::Bind => "验证新号码",
    }
}

fn code(code: &str, purpose: &str, minutes: u64) -> [String; 3] {
    [
        format!("{code} 是您用于{purpose}的验证码，{minutes} 分钟内有效，请勿告诉他人。"),
        format!("{code} 是您用于{purpose}的验证码，请勿告诉他人。"),
        format!("{code} 用于{purpose}，请勿告诉他人。"),
    ]
}

fn call(service: &str, template: CodeTemplate, digits: &str) -> String {
    let purpose = purpose(template);
    format!("这里是{service}。您用于{purpose}的验证码是 {digits}。")
}

const fn notice(template: NoticeTemplate) -> &'static str {
    match template {
        NoticeTemplate::AlreadyRegistered => "有人试图以您的名义注册。",
        NoticeTemplate::EmailChangeAsked => "有人申请更改您的电子邮箱。",
        NoticeTemplate::EmailChanged => "您的电子邮箱已更改。",
        NoticeTemplate::PhoneChangeAsked => "有人申请更改您的手机号码。",
        NoticeTemplate::PhoneChanged => "您的手机号码已确认。",
        NoticeTemplate::PhoneDropped => "您的手机号码已从账号中移除。",
        NoticeTemplate::NamesChanged => "您账号的姓名已更改。",
        NoticeTemplate::PasswordChanged => "您的密码已更改。",
        NoticeTemplate::SessionReused => "为安全起见，一个会话已结束。",
        NoticeTemplate::SessionDisplaced => "新的登录结束了您最早的会话。",
        NoticeTemplate::NewDevice => "有新设备登录了您的账号。",
        NoticeTemplate::PasswordReset => "您的账号已设置新密码。",
        NoticeTemplate::ChangeUndone => "您账号的一项更改已撤销。",
        NoticeTemplate::BindingOpened => "有人正在为您的账号绑定新号码。",
        NoticeTemplate::BindingEnded => "您的手机号码和第二验证方式保持不变。",
        NoticeTemplate::NumberHeld => "新号码将取代您账号中的此号码。",
        NoticeTemplate::NumberCalledOff => "此号码仍保留在您的账号中。",
        NoticeTemplate::TotpAdded => "您的账号已添加身份验证器应用。",
        NoticeTemplate::TotpRemoved => "您账号的身份验证器应用已移除。",
        NoticeTemplate::AuthenticatorPending => "您的账号将添加身份验证器应用。",
        NoticeTemplate::AuthenticatorHeld => "新的身份验证器应用将取代您的第二验证方式。",
        NoticeTemplate::AuthenticatorCalledOff => "您的第二验证方式保持不变。",
        NoticeTemplate::AuthenticatorReplaced => "您的第二验证方式已更换。",
        NoticeTemplate::RecoveryCodesMade => "您的账号已生成新的恢复代码。",
        NoticeTemplate::RecoveryCodeUsed => "您账号的一个恢复代码已被使用。",
        NoticeTemplate::PasswordsTried => "有人正在尝试您账号的密码。",
        NoticeTemplate::PasswordDisabled => "密码错误次数过多：请设置新密码。",
        NoticeTemplate::AppCodesTried => "有人正在尝试您身份验证器应用的验证码。",
        NoticeTemplate::AppDisabled => "验证码错误次数过多：请使用恢复代码。",
        NoticeTemplate::NumberDisabled => "您的手机号码被输入了过多错误的验证码。",
    }
}
