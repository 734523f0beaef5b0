use std::sync::Arc;

use doorward_kernel::{PhoneNumber, Secret};

use super::{Fields, Value};
use crate::{FieldError, HttpSettings, Problem, ValueError};

/// The most unknown fields that an answer names.
const UNKNOWN_MAX: usize = 32;

/// Takes fields one by one and collects what is wrong with them.
///
/// A field that is asked for is known, whether it is there or not; so ask for all before
/// using `?` on any.
#[derive(Debug)]
pub struct Reader {
    fields: Fields,
    settings: Arc<HttpSettings>,
    asked: Vec<&'static str>,
    errors: Vec<FieldError>,
}

impl Reader {
    pub(crate) const fn new(fields: Fields, settings: Arc<HttpSettings>) -> Self {
        Self { fields, settings, asked: Vec::new(), errors: Vec::new() }
    }

    /// Takes a field that must be there; `None` when it is not, or is at fault.
    pub fn required<T, E: Into<ValueError>>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if !self.is_given(name) {
            self.refuse(name, ValueError::required());
        }
        self.optional(name, parse)
    }

    /// Takes a field that may be there; `None` when it is not, or is at fault.
    pub fn optional<T, E: Into<ValueError>>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.asked.push(name);
        let outcome = match self.fields.find(name) {
            None | Some(Value::Absent | Value::Bare) => return None,
            Some(Value::Other) => Err(ValueError::not_text()),
            Some(Value::Text(text)) => parse(text.reveal()).map_err(Into::into),
        };
        outcome.map_err(|fault| self.refuse(name, fault)).ok()
    }

    /// Takes a text that must be there and is judged later, as a token is.
    pub fn required_secret(&mut self, name: &'static str) -> Option<Secret<String>> {
        self.required(name, secret)
    }

    /// Takes a text that may be there and is judged later, as a token is.
    pub fn optional_secret(&mut self, name: &'static str) -> Option<Secret<String>> {
        self.optional(name, secret)
    }

    /// Takes a telephone number that must be there.
    pub fn required_phone(&mut self, name: &'static str) -> Option<PhoneNumber> {
        let (media_type, region) = (self.fields.media_type(), self.settings.default_region);
        self.required(name, |text| PhoneNumber::parse(&media_type.phone_text(text), region))
    }

    /// Takes a telephone number that may be there.
    pub fn optional_phone(&mut self, name: &'static str) -> Option<PhoneNumber> {
        let (media_type, region) = (self.fields.media_type(), self.settings.default_region);
        self.optional(name, |text| PhoneNumber::parse(&media_type.phone_text(text), region))
    }

    /// The settings for request bodies.
    pub fn settings(&self) -> Arc<HttpSettings> {
        self.settings.clone()
    }

    /// Returns whether the body holds the field, at fault or not.
    pub fn is_given(&self, name: &str) -> bool {
        self.fields.is_given(name)
    }

    /// Notes a fault that parsing alone did not show, as when one of two fields must be given.
    pub fn refuse(&mut self, name: &'static str, fault: ValueError) {
        self.errors.push(fault.of(name));
    }

    /// The fields that were asked for, in that order.
    pub fn asked(&self) -> &[&'static str] {
        &self.asked
    }

    /// Returns whether all is well with the fields that were asked for, and no others are there.
    pub fn finish(mut self) -> Result<(), Problem> {
        let unknown = self.fields.unknown(&self.asked).take(UNKNOWN_MAX);
        let unknown: Vec<_> = unknown.map(|name| ValueError::unknown().of(name)).collect();
        if self.errors.is_empty() && !unknown.is_empty() {
            return Err(Problem::unknown_field(unknown));
        }
        self.errors.extend(unknown);
        self.finish_leniently()
    }

    /// Returns whether all is well with the fields that were asked for; others do not matter.
    pub fn finish_leniently(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid(self.errors)) }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it has the shape of a parser")]
fn secret(text: &str) -> Result<Secret<String>, ValueError> {
    Ok(Secret::new(text.to_owned()))
}
