use std::{fmt, marker::PhantomData, net::SocketAddr, time::Duration};

use ::url::Url;
use doorward_kernel::{Country, Secret, duration};
use serde::{
    Deserializer, Serializer,
    de::{self, Visitor},
};

/// A value that settings write as text; wrong ones are never repeated, as they may be secrets.
pub(super) trait Text: Sized {
    /// The form that a value must have, for the message that refuses another.
    const FORM: &'static str;

    fn parse(text: &str) -> Option<Self>;

    /// The text that reads as the same value; a secret shows that it is there and no more.
    fn show(&self) -> String;
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: Text> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::FORM)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::parse(text).ok_or_else(|| E::custom(format_args!("must be {}", T::FORM)))
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>, T: Text>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(TextVisitor(PhantomData))
}

pub(super) fn serialize<S: Serializer, T: Text>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.show())
}

/// For `#[serde(with = "text::option")]`: a value that may be left out.
pub(super) mod option {
    use serde::{Deserializer, Serialize, Serializer};

    use super::Text;

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>, T: Text>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        super::deserialize(deserializer).map(Some)
    }

    #[allow(clippy::ref_option, reason = "serde hands over a reference to the field")]
    pub(in super::super) fn serialize<S: Serializer, T: Text>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Text::show).serialize(serializer)
    }
}

/// For `#[serde(with = "text::list")]`: a list of values.
pub(super) mod list {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::Text;

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>, T: Text>(
        deserializer: D,
    ) -> Result<Vec<T>, D::Error> {
        let texts =
            Vec::<String>::deserialize(deserializer).map_err(|_| D::Error::custom("must be a list of texts"))?;
        let refusal = || D::Error::custom(format_args!("each must be {}", T::FORM));
        texts.iter().map(|text| T::parse(text).ok_or_else(refusal)).collect()
    }

    pub(in super::super) fn serialize<S: Serializer, T: Text>(values: &[T], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(Text::show))
    }
}

/// A secret that a provider gave us.
#[derive(Clone, Debug)]
pub struct SecretText(Secret<String>);

impl SecretText {
    /// The secret, for the moment of its use.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

/// The placeholder for a secret.
pub(super) const REDACTED: &str = "[redacted]";

impl Text for SecretText {
    const FORM: &'static str = "a text of printable ASCII characters without blanks";

    fn parse(text: &str) -> Option<Self> {
        let is_printable = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        is_printable.then(|| Self(Secret::new(text.to_owned())))
    }

    fn show(&self) -> String {
        REDACTED.to_owned()
    }
}

/// A hundred years keep every sum with an instant far from overflow.
const LONGEST: Duration = Duration::from_hours(36_500 * 24);

impl Text for Duration {
    const FORM: &'static str = r#"a duration like "90s", "10m", "24h" or "30d""#;

    fn parse(text: &str) -> Option<Self> {
        duration::parse(text).filter(|duration| *duration <= LONGEST)
    }

    fn show(&self) -> String {
        duration::show(*self)
    }
}

/// A duration that can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DurationOrOff(pub Option<Duration>);

impl Text for DurationOrOff {
    const FORM: &'static str = r#"a duration like "90d", or "off""#;

    fn parse(text: &str) -> Option<Self> {
        if text == "off" { Some(Self(None)) } else { Duration::parse(text).map(|duration| Self(Some(duration))) }
    }

    fn show(&self) -> String {
        self.0.map_or_else(|| "off".to_owned(), |duration| duration.show())
    }
}

impl Text for SocketAddr {
    const FORM: &'static str = "an IP address and a port, like 127.0.0.1:8080";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Text for Url {
    const FORM: &'static str = "an http or https URL without user, query and fragment";

    fn parse(text: &str) -> Option<Self> {
        let url = Self::parse(text).ok()?;
        let is_plain = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        is_plain.then_some(url)
    }

    fn show(&self) -> String {
        self.as_str().trim_end_matches('/').to_owned()
    }
}

impl Text for Country {
    const FORM: &'static str = "the ISO 3166 code of a country, like US";

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn show(&self) -> String {
        self.code()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_hundred_years_at_most() {
        assert_eq!(<Duration as Text>::parse("36500d"), Some(LONGEST));
        assert_eq!(<Duration as Text>::parse("36501d"), None);
        assert_eq!(<Duration as Text>::parse("10"), None);
        assert_eq!(LONGEST.show(), "36500d");
    }
}
