use tracing_subscriber::EnvFilter;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The filter of a text like `info` or `info,doorward_http=debug`; without one, what is wrong with it.
///
/// A word that is no level would be taken as the name of a module, and switch all others off.
pub(super) fn filter(text: &str) -> Result<EnvFilter, String> {
    let directives: Vec<String> = text.split(',').map(directive).collect::<Result<_, _>>()?;
    EnvFilter::builder().parse(directives.join(",")).map_err(|_| FORM.to_owned())
}

const FORM: &str = "must be error, warn, info, debug, trace, or directives like info,doorward_http=debug";

fn directive(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.rsplit_once('=') {
        // The `=` of a span's field.
        Some((_, rest)) if rest.contains(']') => Ok(text.to_owned()),
        Some((target, word)) => Ok(format!("{target}={}", level(word)?)),
        None => level(text).map(str::to_owned),
    }
}

fn level(word: &str) -> Result<&'static str, String> {
    let lower = word.trim().to_lowercase();
    let known = if lower == "warning" { "warn" } else { &lower };
    let level = LEVELS.into_iter().find(|level| *level == known);
    level.ok_or_else(|| {
        let is_word = (1..=20).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_word { format!("{FORM}; `{word}` is no level") } else { FORM.to_owned() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_known_by_their_names() {
        for text in
            ["info", "WARN", "warning", "info,actix_server=warning", "off", "info,doorward_http=debug, hyper=off"]
        {
            assert!(filter(text).is_ok(), "{text}");
        }
        assert_eq!(filter("warning").unwrap().to_string(), "warn");
    }

    #[test]
    fn another_word_is_refused_by_name() {
        for word in ["verbose", "critical", "2", "fatal", "notice"] {
            assert_eq!(filter(word).unwrap_err(), format!("{FORM}; `{word}` is no level"));
            assert!(filter(&format!("info,doorward_http={word}")).is_err(), "{word}");
        }
        for text in ["", "info,", "loud=?", "doorward_http"] {
            assert!(filter(text).is_err(), "{text}");
        }
    }
}
