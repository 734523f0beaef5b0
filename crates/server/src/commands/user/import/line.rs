use doorward_app::operator::NewUser;
use doorward_crypto::LegacyVerifier;
use doorward_kernel::{Country, EmailAddress, Locale, PhoneNumber, Secret, Timestamp, typed_text};
use doorward_user::{Name, Names};
use serde_json::{Map, Value};

/// A person whose line has no fault.
pub(super) struct Line {
    pub(super) person: NewUser,
    /// The hash that the other system made of the password; `None` for a person without one.
    pub(super) password_hash: Option<Secret<String>>,
}

/// Reads a line of the file, or gives everything that is wrong with it.
///
/// No fault repeats a value: the line may hold a password hash in the wrong place.
pub(super) fn read(text: &str, region: Option<Country>, now: Timestamp) -> Result<Line, Vec<String>> {
    let Ok(Value::Object(members)) = serde_json::from_str(typed_text::trim(text)) else {
        return Err(vec!["is no JSON object".to_owned()]);
    };
    let mut fields = Fields { members, faults: Vec::new() };
    let email = fields.required("email", EmailAddress::parse);
    let first = fields.required("first_name", Name::parse);
    let last = fields.optional("last_name", Name::parse_optional).flatten();
    let password_hash = fields.optional("password_hash", hash);
    let phone = fields.optional("phone_number", |text| phone(text, region));
    let locale = fields.optional("locale", |tag| Ok::<_, String>(Locale::lookup(tag)));
    let created_at = fields.optional("created_at", |text| instant(text, now));
    let is_email_verified = fields.flag("email_verified");
    let is_phone_verified = fields.flag("phone_verified");
    if !is_email_verified {
        fields.refuse("email_verified", "must be true, as no account exists before its address is verified");
    }
    if is_phone_verified && phone.is_none() {
        fields.refuse("phone_verified", "must not be true without a number");
    }
    let (Some(email), Some(first)) = (email, first) else {
        return Err(fields.finish());
    };
    let names = Names { first, last };
    let locale = locale.unwrap_or_default();
    let person = NewUser { names, email, phone, is_phone_verified, locale, created_at };
    let faults = fields.finish();
    if faults.is_empty() { Ok(Line { person, password_hash }) } else { Err(faults) }
}

/// The members of a line that were not asked for yet, and what is wrong with those that were.
struct Fields {
    members: Map<String, Value>,
    faults: Vec<String>,
}

impl Fields {
    fn required<T, E: ToString>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        if self.members.get(name).is_none_or(is_missing) {
            self.refuse(name, "is required");
        }
        self.optional(name, parse)
    }

    fn optional<T, E: ToString>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        match self.members.remove(name) {
            None => None,
            Some(value) if is_missing(&value) => None,
            Some(Value::String(text)) => parse(&text).map_err(|fault| self.refuse(name, &fault.to_string())).ok(),
            Some(_) => {
                self.refuse(name, "must be a text");
                None
            }
        }
    }

    fn flag(&mut self, name: &str) -> bool {
        match self.members.remove(name) {
            None => false,
            Some(value) => flag(&value).unwrap_or_else(|| {
                self.refuse(name, "must be true or false");
                false
            }),
        }
    }

    fn refuse(&mut self, name: &str, problem: &str) {
        self.faults.push(format!("{name} {problem}"));
    }

    /// Everything that is wrong, members that nobody asked for among it.
    fn finish(mut self) -> Vec<String> {
        self.faults.extend(self.members.keys().map(|name| format!("{} is not known", shown(name))));
        self.faults
    }
}

fn hash(text: &str) -> Result<Secret<String>, String> {
    match LegacyVerifier::parse_for_import(text) {
        Ok(_) => Ok(Secret::new(text.to_owned())),
        Err(error) => Err(format!("cannot be taken over: {error}")),
    }
}

/// Returns whether a member says nothing: exports leave out, write `null`, or an empty text.
fn is_missing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => typed_text::trim(text).is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// A truth value as databases and spreadsheets write it.
fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_u64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) => match typed_text::trim(text).to_ascii_lowercase().as_str() {
            "" | "0" | "f" | "false" => Some(false),
            "1" | "t" | "true" => Some(true),
            _ => None,
        },
        Value::Null => Some(false),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn phone(text: &str, region: Option<Country>) -> Result<PhoneNumber, String> {
    let number = PhoneNumber::parse(text, region).map_err(|error| error.to_string())?;
    if number.kind().is_served() { Ok(number) } else { Err("is of a kind that gets no SMS".to_owned()) }
}

fn instant(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let instant = Timestamp::parse_or_utc(typed_text::trim(text)).map_err(|error| error.to_string())?;
    if instant <= now { Ok(instant) } else { Err("must not be in the future".to_owned()) }
}

