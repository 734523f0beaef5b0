//! Texts that several tables hold.

use diesel::QueryResult;
use doorward_kernel::{EmailAddress, Locale, PhoneChannels, PhoneNumber};
use doorward_user::{Name, Names};

use crate::columns::corrupt;

/// An address, among the kinds of target and the channels of messages.
pub(crate) const EMAIL: &str = "email";
/// A number, among the kinds of target.
pub(super) const PHONE: &str = "phone";

pub(super) fn names(first: String, last: Option<String>) -> QueryResult<Names> {
    let first = Name::from_stored(first).ok_or_else(|| corrupt("first_name"))?;
    Ok(Names { first, last: last.and_then(Name::from_stored) })
}

pub(super) fn email(text: &str, column: &'static str) -> QueryResult<EmailAddress> {
    EmailAddress::parse(text).map_err(|_| corrupt(column))
}

pub(super) fn phone(text: String, column: &'static str) -> QueryResult<PhoneNumber> {
    PhoneNumber::from_stored(text).ok_or_else(|| corrupt(column))
}

pub(super) fn phone_channels(text: &str, column: &'static str) -> QueryResult<PhoneChannels> {
    PhoneChannels::parse(text).ok_or_else(|| corrupt(column))
}

pub(super) fn locale(tag: &str, column: &'static str) -> QueryResult<Locale> {
    Locale::parse(tag).ok_or_else(|| corrupt(column))
}

pub(super) fn byte(number: i32, column: &'static str) -> QueryResult<u8> {
    u8::try_from(number).map_err(|_| corrupt(column))
}
