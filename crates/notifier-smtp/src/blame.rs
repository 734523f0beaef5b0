use crate::Stage;

/// The cause of a refusal, which decides whether the mail is retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// The server, or us at the server: credentials, sender, relaying, policy, quota. Others are refused alike.
    Server,
    /// Nobody for long: it may pass by itself.
    Moment,
    /// The recipient: no mail will reach that address.
    Recipient,
}

/// The server closes the channel, whatever it was told (RFC 5321, section 3.8).
const OUT_OF_SERVICE: u16 = 421;

/// Whom that reply to that stage concerns (RFC 5321, section 4.2; RFC 4954, section 6; RFC 3463).
///
/// Before a recipient is named, nothing is about the recipient. Afterwards the enhanced code
/// decides where there is one, as servers use 550 and 554 for everything.
pub(crate) fn blame(stage: Stage, code: u16, enhanced: Option<&str>) -> Blame {
    match (stage, code, enhanced) {
        (_, OUT_OF_SERVICE | 530 | 535, _) | (Stage::Greeting, ..) | (Stage::Sender, 500.., _) => Blame::Server,
        (_, ..500, _) => Blame::Moment,
        (Stage::Recipient | Stage::Content, _, Some(enhanced)) if is_of_recipient(enhanced) => Blame::Recipient,
        (Stage::Recipient, 550 | 551 | 553, None) => Blame::Recipient,
        (Stage::Recipient, 550 | 551 | 553, Some(enhanced)) if enhanced.starts_with("5.0.") => Blame::Recipient,
        // Rate, relaying, policy, a full mailbox: relays pass on what the recipient's own server says, and
        // nobody must be able to stop the mail of all by addresses of theirs.
        (Stage::Recipient, ..) | (_, 552, _) => Blame::Moment,
        (Stage::Content, ..) => Blame::Server,
    }
}

/// The address is wrong (5.1.x, but for 5.1.7 and 5.1.8, which are about the sender), or its mailbox is disabled.
fn is_of_recipient(enhanced: &str) -> bool {
    let is_address = enhanced.starts_with("5.1.") && !matches!(enhanced, "5.1.7" | "5.1.8");
    is_address || enhanced == "5.2.1"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_before_the_recipient_is_never_about_the_recipient() {
        for stage in [Stage::Greeting, Stage::Sender] {
            for (code, enhanced) in [(535, "5.7.8"), (530, "5.7.0"), (550, "5.1.1"), (553, "5.1.8"), (554, "5.7.1")] {
                assert_eq!(blame(stage, code, Some(enhanced)), Blame::Server, "{code} {enhanced}");
                assert_eq!(blame(stage, code, None), Blame::Server, "{code}");
            }
        }
        assert_eq!(blame(Stage::Greeting, 454, Some("4.7.0")), Blame::Server);
        assert_eq!(blame(Stage::Sender, 451, None), Blame::Moment);
    }

    #[test]
    fn only_the_address_of_the_recipient_ends_a_mail() {
        for (code, enhanced, expected) in [
            (550, Some("5.1.1"), Blame::Recipient),
            (553, Some("5.1.3"), Blame::Recipient),
            (556, Some("5.1.10"), Blame::Recipient),
            (550, Some("5.2.1"), Blame::Recipient),
            (550, None, Blame::Recipient),
            (551, None, Blame::Recipient),
            (553, None, Blame::Recipient),
            (550, Some("5.0.0"), Blame::Recipient),
            (550, Some("5.1.7"), Blame::Moment),
            (550, Some("5.1.8"), Blame::Moment),
            (550, Some("5.7.0"), Blame::Moment),
            (550, Some("5.7.1"), Blame::Moment),
            (554, Some("5.7.1"), Blame::Moment),
            (554, None, Blame::Moment),
            (535, Some("5.7.8"), Blame::Server),
            (550, Some("5.4.1"), Blame::Moment),
            (452, Some("4.5.3"), Blame::Moment),
            (552, None, Blame::Moment),
            (552, Some("5.2.2"), Blame::Moment),
            (450, None, Blame::Moment),
            (421, Some("4.7.0"), Blame::Server),
        ] {
            assert_eq!(blame(Stage::Recipient, code, enhanced), expected, "{code} {enhanced:?}");
        }
    }

    #[test]
    fn a_mail_refused_for_what_it_says_concerns_the_server() {
        assert_eq!(blame(Stage::Content, 550, None), Blame::Server);
        assert_eq!(blame(Stage::Content, 554, Some("5.7.1")), Blame::Server);
        assert_eq!(blame(Stage::Content, 550, Some("5.1.1")), Blame::Recipient);
    }
}
