//! Fields that several calls take.

use doorward_kernel::{Locale, PhoneNumber};
use doorward_session::Carrier;
use doorward_user::{NewPassword, Password};

use crate::{Reader, ValueError};

/// A number that codes can be sent to.
pub(super) fn required_mobile(fields: &mut Reader, name: &'static str) -> Option<PhoneNumber> {
    let number = fields.required_phone(name)?;
    served(fields, name, number)
}

/// A number that codes can be sent to, if one is given that is not on file already.
pub(super) fn changed_mobile(
    fields: &mut Reader,
    name: &'static str,
    on_file: Option<&PhoneNumber>,
) -> Option<PhoneNumber> {
    let number = fields.optional_phone(name).filter(|number| Some(number) != on_file)?;
    served(fields, name, number)
}

fn served(fields: &mut Reader, name: &'static str, number: PhoneNumber) -> Option<PhoneNumber> {
    if fields.settings().sms.allows(&number) {
        return Some(number);
    }
    fields.refuse(name, ValueError::new("phone_country_unsupported", "must be a number of a country that is served"));
    None
}

/// A new password that the policy accepts; every reason against it is told.
pub(super) fn required_new_password(
    fields: &mut Reader,
    name: &'static str,
    user_inputs: &[&str],
) -> Option<NewPassword> {
    let password = fields.required(name, Password::parse)?;
    accepted(fields, name, password, user_inputs)
}

/// A new password that the policy accepts, if one is given.
pub(super) fn optional_new_password(
    fields: &mut Reader,
    name: &'static str,
    user_inputs: &[&str],
) -> Option<NewPassword> {
    let password = fields.optional(name, Password::parse)?;
    accepted(fields, name, password, user_inputs)
}

fn accepted(fields: &mut Reader, name: &'static str, password: Password, user_inputs: &[&str]) -> Option<NewPassword> {
    match fields.settings().password.accept(password, user_inputs) {
        Ok(password) => Some(password),
        Err(faults) => {
            for fault in faults {
                fields.refuse(name, fault.into());
            }
            None
        }
    }
}

/// The language of texts nearest to the one asked for; a preference refuses no call.
#[expect(clippy::unnecessary_wraps, reason = "it has the shape of a parser")]
pub(super) fn locale(preference: &str) -> Result<Locale, ValueError> {
    Ok(Locale::lookup(preference))
}

/// Parses how a client wants to carry a flow.
pub(super) fn carrier(text: &str) -> Result<Carrier, ValueError> {
    Carrier::parse(text).ok_or_else(|| ValueError::new("invalid", "must be cookie or token"))
}
