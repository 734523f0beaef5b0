//! Numbers of every numbering plan, as they are written and pasted.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use doorward_kernel::{Country, NumberKind, PhoneNumber};
use proptest::{prelude::*, sample::select};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};

/// The example numbers that the plans give for a region, and what each is for.
fn examples() -> Vec<(Region, rlibphonenumber::PhoneNumber)> {
    let kinds = [PhoneNumberType::Mobile, PhoneNumberType::FixedLine, PhoneNumberType::VoIP];
    let of_region = |region| {
        let example = move |kind| PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind).ok();
        kinds.into_iter().filter_map(example).map(move |number| (region, number))
    };
    PHONE_NUMBER_UTIL.get_supported_regions().flat_map(of_region).collect()
}

fn country(region: Region) -> Country {
    Country::parse(region.as_region_str().as_str()).unwrap()
}

fn parsed(text: &str, region: Option<Region>) -> Result<String, String> {
    let number = PhoneNumber::parse(text, region.map(country));
    number.map(|number| number.as_str().to_owned()).map_err(|error| error.to_string())
}

#[test]
fn the_examples_of_every_plan_are_read_as_they_are_written_there_and_abroad() {
    let examples = examples();

    for (region, number) in &examples {
        let e164 = number.to_string();
        let international = number.format_as(PhoneNumberFormat::International).to_string();
        let national = number.format_as(PhoneNumberFormat::National).to_string();
        assert_eq!(parsed(&e164, None), Ok(e164.clone()), "{region:?}");
        assert_eq!(parsed(&international, None), Ok(e164.clone()), "{international}");
        assert_eq!(parsed(&international, Some(Region::DE)), Ok(e164.clone()), "{international}");
        assert_eq!(parsed(&national, Some(*region)), Ok(e164.clone()), "{region:?} {national}");
        let digits = &e164[1..];
        assert_eq!(parsed(&format!("00 {digits}"), Some(Region::DE)), Ok(e164.clone()), "{region:?}");
        assert_eq!(parsed(&format!("011-{digits}"), Some(Region::US)), Ok(e164.clone()), "{region:?}");
    }
    assert!(examples.len() > 500, "{}", examples.len());
}

#[test]
fn numbers_of_no_country_are_of_a_kind_that_gets_no_sms() {
    for code in PHONE_NUMBER_UTIL.get_supported_global_network_calling_codes() {
        let example = PHONE_NUMBER_UTIL.get_example_number_for_non_geo_entity(code).unwrap().to_string();

        let number = PhoneNumber::parse(&example, None).unwrap();

        assert_eq!((number.country(), number.kind().is_served()), (None, false), "{example}");
        assert!(matches!(number.kind(), NumberKind::NoCountry | NumberKind::Satellite), "{example}");
    }
}

/// Characters that phones, mails and spreadsheets put between and around digits.
fn junk() -> impl Strategy<Value = &'static str> {
    select(vec![
        "", "", " ", "\t", "\r\n", "\n", "\u{a0}", "\u{202f}", "\u{2009}", "\u{3000}", "\u{200b}", "\u{200e}",
        "\u{200f}", "\u{202a}", "\u{202c}", "\u{2066}", "\u{2069}", "\u{2060}", "\u{feff}", "\u{ad}", "-", "\u{2010}",
        "\u{2011}", "\u{2013}", "\u{2014}", "\u{2212}", "\u{ff0d}", "/", ".", "(", ")", "\u{ff08}", "\u{ff09}",
    ])
}

/// The zeros of scripts that have digits of their own.
fn zero() -> impl Strategy<Value = char> {
    select(vec!['0', '٠', '۰', '०', '০', '๐', '០', '၀', '０', '߀', '𝟎', '༠', '௦', '᠐'])
}

proptest! {
    #[test]
    fn a_pasted_number_is_the_number(
        (_, number) in select(examples()),
        zero in zero(),
        junk in prop::collection::vec(junk(), 40),
    ) {
        let e164 = number.to_string();
        let digit = |c: char| c.to_digit(10).and_then(|d| char::from_u32(u32::from(zero) + d)).unwrap_or('＋');
        let text: String = e164.chars().zip(&junk).flat_map(|(c, junk)| junk.chars().chain([digit(c)])).collect();

        prop_assert_eq!(parsed(&format!("{text}{}", junk[39]), None), Ok(e164), "{:?}", text);
    }

    #[test]
    fn whatever_is_taken_is_e164_and_has_one_spelling(text in "\\PC{0,24}|[+0-9 ()/.\u{2013}-]{4,24}") {
        for region in [None, Country::parse("US"), Country::parse("DE")] {
            if let Ok(number) = PhoneNumber::parse(&text, region) {
                let digits = number.as_str().strip_prefix('+').unwrap();
                prop_assert!(digits.len() <= 15 && digits.bytes().all(|b| b.is_ascii_digit()));
                prop_assert_eq!(PhoneNumber::parse(number.as_str(), None), Ok(number.clone()));
            }
        }
    }
}
