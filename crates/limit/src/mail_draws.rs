use doorward_kernel::EmailAddress;

use crate::{BudgetKey, BudgetKind, Digests, Draw, Limits};

/// Who asks for a mail with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailCaller {
    /// A call with a session, a right password or a known device.
    Known,
    /// Anyone else; who has a code sent again is who has started its flow.
    Stranger,
}

/// What a mail with a code to this address draws on the address itself, whether anybody is sent it
/// or not; `None` when strangers may have none at all.
///
/// Strangers draw on the whole and on their part of it, so a reserve stays for the owner.
pub fn mail_draws(
    digests: &dyn Digests,
    limits: &Limits,
    address: &EmailAddress,
    caller: MailCaller,
) -> Option<Vec<Draw>> {
    let draw = |kind, limit| Draw::one(BudgetKey::new(digests, kind, address.key()), limit);
    let mut draws = vec![draw(BudgetKind::EMAIL, limits.email.clone())];
    if caller == MailCaller::Stranger {
        draws.push(draw(BudgetKind::EMAIL_STRANGERS, limits.email.without(Limits::EMAIL_RESERVE)?));
    }
    Some(draws)
}

/// What a mail that is sent draws on what is there for all.
pub fn shared_mail_draw(digests: &dyn Digests, limits: &Limits) -> Draw {
    Draw::one(BudgetKey::new(digests, BudgetKind::EMAIL_BUDGET, ""), limits.email_budget.clone())
}

#[cfg(test)]
mod tests {
    use doorward_kernel::Timestamp;

    use super::*;
    use crate::{DrawOutcome, Ledger, Limit};

    struct OneSubject;

    impl Digests for OneSubject {
        fn digest(&self, _kind: BudgetKind, _subject: &str) -> [u8; 32] {
            [0; 32]
        }
    }

    /// How many of ten mails are admitted.
    fn admitted(ledger: &mut Ledger, limits: &Limits, caller: MailCaller) -> usize {
        let address = EmailAddress::parse("ada@example.com").unwrap();
        let now = Timestamp::from_micros(0);
        let draws = mail_draws(&OneSubject, limits, &address, caller);
        (0..10).filter(|_| draws.as_ref().is_some_and(|it| ledger.draw(it, now) == DrawOutcome::Admitted)).count()
    }

    #[test]
    fn strangers_use_up_three_of_five_and_the_owner_has_two_left() {
        let mut ledger = Ledger::default();

        assert_eq!(admitted(&mut ledger, &Limits::default(), MailCaller::Stranger), 3);
        assert_eq!(admitted(&mut ledger, &Limits::default(), MailCaller::Known), 2);
    }

    #[test]
    fn the_owner_may_use_up_all_five() {
        let mut ledger = Ledger::default();

        assert_eq!(admitted(&mut ledger, &Limits::default(), MailCaller::Known), 5);
        assert_eq!(admitted(&mut ledger, &Limits::default(), MailCaller::Stranger), 0);
    }

    #[test]
    fn a_limit_that_is_all_reserve_leaves_strangers_nothing() {
        let limits = Limits { email: Limit::parse("2/1d").unwrap(), ..Limits::default() };

        assert_eq!(admitted(&mut Ledger::default(), &limits, MailCaller::Stranger), 0);
        assert_eq!(admitted(&mut Ledger::default(), &limits, MailCaller::Known), 2);
    }
}
