use crate::blocklist::words;

/// The most digits and marks around a word: those of a date.
const MAX_DECORATION: usize = 8;

/// Returns whether the text, in lower case, is one or two of the words in some disguise.
pub(super) fn is_variation(text: &str) -> bool {
    let cores = [text, text.trim_end_matches(is_decoration), text.trim_matches(is_decoration)];
    cores
        .into_iter()
        .filter(|core| text.chars().count() - core.chars().count() <= MAX_DECORATION)
        .flat_map(|core| [core.to_owned(), plain(core, 'i'), plain(core, 'l')])
        .any(|core| words::is_one_or_two(&core))
}

fn is_decoration(c: char) -> bool {
    c.is_ascii_digit() || c.is_ascii_punctuation()
}

/// The text with letters where digits and marks stand for them; a one is read as told.
fn plain(text: &str, one: char) -> String {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' | '|' => one,
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        other => other,
    };
    text.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn words_are_found_in_their_usual_disguises() {
        for text in [
            "dragon",
            "dragon1",
            "dragon2026!",
            "123dragon",
            "!dragon!",
            "dr4g0n",
            "p@$$w0rd",
            "p@$$w0rd123",
            "5un5h1ne",
            "b@tm@n99",
            "lov3lylov3",
            "dragonmaster",
            "dragonmaster77",
            "ilovemichael",
            "dragon12041987",
        ] {
            assert!(is_variation(text), "{text}");
        }
    }

    #[test]
    fn more_than_two_words_or_more_than_a_date_around_them_are_free() {
        for text in ["dragonmastersunshine", "dragon123456789", "dragon river", "dragonish", "xdragon", "12345678", ""]
        {
            assert!(!is_variation(text), "{text}");
        }
    }

    #[test]
    fn a_hundred_thousand_of_eight_characters_or_more_are_only_a_part_of_them() {
        let endings: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
        let of_word = |word: &'static str| endings.iter().map(move |ending| format!("{word}{ending}"));
        let variations: HashSet<String> = words::all().flat_map(of_word).filter(|text| text.len() >= 8).collect();

        assert!(variations.len() > 100_000, "{}", variations.len());
        assert!(variations.iter().step_by(101).all(|text| is_variation(text)));
    }
}
