//! Puts a message into words that fit one SMS segment.

use std::time::Duration;

use doorward_kernel::Locale;
use doorward_notifier::{Body, CodeTemplate, Envelope, gsm7, minutes};

use crate::words;

/// Why a message cannot be rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// Even the shortest words do not fit one segment of GSM-7.
    #[error("the message does not fit one SMS")]
    TooLong,
}

/// Renders an envelope in its own language.
///
/// One GSM-7 segment, without a link and without anything a person typed. A code's last line is
/// `@host #code`, by which browsers offer it to that host alone (WICG, origin-bound one-time codes).
pub fn sms(envelope: &Envelope, origin_host: &str) -> Result<String, RenderError> {
    match &envelope.body {
        Body::Code { template, code, remaining } => {
            code_sms(envelope.locale, *template, code.reveal(), *remaining, origin_host)
        }
        Body::Notice { template, .. } => {
            let what = words::notice(envelope.locale, *template);
            first_that_fits([format!("{origin_host}: {what} {}", words::advice(envelope.locale)), what.to_owned()])
        }
    }
}

/// Whether every code for that host fits one segment.
pub(crate) fn check_host(origin_host: &str) -> Result<(), RenderError> {
    for locale in Locale::ALL {
        for template in CodeTemplate::ALL {
            code_sms(locale, *template, "00000000", Duration::ZERO, origin_host)?;
        }
    }
    Ok(())
}

fn code_sms(
    locale: Locale,
    template: CodeTemplate,
    code: &str,
    remaining: Duration,
    origin_host: &str,
) -> Result<String, RenderError> {
    let sentences = words::code(locale, words::purpose(locale, template), code, minutes(remaining));
    first_that_fits(sentences.map(|sentence| format!("{sentence}\n\n@{origin_host} #{code}")))
}

fn first_that_fits<const N: usize>(texts: [String; N]) -> Result<String, RenderError> {
    let fits = |text: &String| gsm7::septets(text).is_some_and(|septets| septets <= gsm7::SEGMENT);
    texts.into_iter().find(fits).ok_or(RenderError::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_leaves_no_room_is_refused() {
        assert_eq!(check_host(&"h".repeat(60)), Ok(()));
        assert_eq!(check_host(&"h".repeat(150)), Err(RenderError::TooLong));
        assert_eq!(check_host("дверь.example"), Err(RenderError::TooLong));
    }
}
