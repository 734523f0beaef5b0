use std::time::Duration;

/// The cause of a refusal, which decides whether the message is retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// Twilio, or our account there: credentials, balance, sender. Other messages are refused alike.
    Provider,
    /// This message now: it is tried again while it is worth sending, and stops no other.
    Moment,
    /// The recipient, or the text itself: no try will succeed.
    Recipient,
}

/// The account, its balance or its sender (twilio.com/docs/api/errors).
const OURS: [u32; 12] = [20003, 20005, 20006, 20008, 20404, 20426, 21212, 21603, 21606, 21611, 21701, 21703];

/// The account may not send there: no permission for the country, a trial account, no route from this sender.
///
/// Others get theirs, so this is no reason to leave the provider alone.
const NOT_THERE: [u32; 4] = [21408, 21608, 21612, 21659];

/// The number does not exist, takes no SMS or does not want any; or the text is none.
const NEVER: [u32; 17] = [
    21211, 21214, 21217, 21265, 21401, 21421, 21601, 21602, 21604, 21605, 21610, 21614, 21617, 30003, 30004, 30005,
    30006,
];

/// Whom that answer concerns: Twilio's own number decides where there is one.
pub(crate) fn blame(status: u16, code: Option<u32>, retry_after: Option<Duration>) -> Blame {
    match (status, code) {
        (_, Some(code)) if NEVER.contains(&code) => Blame::Recipient,
        (_, Some(code)) if OURS.contains(&code) => Blame::Provider,
        (_, Some(code)) if NOT_THERE.contains(&code) => Blame::Moment,
        (500.., _) if retry_after.is_some() => Blame::Moment,
        (300..=399 | 401..=404 | 500.., _) => Blame::Provider,
        // Too many at once, or not known: it may pass, and a code that is given up cannot be had again.
        _ => Blame::Moment,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_providers_own_number_decides() {
        for (status, code, expected) in [
            (401, Some(20003), Blame::Provider),
            (403, Some(20005), Blame::Provider),
            (404, Some(20404), Blame::Provider),
            (402, None, Blame::Provider),
            (308, None, Blame::Provider),
            (401, None, Blame::Provider),
            (400, Some(21606), Blame::Provider),
            (400, Some(21611), Blame::Provider),
            (400, Some(21408), Blame::Moment),
            (400, Some(21608), Blame::Moment),
            (400, Some(21612), Blame::Moment),
            (400, Some(21211), Blame::Recipient),
            (400, Some(21214), Blame::Recipient),
            (400, Some(21610), Blame::Recipient),
            (400, Some(21614), Blame::Recipient),
            (400, Some(30003), Blame::Recipient),
            (400, Some(99999), Blame::Moment),
            (400, None, Blame::Moment),
            (429, Some(20429), Blame::Moment),
            (408, None, Blame::Moment),
            (503, None, Blame::Provider),
        ] {
            assert_eq!(blame(status, code, None), expected, "{status} {code:?}");
        }
        assert_eq!(blame(503, None, Some(Duration::from_secs(2))), Blame::Moment);
    }
}
