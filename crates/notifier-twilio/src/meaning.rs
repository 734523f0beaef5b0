use std::time::Duration;

use doorward_notifier::Scope;

/// The meaning of an answer that is no success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Twilio is out of service.
    Unavailable,
    /// Too much at once.
    Transient,
    /// Our account does not send: anything, or to that country.
    ProviderCannot(Scope),
    /// The recipient gets nothing by that channel, whoever sends it.
    RecipientNever,
    /// This message was refused; other messages, or other providers, may fare better.
    Failed,
}

/// Credentials, a suspended account, its daily limit, or a sender that is not ours (twilio.com/docs/api/errors).
const ACCOUNT: [u32; 16] =
    [20003, 20005, 20006, 20008, 20404, 20426, 21212, 21601, 21603, 21606, 21701, 21703, 21704, 30002, 30027, 63038];

/// No geographic permission for calls or SMS, or a sender that the country's carriers ask to be registered and that is not.
const COUNTRY: [u32; 5] = [21215, 21408, 30032, 30034, 30035];

/// Too many requests, a full queue.
const BUSY: [u32; 4] = [14107, 20429, 21611, 30001];

/// The number does not exist, is no mobile, is blocked, or has answered STOP.
const NEVER: [u32; 10] = [21211, 21214, 21217, 21265, 21401, 21421, 21610, 21614, 30005, 30006];

/// WhatsApp: the recipient does not use it, or has not written to us so that it needs a template.
const NOT_BY_WHATSAPP: [u32; 2] = [63016, 63024];

/// Returns whether that error says that nobody reaches the recipient by the channel of the message.
pub fn is_recipient_never(code: u32) -> bool {
    NEVER.contains(&code) || NOT_BY_WHATSAPP.contains(&code)
}

/// Classifies the answer: Twilio's own number decides where there is one.
pub(crate) fn meaning(status: u16, code: Option<u32>, retry_after: Option<Duration>) -> Meaning {
    match (status, code) {
        (_, Some(code)) if is_recipient_never(code) => Meaning::RecipientNever,
        (_, Some(code)) if ACCOUNT.contains(&code) => Meaning::ProviderCannot(Scope::Everyone),
        (_, Some(code)) if COUNTRY.contains(&code) => Meaning::ProviderCannot(Scope::Country),
        (_, Some(code)) if BUSY.contains(&code) => Meaning::Transient,
        (408 | 429, _) => Meaning::Transient,
        (500.., _) if retry_after.is_some() => Meaning::Transient,
        (300..=399 | 500.., _) => Meaning::Unavailable,
        (401..=404, None) => Meaning::ProviderCannot(Scope::Everyone),
        _ => Meaning::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twilios_own_number_decides_where_there_is_one() {
        for (status, code, expected) in [
            (401, 20003, Meaning::ProviderCannot(Scope::Everyone)),
            (403, 20005, Meaning::ProviderCannot(Scope::Everyone)),
            (404, 20404, Meaning::ProviderCannot(Scope::Everyone)),
            (400, 21606, Meaning::ProviderCannot(Scope::Everyone)),
            (400, 30002, Meaning::ProviderCannot(Scope::Everyone)),
            (403, 21408, Meaning::ProviderCannot(Scope::Country)),
            (400, 30034, Meaning::ProviderCannot(Scope::Country)),
            (400, 21211, Meaning::RecipientNever),
            (400, 21610, Meaning::RecipientNever),
            (400, 21614, Meaning::RecipientNever),
            (400, 63016, Meaning::RecipientNever),
            (400, 63024, Meaning::RecipientNever),
            (400, 21215, Meaning::ProviderCannot(Scope::Country)),
            (400, 21611, Meaning::Transient),
            (429, 20429, Meaning::Transient),
            (503, 20503, Meaning::Unavailable),
        ] {
            assert_eq!(meaning(status, Some(code), None), expected, "{status} {code}");
        }
    }

    #[test]
    fn a_number_that_is_not_known_says_nothing_of_others() {
        for (status, code) in [(400, 21608), (400, 21612), (400, 30003), (400, 30007), (400, 99999), (403, 99999)] {
            assert_eq!(meaning(status, Some(code), None), Meaning::Failed, "{status} {code}");
        }
        assert_eq!(meaning(400, None, None), Meaning::Failed);
    }

    #[test]
    fn without_a_number_the_status_decides() {
        for status in [401, 402, 403, 404] {
            assert_eq!(meaning(status, None, None), Meaning::ProviderCannot(Scope::Everyone), "{status}");
        }
        for status in [308, 500, 502, 503] {
            assert_eq!(meaning(status, None, None), Meaning::Unavailable, "{status}");
        }
        for status in [408, 429] {
            assert_eq!(meaning(status, None, None), Meaning::Transient, "{status}");
        }
        assert_eq!(meaning(503, None, Some(Duration::from_secs(2))), Meaning::Transient);
    }
}
