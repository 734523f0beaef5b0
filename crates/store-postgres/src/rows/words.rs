//! Texts that several tables hold.

use diesel::QueryResult;
use doorward_kernel::{EmailAddress, Locale, PhoneNumber};
use doorward_user::{Name, Names};

use crate::columns::corrupt;

/// An address, among the kinds of target and recipient.
pub(crate) const EMAIL: &str = "email";
/// A number, among the kinds of target and recipient.
pub(super) const PHONE: &str = "phone";

pub(super) fn names(first: String, last: Option<String>) -> QueryResult<Names> {
    let first = Name::from_stored(first).ok_or_else(|| corrupt("first_name"))?;
    Ok(Names { first, last: last.and_then(Name::from_stored) })
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

pub(super) fn byte(number: i16) -> QueryResult<u8> {
    u8::try_from(number).map_err(|_| corrupt("a small number"))
}
