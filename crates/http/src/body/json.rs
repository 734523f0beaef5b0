use std::{collections::HashSet, fmt};

use doorward_kernel::Secret;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Fields, Value, fields::duplicate};
use crate::Problem;

/// The most levels of arrays and objects, the body included.
const MAX_DEPTH: usize = 16;

/// Reads a JSON object (RFC 8259), in UTF-8, no name given twice at any depth.
pub(super) fn parse(body: &[u8]) -> Result<Fields, Problem> {
    let text = str::from_utf8(body).map_err(|_| Problem::malformed("the body is no UTF-8"))?;
    let mut fields = Fields::default();
    for (name, value) in read::<Members<'_>>(text)?.0 {
        fields.add(name, classify(value, 1)?)?;
    }
    Ok(fields)
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|_| Problem::malformed("the body is no JSON object"))
}

/// Returns the kind of a value, by its first character; a value that is not kept is checked all the same.
fn classify(value: &RawValue, depth: usize) -> Result<Value, Problem> {
    let text = value.get();
    match text.as_bytes() {
        [b'"', ..] => read(text).map(|text| Value::Text(Secret::new(text))),
        [b'n', ..] => Ok(Value::Absent),
        [b'[' | b'{', ..] if depth == MAX_DEPTH => Err(Problem::malformed("the body is nested too deep")),
        [b'[', ..] => classify_all(read::<Vec<&RawValue>>(text)?, depth),
        [b'{', ..] => {
            let Members(members) = read(text)?;
            let mut names = HashSet::new();
            if let Some(name) = members.iter().map(|(name, _)| name).find(|name| !names.insert(*name)) {
                return Err(duplicate(name, &Value::Other));
            }
            classify_all(members.iter().map(|(_, value)| *value), depth)
        }
        // A number may be greater than any that a program holds.
        _ => Ok(Value::Other),
    }
}

fn classify_all<'a>(values: impl IntoIterator<Item = &'a RawValue>, depth: usize) -> Result<Value, Problem> {
    values.into_iter().try_for_each(|value| classify(value, depth + 1).map(drop))?;
    Ok(Value::Other)
}

/// The members of an object in their order, a name as often as it is given.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor).map(Members)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        std::iter::from_fn(|| map.next_entry().transpose()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProblemCode;

    fn refusal(body: &[u8]) -> ProblemCode {
        parse(body).unwrap_err().code()
    }

    #[test]
    fn texts_are_kept_to_the_letter() {
        let fields =
            parse(br#" {"a": "x\u00f6\ud83d\ude00", "b": " 012 ", "c": null, "d": 1, "e": [{"f": "g"}]} "#).unwrap();

        assert_eq!(fields.texts().collect::<Vec<_>>(), [("a", "xö😀"), ("b", " 012 ")]);
        assert_eq!(fields.unknown(&[]).collect::<Vec<_>>(), ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn what_is_no_object_is_malformed() {
        for body in
            [&b"[]"[..], b"\"\"", b"null", b"1", b"true", b" ", b"{", b"{}x", b"{} {}", b"{'a':1}", b"{\"a\":1,}"]
        {
            assert_eq!(refusal(body), ProblemCode::Malformed, "{:?}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn what_is_no_clean_text_is_malformed() {
        for body in [
            &b"{\"a\":\"\xff\"}"[..],
            b"{\"\xff\":1}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":\"\\udc00\\ud800\"}",
            b"{\"a\":[\"\\ud800\"]}",
            b"\xff\xfe{\0}\0",
            b"{\"a\":NaN}",
            b"{\"a\":Infinity}",
            b"{\"a\":\"\n\"}",
            b"// x\n{}",
        ] {
            assert_eq!(refusal(body), ProblemCode::Malformed, "{:?}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_number_beyond_all_bounds_is_a_value_like_any_other_that_is_no_text() {
        for body in
            [&br#"{"otp":"1","a":1e999}"#[..], br#"{"a":-1e999,"otp":"1"}"#, br#"{"otp":"1","a":[{"c":1e999}]}"#]
        {
            let fields = parse(body).unwrap();

            assert!(matches!(fields.find("a"), Some(Value::Other)), "{:?}", String::from_utf8_lossy(body));
            assert_eq!(fields.texts().collect::<Vec<_>>(), [("otp", "1")]);
        }
        for body in [&br#"{"email":1e999}garbage"#[..], br#"{"email":1e999"#, br#"{"email":1e999,"otp":1e}"#] {
            assert_eq!(refusal(body), ProblemCode::Malformed, "{:?}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_name_given_twice_is_refused_at_any_depth_and_however_it_is_spelled() {
        for body in [
            &br#"{"otp":"1","otp":"2"}"#[..],
            br#"{"otp":"1","\u006ftp":"1"}"#,
            br#"{"otp":null,"otp":"1"}"#,
            br#"{"a":{"b":1,"b":1}}"#,
            br#"{"a":[{"b":1,"b":1}]}"#,
        ] {
            assert_eq!(refusal(body), ProblemCode::DuplicateField, "{:?}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_body_is_at_most_16_levels_deep() {
        let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels)).into_bytes();

        assert!(parse(&nested(15)).is_ok());
        assert_eq!(refusal(&nested(16)), ProblemCode::Malformed);
        assert_eq!(refusal("[".repeat(10_000).as_bytes()), ProblemCode::Malformed);
        assert_eq!(refusal("{\"a\":".repeat(3000).as_bytes()), ProblemCode::Malformed);
    }
}
