//! Texts that several tables hold.

use diesel::QueryResult;
use doorward_kernel::{EmailAddress, Locale, PhoneNumber};
use doorward_user::{Name, Names};

use crate::columns::corrupt;

/// An address, among the kinds of target and recipient.
pub(crate) const EMAIL: &str = "email";
/// A number, among the kinds of target and recipient.
pub(super) const PHONE: &str = "phone";

pub(super) fn names(first: &str, last: &str) -> QueryResult<Names> {
    let first = Name::parse(first).map_err(|_| corrupt("first_name"))?;
    let last = Name::parse(last).map_err(|_| corrupt("last_name"))?;
    Ok(Names { first, last })
}

pub(super) fn email(text: &str) -> QueryResult<EmailAddress> {
    EmailAddress::parse(text).map_err(|_| corrupt("an address"))
}

pub(super) fn phone(text: String) -> QueryResult<PhoneNumber> {
    PhoneNumber::from_stored(text).ok_or_else(|| corrupt("a number"))
}

pub(super) fn locale(tag: &str) -> QueryResult<Locale> {
    Locale::parse(tag).ok_or_else(|| corrupt("locale"))
}

pub(super) fn byte(number: i32) -> QueryResult<u8> {
    u8::try_from(number).map_err(|_| corrupt("a small number"))
}
