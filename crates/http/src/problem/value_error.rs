use std::borrow::Cow;

use doorward_kernel::{EmailAddressError, PhoneNumberError};
use doorward_otp::{CodeError, EnteredCodeError};
use doorward_user::{NameError, PasswordError, PasswordFault};
use serde::Serialize;
use utoipa::ToSchema;

/// The fault of one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The name of the field; `(not shown)` where that may be a value in the wrong place.
    pub field: Cow<'static, str>,
    /// The kind of fault: `required`, `type`, `invalid`, `too_long`, `unknown_field`, ….
    pub code: &'static str,
    /// A text for people that continues "The field …"; it never repeats the value.
    pub message: Cow<'static, str>,
}

/// Why a text is no value of its field; parsers of fields return what turns into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    code: &'static str,
    message: Cow<'static, str>,
}

impl ValueError {
    /// A fault of a kind of its own.
    pub fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into() }
    }

    /// The field is absent, and must not be.
    pub const fn required() -> Self {
        Self { code: "required", message: Cow::Borrowed("must be given") }
    }

    /// The field is no text.
    pub const fn not_text() -> Self {
        Self { code: "type", message: Cow::Borrowed("must be a string") }
    }

    /// The call takes no such field.
    pub const fn unknown() -> Self {
        Self { code: "unknown_field", message: Cow::Borrowed("is not known") }
    }

    /// The fault as that of a field.
    pub fn of(self, field: impl Into<Cow<'static, str>>) -> FieldError {
        FieldError { field: field.into(), code: self.code, message: self.message }
    }
}

impl From<&'static str> for ValueError {
    fn from(message: &'static str) -> Self {
        Self::new("invalid", message)
    }
}

impl From<EmailAddressError> for ValueError {
    fn from(error: EmailAddressError) -> Self {
        let code = match error {
            EmailAddressError::TooLong => "too_long",
            EmailAddressError::Malformed | EmailAddressError::Domain => "invalid",
        };
        Self::new(code, error.to_string())
    }
}

impl From<PhoneNumberError> for ValueError {
    fn from(error: PhoneNumberError) -> Self {
        Self::new("invalid", error.to_string())
    }
}

impl From<NameError> for ValueError {
    fn from(error: NameError) -> Self {
        let code = match error {
            NameError::Empty => "required",
            NameError::TooLong => "too_long",
            NameError::LineBreak
            | NameError::Invisible
            | NameError::Character(_)
            | NameError::NoLetter
            | NameError::Marks
            | NameError::Address => "invalid",
        };
        Self::new(code, error.to_string())
    }
}

impl From<PasswordError> for ValueError {
    fn from(error: PasswordError) -> Self {
        let code = match error {
            PasswordError::Empty => "required",
            PasswordError::TooLong => "too_long",
        };
        Self::new(code, error.to_string())
    }
}

impl From<PasswordFault> for ValueError {
    fn from(fault: PasswordFault) -> Self {
        let code = match fault {
            PasswordFault::TooShort(_) => "too_short",
            PasswordFault::Common => "password_common",
            PasswordFault::Repetitive => "password_repetitive",
            PasswordFault::Sequence => "password_sequence",
            PasswordFault::Personal => "password_personal",
            PasswordFault::Breached => "password_breached",
        };
        Self::new(code, fault.to_string())
    }
}

impl From<CodeError> for ValueError {
    fn from(error: CodeError) -> Self {
        Self::new("invalid", error.to_string())
    }
}

impl From<EnteredCodeError> for ValueError {
    fn from(error: EnteredCodeError) -> Self {
        Self::new("invalid", error.to_string())
    }
}
