//! Names as people write them, in the scripts that they write.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use doorward_user::{Name, NameError};
use proptest::prelude::*;

/// Names made up of common parts, by script; joiners are spelled out.
const NAMES: &[(&str, &[&str])] = &[
    (
        "Latin",
        &[
            "Ada",
            "O'Neill",
            "O’Neill",
            "O‘Neill",
            "O´Neill",
            "O`Neill",
            "D'Arcy-Smith",
            "'t Hart",
            "Anne–Marie",
            "Anne\u{2011}Marie",
            "José",
            "Mª José",
            "Jr.",
            "J. R. R.",
            "J.R.",
            "J.R.R.Smith",
            "St.John",
            "st.john",
            "Ma.Theresa",
            "e.e.miller",
            "Ph.D",
            "King, Jr.",
            "John Smith 3rd",
            "John Smith Ⅲ",
            "Siti binti Ali",
            "Raj a/l Kumar",
            "Devi d/o Nair",
            "Gal·la",
            "ʻOkina",
            "Ağaoğlu",
            "Nguyễn Thị Ánh",
            "Ṣọlá",
            "Łukasz",
            "Þórdís",
            "Robert (Bob)",
            "William “Bill”",
            "\"Bill\" Smith",
            "Ana\u{a0}Maria",
            "ǃxóõ",
            "Kanien’kehá\u{a789}ka",
            "X Æ",
            "Tekla\u{2010}Liis",
        ],
    ),
    ("Greek", &["Ελένη", "Παπαδόπουλος"]),
    ("Cyrillic", &["Анна-Мария", "Дар’я", "Ким Ен Ир", "Ї́жак"]),
    ("Armenian", &["Անահիտ", "Տէր֊Պետրոսեան", "Գ՚րիգոր"]),
    ("Georgian", &["თამარი", "ბერიძე"]),
    ("Hebrew", &["דוד", "בן־גוריון", "רש״י", "ג׳ורג׳", "רמב\"ם", "אֱלִיָּהוּ"]),
    (
        "Arabic",
        &[
            "محمد",
            "عبد الله",
            "د.محمد",
            "مُحَمَّد",
            "علی\u{200c}رضا",
            "می\u{200c}نا",
            "امیر\u{200c}حسین",
            "نازه\u{200c}نین",
            "محمد ١",
        ],
    ),
    ("Syriac", &["ܡܪܝܡ", "ܝܘܚܢܢ"]),
    ("Thaana", &["އާމިނަތު"]),
    ("Nko", &["ߊߡߊߘߎ"]),
    ("Adlam", &["𞤀𞤥𞤢𞤣𞤵"]),
    ("Mongolian", &["ᠪᠠᠲᠤ", "ᠰᠠᠷ\u{180e}ᠠ"]),
    ("Devanagari", &["नेहा", "शर्मा", "दर\u{94d}\u{200d}या", "श्री\u{200c}निवास", "कृष्ण", "राव\u{94d}\u{200d}"]),
    ("Bengali", &["র\u{200d}\u{9cd}যাব", "র\u{200d}\u{9cd}যান", "শ্রেয়া", "উৎপল", "আবদ\u{9cd}\u{200c}দুল"]),
    ("Gurmukhi", &["ਗੁਰਪ੍ਰੀਤ", "ਸਿੰਘ"]),
    ("Gujarati", &["હાર્દિક", "ક\u{acd}\u{200d}ષમા"]),
    ("Oriya", &["ଓଡ଼ିଶା", "ପ୍ରିୟା"]),
    ("Tamil", &["முருகன்", "ஸ்ரீ", "எஸ்.குமார்"]),
    ("Telugu", &["శ్రీనివాస్", "రాజ్\u{200c}కుమార్"]),
    ("Kannada", &["ಕೃಷ್ಣ", "ರ\u{200d}\u{ccd}ಯಾಲಿ", "ರಾಜ್\u{200c}ಕುಮಾರ್"]),
    ("Malayalam", &["മോഹന\u{d4d}\u{200d}", "അനില\u{d4d}\u{200d} കുമാര\u{d4d}\u{200d}", "മോഹൻ", "നമ\u{d4d}\u{200c}ബൂതിരി"]),
    ("Sinhala", &["ශ\u{dca}\u{200d}රී", "ප\u{dca}\u{200d}රියන්ත", "සූර\u{dca}\u{200d}ය", "ක\u{200d}\u{dca}ෂමා"]),
    ("Thai", &["สมชาย", "ณัฐพล", "ม.ร.ว. สุริยา"]),
    ("Lao", &["ສົມສັກ"]),
    ("Khmer", &["សុខា", "ច័ន្ទ"]),
    ("Myanmar", &["မောင်မောင်", "အောင်ဆန်း", "ဒေါ်ခင်"]),
    ("Tibetan", &["བསྟན་འཛིན", "རྡོ་རྗེ"]),
    ("Ethiopic", &["ሰላም", "ወልደ፡ማርያም"]),
    ("Han", &["李", "阿依古丽·买买提", "辻\u{e0100}", "佐々木", "〇一"]),
    ("Hiragana", &["さくら", "ゆき"]),
    ("Katakana", &["ジャン・ポール", "ｼﾞｬﾝ･ﾎﾟｰﾙ", "ジャン＝ポール", "マリー"]),
    ("Hangul", &["김민준", "이 서연"]),
    ("Bopomofo", &["ㄌㄧˇ"]),
    ("Yi", &["ꀉꌋ"]),
    ("Cherokee", &["ᏎᏉᏯ"]),
    ("Canadian Aboriginal", &["ᓄᓇᕗᑦ"]),
    ("Tifinagh", &["ⵎⴰⵙⵉⵏ"]),
    ("Javanese", &["ꦱꦸꦏꦂꦤ"]),
    ("Balinese", &["ᬓ᭄ᬢᬸᬢ᭄"]),
    ("Chakma", &["𑄌𑄋𑄴𑄟"]),
    ("Meetei Mayek", &["ꯃꯤꯇꯩ"]),
    ("Ol Chiki", &["ᱵᱤᱨᱥᱟ"]),
    ("Osmanya", &["𐒖𐒐𐒑𐒘"]),
];

