use doorward_kernel::EmailAddress;

use crate::{BucketKey, BucketKind, Digests, Limits, Take};

/// The kind of caller who asks for a mail with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailCaller {
    /// A call with a session, a right password or a known device.
    Known,
    /// Anyone else; who has a code sent again is who has started its flow.
    Stranger,
}

/// What a mail with a code to this address takes from the address itself, whether anybody is sent it
/// or not; `None` when strangers may have none at all.
///
/// Strangers take from the whole and on their part of it, so a reserve stays for the owner.
pub fn mail_takes(
    digests: &dyn Digests,
    limits: &Limits,
    address: &EmailAddress,
    caller: MailCaller,
) -> Option<Vec<Take>> {
    let take = |kind, limit| Take::one(BucketKey::new(digests, kind, address.key()), limit);
    let mut takes = vec![take(BucketKind::EMAIL, limits.email.clone())];
    if caller == MailCaller::Stranger {
        takes.push(take(BucketKind::EMAIL_STRANGERS, limits.email.without(Limits::EMAIL_RESERVE)?));
    }
    Some(takes)
}

/// What a mail that is sent takes from what is there for all.
pub fn shared_mail_take(digests: &dyn Digests, limits: &Limits) -> Take {
    Take::one(BucketKey::new(digests, BucketKind::EMAIL_BUDGET, ""), limits.email_budget.clone())
}

#[cfg(test)]
mod tests {
    use doorward_kernel::Timestamp;

    use super::*;
    use crate::{Limit, MemoryBuckets, TakeOutcome};

    struct OneSubject;

    impl Digests for OneSubject {
        fn digest(&self, _kind: BucketKind, _subject: &str) -> [u8; 32] {
            [0; 32]
        }
    }

    /// How many of ten mails are admitted.
    fn admitted(memory_buckets: &mut MemoryBuckets, limits: &Limits, caller: MailCaller) -> usize {
        let address = EmailAddress::parse("ada@example.com").unwrap();
        let now = Timestamp::from_micros(0);
        let takes = mail_takes(&OneSubject, limits, &address, caller);
        (0..10)
            .filter(|_| takes.as_ref().is_some_and(|it| memory_buckets.take(it, now) == TakeOutcome::Admitted))
            .count()
    }

    #[test]
    fn strangers_use_up_three_of_five_and_the_owner_has_two_left() {
        let mut memory_buckets = MemoryBuckets::default();

        assert_eq!(admitted(&mut memory_buckets, &Limits::default(), MailCaller::Stranger), 3);
        assert_eq!(admitted(&mut memory_buckets, &Limits::default(), MailCaller::Known), 2);
    }

    #[test]
    fn the_owner_may_use_up_all_five() {
        let mut memory_buckets = MemoryBuckets::default();

        assert_eq!(admitted(&mut memory_buckets, &Limits::default(), MailCaller::Known), 5);
        assert_eq!(admitted(&mut memory_buckets, &Limits::default(), MailCaller::Stranger), 0);
    }

    #[test]
    fn a_limit_that_is_all_reserve_leaves_strangers_nothing() {
        let limits = Limits { email: Limit::parse("2/1d").unwrap(), ..Limits::default() };

        assert_eq!(admitted(&mut MemoryBuckets::default(), &limits, MailCaller::Stranger), 0);
        assert_eq!(admitted(&mut MemoryBuckets::default(), &limits, MailCaller::Known), 2);
    }
}