/// A name as a terminal can show it.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HASH: &str = "$2b$04$N2TNQ0pcdBN553gLQeYRaeOA2vPbuHV6AXoj.1PqCP4YZlF4kk2de";

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-25T07:00:00Z").unwrap()
    }

    fn complete() -> Value {
        json!({
            "email": "Ada@Example.com", "phone_number": "+1 415 555 2671", "first_name": "Ada",
            "last_name": "Lovelace", "locale": "de", "password_hash": HASH, "email_verified": true,
            "phone_verified": true, "created_at": "2020-02-03T04:05:06+01:00",
        })
    }

    fn faults(line: &Value) -> Vec<String> {
        read(&line.to_string(), None, now()).err().unwrap_or_default()
    }

    fn without(names: &[&str]) -> Value {
        let mut line = complete();
        line.as_object_mut().unwrap().retain(|name, _| !names.contains(&name.as_str()));
        line
    }

    #[test]
    fn a_complete_line_is_a_person() {
        let Line { person, password_hash } = read(&complete().to_string(), None, now()).ok().unwrap();

        assert_eq!(person.email.as_str(), "Ada@example.com");
        assert_eq!(person.phone.unwrap().as_str(), "+14155552671");
        assert_eq!((person.is_phone_verified, person.locale), (true, Locale::De));
        assert_eq!(person.created_at, Some(Timestamp::parse("2020-02-03T03:05:06Z").unwrap()));
        assert_eq!(password_hash.unwrap().reveal(), HASH);
    }

    #[test]
    fn what_is_optional_may_be_missing() {
        assert_eq!(faults(&without(&["phone_number", "phone_verified", "locale", "created_at"])), Vec::<String>::new());
    }

    #[test]
    fn a_person_may_have_no_password() {
        let mut line = complete();
        for nothing in [json!(null), json!("")] {
            line["password_hash"] = nothing;
            assert!(read(&line.to_string(), None, now()).ok().unwrap().password_hash.is_none());
        }

        let without = read(&without(&["password_hash"]).to_string(), None, now()).ok().unwrap();

        assert!(without.password_hash.is_none());
    }

    #[test]
    fn what_other_systems_write_for_nothing_is_missing() {
        let mut line = complete();
        for name in ["phone_number", "phone_verified", "last_name", "locale", "created_at"] {
            line[name] = json!("");
        }

        let person = read(&format!("\u{feff}{line}\r"), None, now()).ok().unwrap().person;

        assert_eq!((person.phone, person.names.last, person.created_at), (None, None, None));
        line["email"] = json!(" ");
        assert_eq!(faults(&line), ["email is required"]);
    }

    #[test]
    fn values_are_read_as_databases_and_spreadsheets_write_them() {
        for (written, at) in [
            ("2020-02-03T04:05:06", "2020-02-03T04:05:06Z"),
            ("2020-02-03 04:05:06", "2020-02-03T04:05:06Z"),
            ("2020-02-03 04:05:06.123456+00", "2020-02-03T04:05:06.123456Z"),
            ("2020-02-03", "2020-02-03T00:00:00Z"),
        ] {
            let mut line = complete();
            (line["created_at"], line["locale"]) = (json!(written), json!("pt_BR"));
            (line["email_verified"], line["phone_verified"]) = (json!("t"), json!(1));
            (line["email"], line["phone_number"]) = (json!("\tada@example.com\u{a0}"), json!("+1٤١٥٥٥٥٢٦٧١"));

            let person = read(&line.to_string(), None, now()).ok().unwrap().person;

            assert_eq!(person.created_at, Some(Timestamp::parse(at).unwrap()), "{written}");
            assert!(person.is_phone_verified);
        }
    }

    #[test]
    fn a_number_that_gets_no_sms_is_refused() {
        let mut line = complete();
        line["phone_number"] = json!("+883510012345");

        assert!(faults(&line).contains(&"phone_number is of a kind that gets no SMS".to_owned()));
    }

    #[test]
    fn every_fault_of_a_line_is_named() {
        let line = json!({
            "email": "nonsense", "phone_number": 7, "last_name": "http://evil.test", "password_hash": "hunter2",
            "phone_verified": "yes", "created_at": "2030-01-01T00:00:00Z", "role": "admin",
        });

        let faults = faults(&line);

        for name in [
            "email ",
            "phone_number ",
            "first_name ",
            "last_name ",
            "password_hash ",
            "phone_verified ",
            "email_verified ",
            "created_at ",
            "role ",
        ] {
            assert!(faults.iter().any(|fault| fault.starts_with(name)), "{name} in {faults:?}");
        }
        assert!(!faults.concat().contains("hunter2"));
    }

    #[test]
    fn a_hash_that_would_slow_everybody_down_is_refused_and_told_of() {
        let mut line = complete();
        line["password_hash"] = json!(HASH.replace("$04$", "$14$"));

        let faults = faults(&line).concat();

        assert!(faults.starts_with("password_hash cannot be taken over: "), "{faults}");
        assert!(faults.contains("(bcrypt:14)") && !faults.contains("$2b$"), "{faults}");
    }

    #[test]
    fn an_address_that_was_not_verified_is_refused() {
        assert_eq!(faults(&without(&["email_verified"])).len(), 1);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in ["", "[]", "7", "{", "\"text\""] {
            assert!(read(text, None, now()).is_err(), "{text}");
        }
    }
}
