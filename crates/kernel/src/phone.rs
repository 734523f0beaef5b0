use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberType, Region};

use crate::{NumberKind, typed_text};

/// The most digits of a number, country code included (ITU-T E.164, section 6.2.1).
const E164_MAX: usize = 15;
/// The most digits that can stand before a number to call abroad: `0011`, or `00` and those of a carrier.
const ABROAD_MAX: usize = 6;

/// A telephone number in E.164 form, valid by the numbering plan of its country.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

/// A country or territory with a numbering plan, by its ISO 3166-1 alpha-2 code.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country(Region);

/// Why a text is no telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneNumberError {
    /// It is not of the form `+14155552671`.
    #[error("must be a number in international form, like +14155552671")]
    Malformed,
    /// No numbering plan has such a number.
    #[error("is not a number that exists")]
    Invalid,
}

impl PhoneNumber {
    /// Parses what a person typed or pasted: E.164 in digits of any script, with blanks, dashes,
    /// dots, slashes, parentheses and format characters, which do not matter.
    ///
    /// Without a leading `+` it is read as it is dialled in `default_region`, where there is one:
    /// a number of that region, or one abroad behind the digits that lead there, as `00` or `011`.
    /// Extensions and `tel:` are refused. One number has one spelling in every limit and index.
    pub fn parse(text: &str, default_region: Option<Country>) -> Result<Self, PhoneNumberError> {
        let compact: String = typed_text::fold(text).filter(|c| !"-/.()\u{b7}\u{2022}".contains(*c)).collect();
        let digits = compact.strip_prefix('+').unwrap_or(&compact);
        let is_international = digits.len() < compact.len();
        let region = if is_international { None } else { Some(default_region.ok_or(PhoneNumberError::Malformed)?) };
        let lengths = if is_international { 7..=E164_MAX } else { 4..=ABROAD_MAX + E164_MAX };
        let is_number = lengths.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if !is_number || (is_international && digits.starts_with('0')) {
            return Err(PhoneNumberError::Malformed);
        }
        let number = rlibphonenumber::PhoneNumber::parse(&compact, region.map(|country| country.0))
            .map_err(|_| PhoneNumberError::Invalid)?;
        let e164 = number.to_string();
        if number.is_valid() && e164.len() <= "+".len() + E164_MAX {
            Ok(Self(e164))
        } else {
            Err(PhoneNumberError::Invalid)
        }
    }

    /// Takes a number that was parsed before and kept by a store, without looking at the plan.
    ///
    /// `None` when it is no E.164 text at all.
    pub fn from_stored(e164: String) -> Option<Self> {
        let is_e164 = e164
            .strip_prefix('+')
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
        is_e164.then_some(Self(e164))
    }

    /// The number in E.164 form, as in `+14155552671`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country whose plan the number belongs to; `None` for those of no country.
    pub fn country(&self) -> Option<Country> {
        let region = rlibphonenumber::PhoneNumber::parse(&self.0, None).ok()?.get_region_code()?;
        (region != Region::World).then_some(Country(region))
    }

    /// The kind of the number by its numbering plan.
    ///
    /// Satellite networks have calling codes of their own, which the plans do not class
    /// (ITU-T E.164, list of assigned country codes: 870, 881, and 882 13, 16 and 32).
    pub fn kind(&self) -> NumberKind {
        if ["+870", "+881", "+88213", "+88216", "+88232"].iter().any(|code| self.0.starts_with(code)) {
            return NumberKind::Satellite;
        }
        let Ok(number) = rlibphonenumber::PhoneNumber::parse(&self.0, None) else { return NumberKind::Unknown };
        if number.get_region_code() == Some(Region::World) {
            return NumberKind::NoCountry;
        }
        match number.get_type() {
            PhoneNumberType::Mobile => NumberKind::Mobile,
            PhoneNumberType::FixedLine => NumberKind::FixedLine,
            PhoneNumberType::FixedLineOrMobile => NumberKind::FixedLineOrMobile,
            PhoneNumberType::VoIP => NumberKind::Voip,
            PhoneNumberType::TollFree => NumberKind::TollFree,
            PhoneNumberType::PremiumRate => NumberKind::PremiumRate,
            PhoneNumberType::SharedCost => NumberKind::SharedCost,
            PhoneNumberType::PersonalNumber => NumberKind::Personal,
            PhoneNumberType::Pager => NumberKind::Pager,
            PhoneNumberType::UAN => NumberKind::CompanyWide,
            PhoneNumberType::VoiceMail => NumberKind::Voicemail,
            PhoneNumberType::Unknown => NumberKind::Unknown,
        }
    }

    /// The number with all but its first and its last two digits hidden.
    pub fn masked(&self) -> String {
        let first: String = self.0.chars().take(2).collect();
        format!("{first}***{}", self.last_digits())
    }

