/// Returns whether the text is a day of 1900 to 2039 in eight digits, in whatever order its parts
/// have, with or without a separator between them.
pub(super) fn is_date(text: &str) -> bool {
    digits(text).is_some_and(|[a, b, c, d]| {
        let (first, last) = (a * 100 + b, c * 100 + d);
        (is_day(a, b) || is_day(b, a)) && is_year(last) || (is_day(c, d) || is_day(d, c)) && is_year(first)
    })
}

/// The eight digits, in pairs.
fn digits(text: &str) -> Option<[u16; 4]> {
    let separators: Vec<char> = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    let is_separated = match separators.as_slice() {
        [] => true,
        [first, second] => first == second && "-./ _".contains(*first),
        _ => false,
    };
    let digits: Vec<u16> = text.bytes().filter(u8::is_ascii_digit).map(|digit| u16::from(digit - b'0')).collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    let pairs: Vec<u16> = pairs.iter().map(|[tens, ones]| tens * 10 + ones).collect();
    if is_separated && rest.is_empty() { pairs.try_into().ok() } else { None }
}

fn is_day(day: u16, month: u16) -> bool {
    (1..=31).contains(&day) && (1..=12).contains(&month)
}

fn is_year(year: u16) -> bool {
    (1900..=2039).contains(&year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_a_life_are_dates_in_every_order() {
        for text in ["12041987", "04231987", "19870412", "12.04.1987", "1987-04-23", "01012010"] {
            assert!(is_date(text), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_none() {
        for text in
            ["", "1204198", "120419870", "12041887", "12342087", "99991987", "12.04-1987", "12x04x1987", "1/2.041987"]
        {
            assert!(!is_date(text), "{text}");
        }
    }
}
