//! Login by telephone.

mod proof;
mod store;
mod use_case;

pub use crate::limits::SmsPolicy;
pub(crate) use proof::prove;
pub use store::{LoginOutcome, OpenSession, PhoneLogins};
pub use use_case::{LoginStep, PasswordStepError, PhoneLogin};

#[cfg(feature = "mock")]
pub use store::MockPhoneLogins;