#[test]
fn names_of_the_world_are_names_as_they_are_written() {
    use unicode_normalization::UnicodeNormalization;

    for (script, names) in NAMES {
        for name in *names {
            let parsed = Name::parse(name).map(|parsed| parsed.as_str().to_owned());
            assert_eq!(parsed, Ok(name.nfc().collect()), "{script} {name}");
        }
    }
    assert!(NAMES.len() >= 30 && NAMES.iter().map(|(_, names)| names.len()).sum::<usize>() >= 60);
}

#[test]
fn what_pasting_leaves_at_the_ends_is_no_part_of_a_name() {
    for text in [
        " Ada ",
        "Ada\r\n",
        "\tAda\u{a0}",
        "\u{feff}Ada\u{200b}",
        "\u{2067}Ada\u{2069}\u{200f}",
        "\"Ada\"",
        "“Ada”",
        "«Ada»",
        "— Ada –",
        "\u{202e}Ada",
        "Ada\u{200d}",
        "\u{200c}Ada",
    ] {
        assert_eq!(Name::parse(text).unwrap().as_str(), "Ada", "{text:?}");
    }
    // The joiner after a virama shapes the last letter, what follows it does not.
    assert_eq!(Name::parse("മോഹന\u{d4d}\u{200d}\u{200d} \u{200b}\n").unwrap().as_str(), "മോഹന\u{d4d}\u{200d}");
}

#[test]
fn joiners_that_join_nothing_are_left_out_where_people_type_them() {
    assert_eq!(Name::parse("علی\u{200c}\u{200c}رضا").unwrap().as_str(), "علی\u{200c}رضا");
    assert_eq!(Name::parse("علی\u{200c} رضا").unwrap().as_str(), "علی رضا");
    assert_eq!(Name::parse("علی \u{200c}رضا").unwrap().as_str(), "علی رضا");
}

#[test]
fn names_are_composed() {
    assert_eq!(Name::parse("Jose\u{301}").unwrap().as_str(), "José");
}