    /// The last two digits.
    pub fn last_digits(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(2)..).unwrap_or_default()
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[phone number]")
    }
}

impl Country {
    /// Parses an ISO 3166-1 alpha-2 code, as in `US`; `None` where there is no numbering plan.
    pub fn parse(code: &str) -> Option<Self> {
        let region = Region::from_code(code).ok()?;
        PHONE_NUMBER_UTIL.get_country_code_for_region(region).map(|_| Self(region))
    }

    /// The ISO 3166-1 alpha-2 code.
    pub fn code(self) -> String {
        self.0.as_region_str().as_str().to_owned()
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_region_str().as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_form_however_it_is_typed() {
        for text in [
            "+14155552671",
            "+1 415-555-2671",
            "+1(415)555.2671",
            "+1/415/555/2671",
            "+1 415\u{2013}555\u{2011}2671\r\n",
            "\u{feff}\u{2066}+1\u{a0}415\u{202f}555\t2671\u{2069}",
            "+1\u{200b}4155552671",
            "＋１（４１５）５５５２６７１",
            "+١٤١٥٥٥٥٢٦٧١",
            "+१४१५५५५२६७१",
        ] {
            assert_eq!(PhoneNumber::parse(text, None).unwrap().as_str(), "+14155552671", "{text:?}");
        }
    }

    #[test]
    fn national_numbers_need_a_default_region() {
        let number = PhoneNumber::parse("(415) 555-2671", Country::parse("US")).unwrap();

        assert_eq!(number.as_str(), "+14155552671");
        assert_eq!(PhoneNumber::parse("(415) 555-2671", None), Err(PhoneNumberError::Malformed));
    }

    #[test]
    fn numbers_abroad_are_read_as_they_are_dialled() {
        for (region, text) in [
            ("US", "011 44 7400 123456"),
            ("DE", "0044 7400 123456"),
            ("AU", "0011 44 7400 123456"),
            ("JP", "010-44-7400-123456"),
            ("BR", "0014 44 7400 123456"),
            ("DE", "+44 (0)7400 123456"),
        ] {
            let number = PhoneNumber::parse(text, Country::parse(region)).unwrap();

            assert_eq!(number.as_str(), "+447400123456", "{region} {text}");
        }
        assert_eq!(PhoneNumber::parse("0044 7400 123456", None), Err(PhoneNumberError::Malformed));
        assert_eq!(PhoneNumber::parse("00 44 7400 123456", Country::parse("US")), Err(PhoneNumberError::Invalid));
    }

    #[test]
    fn whatever_could_be_two_numbers_is_refused() {
        for text in [
            "",
            "+",
            "4155552671",
            "tel:+1-415-555-2671;ext=12",
            "+14155552671x5",
            "0014155552671",
            "+04155552671",
            "+1415555267",
            "+3367a829916",
            ".;phone-context=",
            "+dwPAA;phone-context=AA",
            "+999999999999999999",
            "++14155552671",
            "+14155552671\0",
            "+441632960961",
        ] {
            assert!(PhoneNumber::parse(text, None).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_number_knows_its_country() {
        let number = PhoneNumber::parse("+447400123456", None).unwrap();

        assert_eq!(number.country().unwrap().code(), "GB");
        assert_eq!(PhoneNumber::parse("+883510012345", None).unwrap().country(), None);
    }

    #[test]
    fn a_number_knows_its_kind() {
        for (text, kind) in [
            ("+447400123456", NumberKind::Mobile),
            ("+14155552671", NumberKind::FixedLineOrMobile),
            ("+442070313000", NumberKind::FixedLine),
            ("+18002530000", NumberKind::TollFree),
            ("+19002530000", NumberKind::PremiumRate),
            ("+4918012345", NumberKind::SharedCost),
            ("+447012345678", NumberKind::Personal),
            ("+883510012345", NumberKind::NoCountry),
            ("+882161234567", NumberKind::Satellite),
            ("+80012345678", NumberKind::NoCountry),
            ("+878101234567890", NumberKind::NoCountry),
            ("+870773111632", NumberKind::Satellite),
            ("+881612345678", NumberKind::Satellite),
        ] {
            assert_eq!(PhoneNumber::from_stored(text.to_owned()).unwrap().kind(), kind, "{text}");
        }
    }

    #[test]
    fn a_country_has_a_numbering_plan() {
        assert!(Country::parse("GB").is_some());
        for code in ["UK", "XX", "USA", ""] {
            assert!(Country::parse(code).is_none(), "{code}");
        }
    }

    #[test]
    fn masks_and_debug_hide_the_number() {
        let number = PhoneNumber::parse("+14155552671", None).unwrap();

        assert_eq!(number.masked(), "+1***71");
        assert_eq!(format!("{number:?}"), "[phone number]");
    }
}
