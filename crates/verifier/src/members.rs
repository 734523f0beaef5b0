use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// The members of a JSON object in which, at any depth, no name comes twice.
///
/// Parsers differ in which of two they take, so a repeated name may mean one thing here and
/// another at the signer's (RFC 8725, section 2.4; RFC 7519, section 4).
pub(crate) struct Members(Map<String, Value>);

impl Members {
    pub(crate) fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Unique>(json).ok()?;
        serde_json::from_slice(json).ok().map(Self)
    }

    pub(crate) fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Object(members) => Some(Self(members)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A whole number that is not negative, written without fraction or exponent.
    pub(crate) fn seconds(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_u64()
    }

    pub(crate) fn take_text(&mut self, name: &str) -> Option<String> {
        match self.0.remove(name)? {
            Value::String(text) => Some(text),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    pub(crate) fn take_array(&mut self, name: &str) -> Option<Vec<Value>> {
        match self.0.remove(name)? {
            Value::Array(values) => Some(values),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => None,
        }
    }

    pub(crate) fn take_texts(&mut self, name: &str) -> Option<Vec<String>> {
        let values = self.take_array(name)?;
        values.into_iter().map(|value| value.as_str().map(str::to_owned)).collect()
    }

    /// A list of text, or one text in its place (RFC 7519, section 4.1.3).
    pub(crate) fn take_text_or_texts(&mut self, name: &str) -> Option<Vec<String>> {
        match self.text(name) {
            Some(text) => Some(vec![text.to_owned()]),
            None => self.take_texts(name),
        }
    }
}

/// Any JSON value in which no object names a member twice.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON without repeated names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("a name comes twice"));
            }
            map.next_value::<Unique>()?;
        }
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Unique, A::Error> {
        while values.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_unit<E: Error>(self) -> Result<Unique, E> {
        Ok(Unique)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_come_once_at_any_depth() {
        assert!(Members::parse(br#"{"a":1,"b":{"a":[{"a":null},{"a":2.5}]}}"#).is_some());
        for json in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, r#"{"b":[{"a":1,"a":2}]}"#, "[]", r#"{"a":1} x"#] {
            assert!(Members::parse(json.as_bytes()).is_none(), "{json}");
        }
    }

    #[test]
    fn a_number_of_seconds_is_written_as_a_whole_one() {
        let members = Members::parse(br#"{"a":7,"b":7.0,"c":-7,"d":"7","e":7e0,"f":99999999999999999999}"#).unwrap();

        assert_eq!(members.seconds("a"), Some(7));
        for name in ["b", "c", "d", "e", "f", "g"] {
            assert_eq!(members.seconds(name), None, "{name}");
        }
    }
}