#[test]
fn what_is_no_name_is_refused_with_the_reason() {
    for (text, error) in [
        ("", NameError::Empty),
        (" \u{a0}\r\n", NameError::Empty),
        ("—", NameError::Empty),
        ("...", NameError::NoLetter),
        ("007", NameError::NoLetter),
        ("A\r\nBcc: x@evil.test", NameError::LineBreak),
        ("B\nSubject: hi", NameError::LineBreak),
        ("A\u{2028}B", NameError::LineBreak),
        ("A\tB", NameError::LineBreak),
        ("A\u{200b}da", NameError::Invisible),
        ("A\u{ad}da", NameError::Invisible),
        ("A\u{202e}da", NameError::Invisible),
        ("A\u{2066}da\u{2069}s", NameError::Invisible),
        ("A\u{200d}da", NameError::Invisible),
        ("A\u{200c}da", NameError::Invisible),
        ("A\0da", NameError::Invisible),
        ("A\u{1b}[2Jda", NameError::Invisible),
        ("\u{3164}a", NameError::Invisible),
        ("{{7*7}}", NameError::Character('{')),
        ("${7*7}", NameError::Character('$')),
        ("<img src=x onerror=1>", NameError::Character('<')),
        ("Ada>", NameError::Character('>')),
        ("＜Ada＞", NameError::Character('＜')),
        ("a@evil.test", NameError::Character('@')),
        ("http://evil.test", NameError::Character(':')),
        ("Ada 😀", NameError::Character('😀')),
        ("Ada; DROP", NameError::Character(';')),
        ("Ada_Lovelace", NameError::Character('_')),
    ] {
        assert_eq!(Name::parse(text).err(), Some(error), "{text:?}");
    }
}

#[test]
fn what_reads_as_a_web_address_is_no_name() {
    for text in [
        "www.evil.test",
        "WWW",
        "Visit evil.test now",
        "evil.com",
        "EVIL.COM",
        "Evil.Com",
        "x.com",
        "t.co",
        "bit.ly/abc",
        "BIT.LY/ABC",
        "example.com/path",
        "example.co.uk",
        "Ada (evil.org)",
        "Ada-evil.net",
        "xn--80ak6aa92e.com",
        "пример.рф",
        "例子.中国",
        "ｗｗｗ．ｅｖｉｌ．ｃｏｍ",
        "evil．com",
        "st.com",
        "127.0.0.1 Ada",
        "Ada,evil.ninja",
        "free.money.online",
    ] {
        assert_eq!(Name::parse(text).err(), Some(NameError::Address), "{text:?}");
    }
}

#[test]
fn a_name_has_at_most_100_characters() {
    assert!(Name::parse(&"é".repeat(100)).is_ok());
    assert!(Name::parse(&format!("  {}\n", "e\u{301}".repeat(100))).is_ok());
    assert_eq!(Name::parse(&"é".repeat(101)), Err(NameError::TooLong));
}

#[test]
fn a_letter_bears_at_most_six_marks() {
    assert!(Name::parse(&format!("A{}da", "\u{316}".repeat(6))).is_ok());
    assert_eq!(Name::parse(&format!("A{}da", "\u{316}".repeat(7))), Err(NameError::Marks));
    assert_eq!(Name::parse(&format!("A{}da", "\u{316}".repeat(59))), Err(NameError::Marks));
}

#[test]
fn a_name_that_may_be_missing_is_none_when_nothing_is_left() {
    for text in ["", " ", "\u{200b}\r\n", "-"] {
        assert_eq!(Name::parse_optional(text), Ok(None), "{text:?}");
    }
    assert_eq!(Name::parse_optional("a@b"), Err(NameError::Character('@')));
    assert_eq!(Name::parse_optional("Ada"), Name::parse("Ada").map(Some));
}

#[test]
fn errors_and_debug_say_nothing_of_the_name() {
    assert_eq!(format!("{:?}", Name::parse("Ada").unwrap()), "[name]");
    assert_eq!(
        Name::parse("Ada#Secret").unwrap_err().to_string(),
        "must not hold the character #; letters, digits, blanks and the punctuation of names are fine"
    );
}

proptest! {
    #[test]
    fn a_name_parses_to_itself(text in "\\PC{0,20}") {
        if let Ok(name) = Name::parse(&text) {
            prop_assert_eq!(Name::parse(name.as_str()), Ok(name));
        }
    }

    #[test]
    fn no_name_holds_what_could_change_a_mail(text in "[\\x00-\\x7f\u{80}-\u{a0}\u{200b}-\u{200f}\u{2028}-\u{202e}\u{2060}-\u{2069}\u{ff1c}\u{ff1e}\u{feff}aé]{0,12}") {
        if let Ok(name) = Name::parse(&text) {
            let is_harmful = |c: char| c.is_control() || "<>@:{}\u{2028}\u{2029}\u{ff1c}\u{ff1e}".contains(c)
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
            prop_assert!(!name.as_str().contains(is_harmful), "{:?}", name.as_str());
        }
    }
}
