use std::{collections::HashSet, fmt};

use doorward_kernel::Secret;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{
    Fields, Value,
    fields::{duplicate, shown},
};
use crate::{Fault, Problem};

/// How deep arrays and objects may stand in each other, the body included.
const MAX_DEPTH: usize = 16;

/// Reads a JSON object (RFC 8259), in UTF-8, no name given twice at any depth.
pub(super) fn parse(body: &[u8]) -> Result<Fields, Problem> {
    let text = str::from_utf8(body).map_err(|_| Problem::malformed("the body is no UTF-8"))?;
    let mut reading = Reading::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let outcome =
        Object { reading: &mut reading }.deserialize(&mut json).and_then(|fields| json.end().map(|()| fields));
    match (outcome, reading.problem) {
        (_, Some(problem)) => Err(problem),
        (Ok(fields), None) => Ok(fields),
        (Err(error), None) if is_out_of_range(&error) => {
            Err(Problem::invalid(vec![Fault::not_text().of(reading.name)]))
        }
        (Err(_), None) => Err(Problem::malformed("the body is no JSON object")),
    }
}

/// Whether the text is JSON, and a number in it is greater than any that a program holds (RFC 8259, section 6).
///
/// The parser has no kind for it, only a text.
fn is_out_of_range(error: &serde_json::Error) -> bool {
    error.to_string().starts_with("number out of range")
}

/// How far reading came.
#[derive(Default)]
struct Reading {
    /// The field that is being read.
    name: String,
    /// The problem that reading stopped at, where it was not one of syntax.
    problem: Option<Problem>,
}

impl Reading {
    fn stop<E: Error>(&mut self, problem: Problem) -> E {
        self.problem = Some(problem);
        E::custom("stopped")
    }
}

/// Reads the body itself.
struct Object<'a> {
    reading: &'a mut Reading,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = Fields;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Fields, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key::<String>()? {
            self.reading.name = shown(&name);
            let value = map.next_value_seed(Member { reading: self.reading, depth: 1 })?;
            fields.add(name, value).map_err(|problem| self.reading.stop(problem))?;
        }
        Ok(fields)
    }
}

/// Reads what stands beside a name, and looks through what it does not keep.
struct Member<'a> {
    reading: &'a mut Reading,
    depth: usize,
}

impl Member<'_> {
    fn inner(&mut self) -> Member<'_> {
        Member { reading: self.reading, depth: self.depth + 1 }
    }

    fn enter<E: Error>(&mut self) -> Result<(), E> {
        if self.depth < MAX_DEPTH {
            return Ok(());
        }
        Err(self.reading.stop(Problem::malformed("the body is nested too deep")))
    }
}

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(Secret::new(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Absent)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        self.enter()?;
        while items.next_element_seed(self.inner())?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Value, A::Error> {
        self.enter()?;
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value_seed(self.inner())?;
            if names.contains(&name) {
                return Err(self.reading.stop(duplicate(&name)));
            }
            names.insert(name);
        }
        Ok(Value::Other)
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
        assert_eq!(fields.names().collect::<Vec<_>>(), ["a", "b", "c", "d", "e"]);
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
    fn a_number_beyond_all_bounds_is_a_wrong_type_of_its_field() {
        for body in [&br#"{"otp":"1","a":1e999}"#[..], br#"{"a":-1e999,"b":1}"#, br#"{"a":[{"c":1e999}]}"#] {
            let problem = parse(body).unwrap_err();

            assert_eq!(problem.code(), ProblemCode::Invalid);
            let errors = problem.body("", "").errors;
            assert_eq!(errors, [Fault::not_text().of("a")], "{:?}", String::from_utf8_lossy(body));
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
