//! For `#[serde(with = "limit_text")]`: a limit as one text or a list of texts.

use std::fmt;

use doorward_limit::Limit;
use serde::{
    Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
};

const FORM: &str = r#"a limit like "5/10m" or "60/1m burst 20", a list of such with unlike windows, or "off""#;

struct LimitVisitor;

impl<'de> Visitor<'de> for LimitVisitor {
    type Value = Limit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FORM)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Limit, E> {
        parsed(&[text])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut texts: A) -> Result<Limit, A::Error> {
        let mut limit = Vec::new();
        while let Some(text) = texts.next_element::<String>()? {
            limit.push(text);
        }
        parsed(&limit)
    }
}

fn parsed<T: AsRef<str>, E: Error>(texts: &[T]) -> Result<Limit, E> {
    Limit::parse_all(texts).map_err(|_| E::custom(format_args!("must be {FORM}")))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Limit, D::Error> {
    deserializer.deserialize_any(LimitVisitor)
}

pub(super) fn serialize<S: Serializer>(limit: &Limit, serializer: S) -> Result<S::Ok, S::Error> {
    match limit.texts().as_slice() {
        [text] => text.serialize(serializer),
        texts => texts.serialize(serializer),
    }
}
