use doorward_notifier::Scope;

use crate::Stage;

/// The meaning of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The server is out of service.
    Unavailable,
    /// It may pass by itself.
    Transient,
    /// The server takes nothing of ours: credentials, sender.
    ProviderCannot(Scope),
    /// No mail will reach that address.
    RecipientNever,
    /// This mail was refused; other mails, or other servers, may fare better.
    Failed,
}

/// The server closes the channel, whatever it was told (RFC 5321, section 3.8).
const OUT_OF_SERVICE: u16 = 421;

/// Classifies the reply to that stage (RFC 5321, section 4.2; RFC 4954, section 6; RFC 3463).
///
/// Before a recipient is named, nothing is about the recipient. Afterwards the enhanced code
/// decides where there is one, as servers use 550 and 554 for everything.
pub(crate) fn meaning(stage: Stage, code: u16, enhanced: Option<&str>) -> Meaning {
    match (stage, code, enhanced) {
        (_, OUT_OF_SERVICE, _) | (Stage::Greeting, ..500, _) => Meaning::Unavailable,
        (Stage::Greeting | Stage::Sender, 500.., _) => Meaning::ProviderCannot(Scope::Everyone),
        (Stage::Recipient | Stage::Content, _, Some(enhanced)) if is_of_recipient(enhanced) => Meaning::RecipientNever,
        (Stage::Recipient, 550 | 551 | 553, None) => Meaning::RecipientNever,
        (Stage::Recipient, 550 | 551 | 553, Some(enhanced)) if enhanced.starts_with("5.0.") => Meaning::RecipientNever,
        // 552 and 5.2.2 are a full mailbox.
        (_, ..500 | 552, _) | (_, _, Some("5.2.2")) => Meaning::Transient,
        // Rate, relaying, policy, credentials, content: relays pass on what the recipient's own server says, and
        // nobody must be able to stop the mail of all by addresses of theirs.
        (Stage::Recipient | Stage::Content, ..) => Meaning::Failed,
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

    const ALL: Meaning = Meaning::ProviderCannot(Scope::Everyone);

    #[test]
    fn what_is_refused_before_the_recipient_is_never_about_the_recipient() {
        for stage in [Stage::Greeting, Stage::Sender] {
            for (code, enhanced) in [(535, "5.7.8"), (530, "5.7.0"), (550, "5.1.1"), (553, "5.1.8"), (554, "5.7.1")] {
                assert_eq!(meaning(stage, code, Some(enhanced)), ALL, "{code} {enhanced}");
                assert_eq!(meaning(stage, code, None), ALL, "{code}");
            }
        }
        assert_eq!(meaning(Stage::Greeting, 454, Some("4.7.0")), Meaning::Unavailable);
        assert_eq!(meaning(Stage::Sender, 451, None), Meaning::Transient);
    }

    #[test]
    fn only_the_address_of_the_recipient_ends_a_mail() {
        for (code, enhanced, expected) in [
            (550, Some("5.1.1"), Meaning::RecipientNever),
            (553, Some("5.1.3"), Meaning::RecipientNever),
            (556, Some("5.1.10"), Meaning::RecipientNever),
            (550, Some("5.2.1"), Meaning::RecipientNever),
            (550, None, Meaning::RecipientNever),
            (551, None, Meaning::RecipientNever),
            (553, None, Meaning::RecipientNever),
            (550, Some("5.0.0"), Meaning::RecipientNever),
            (550, Some("5.1.7"), Meaning::Failed),
            (550, Some("5.1.8"), Meaning::Failed),
            (550, Some("5.7.0"), Meaning::Failed),
            (550, Some("5.7.1"), Meaning::Failed),
            (554, Some("5.7.1"), Meaning::Failed),
            (554, None, Meaning::Failed),
            (550, Some("5.4.1"), Meaning::Failed),
            (530, Some("5.7.0"), Meaning::Failed),
            (535, Some("5.7.8"), Meaning::Failed),
            (554, Some("5.7.8"), Meaning::Failed),
            (452, Some("4.5.3"), Meaning::Transient),
            (552, None, Meaning::Transient),
            (552, Some("5.2.2"), Meaning::Transient),
            (554, Some("5.2.2"), Meaning::Transient),
            (450, None, Meaning::Transient),
            (421, Some("4.7.0"), Meaning::Unavailable),
        ] {
            assert_eq!(meaning(Stage::Recipient, code, enhanced), expected, "{code} {enhanced:?}");
        }
    }

    #[test]
    fn a_mail_refused_for_what_it_says_may_fare_better_elsewhere() {
        assert_eq!(meaning(Stage::Content, 550, None), Meaning::Failed);
        assert_eq!(meaning(Stage::Content, 554, Some("5.7.1")), Meaning::Failed);
        assert_eq!(meaning(Stage::Content, 550, Some("5.1.1")), Meaning::RecipientNever);
    }
}
