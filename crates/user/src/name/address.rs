//! Web addresses in names: whatever a person, or a mail client that makes links, takes for one.

use unicode_normalization::UnicodeNormalization;

/// Top-level domains that make a link of what stands before the dot, in capitals too.
const TOP_LEVELS: &[&str] = &[
    "com",
    "net",
    "org",
    "info",
    "biz",
    "edu",
    "gov",
    "mil",
    "int",
    "app",
    "dev",
    "xyz",
    "top",
    "online",
    "site",
    "website",
    "store",
    "shop",
    "club",
    "live",
    "news",
    "blog",
    "cloud",
    "tech",
    "link",
    "click",
    "space",
    "mobi",
    "test",
    "example",
    "invalid",
    "localhost",
    "local",
    "onion",
    "中国",
    "中國",
    "公司",
    "网络",
    "한국",
    "भारत",
];

/// Titles that are written before a name without a blank, as in `St.John`.
const TITLES: &[&str] =
    &["st", "ste", "dr", "mr", "mrs", "ms", "jr", "sr", "ma", "md", "mohd", "muh", "abd", "fr", "prof", "ph", "hj"];

/// Returns whether any part of the text reads as a web address.
pub(super) fn reads_as_one(text: &str) -> bool {
    // Fullwidth letters and dots make links as well.
    let text: String = text.nfkc().collect();
    let has_path = text.split(char::is_whitespace).filter_map(|word| word.split_once('/'));
    let mut hosts = text.split(|c: char| !(c.is_alphanumeric() || is_mark(c) || ".-".contains(c)));
    hosts.any(is_host) || has_path.into_iter().any(|(host, _)| is_dotted(host))
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

fn is_host(text: &str) -> bool {
    let lower = text.to_lowercase();
    let labels: Vec<&str> = text.split('.').collect();
    let is_number = labels.len() == 4 && labels.iter().all(|label| label.parse::<u8>().is_ok());
    let mut pairs = labels.iter().zip(labels.iter().skip(1));
    lower == "www" || lower.starts_with("www.") || is_number || pairs.any(|(before, after)| is_linked(before, after))
}

/// Returns whether a dot between these two makes a domain of them.
///
/// After initials and titles a name may follow without a blank (`J.R.Smith`, `St.John`), and any
/// name that begins with a capital.
fn is_linked(before: &str, after: &str) -> bool {
    if !before.ends_with(char::is_alphanumeric) || !after.starts_with(char::is_alphabetic) {
        return false;
    }
    let (title, lower) = (before.rsplit('-').next().unwrap_or(before).to_lowercase(), after.to_lowercase());
    let letters = after.chars().filter(|c| c.is_alphabetic()).count();
    let is_lower_case = after.chars().any(char::is_lowercase) && !after.chars().any(char::is_uppercase);
    let is_title = title.chars().count() == 1 || TITLES.contains(&title.as_str());
    TOP_LEVELS.contains(&lower.as_str()) || (is_lower_case && letters >= 2 && !(is_title && letters > 2))
}

/// Returns whether a dot stands between two letters or more on either side, as in `example.com`.
fn is_dotted(host: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count();
    host.rsplit_once('.').is_some_and(|(before, after)| letters(before) >= 1 && letters(after) >= 2)
}
