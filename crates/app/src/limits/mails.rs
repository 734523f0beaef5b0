use std::time::Duration;

use doorward_kernel::{EmailAddress, StoreError, Timestamp};
use doorward_limit::{BucketKind, Limit, MailCaller, Take, TakeOutcome, mail_takes, shared_mail_take};

use super::RateLimiter;
use crate::metrics;

/// Whether a code is sent. The caller gets the same answer either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posting {
    /// It does.
    Sent,
    /// It does not: a bucket is used up.
    Withheld,
}

impl RateLimiter {
    /// Takes for a mail with a code on its address, for a decoy, which sends none, as well.
    pub(crate) async fn mail(
        &self,
        address: &EmailAddress,
        caller: MailCaller,
        now: Timestamp,
    ) -> Result<Posting, StoreError> {
        let takes = match self.takes_of_mail(address, caller, now) {
            Ok(takes) => takes,
            Err(used_up) => return Ok(posting(Some(used_up))),
        };
        let outcome = self.buckets.take(takes, now).await?;
        Ok(posting(outcome.refused().first().map(|refused| refused.kind)))
    }

    /// What a mail with a code takes from its address, or the limit that is used up already.
    ///
    /// What is there for all is taken from when the mail goes out; here it is known whether it is used up.
    pub(super) fn takes_of_mail(
        &self,
        address: &EmailAddress,
        caller: MailCaller,
        now: Timestamp,
    ) -> Result<Vec<Take>, BucketKind> {
        if let Some(exhausted) = self.buckets.leases.exhausted(&[self.take_of_all_mail()], now) {
            return Err(exhausted.key.kind);
        }
        mail_takes(&*self.digests, &self.limits, address, caller).ok_or(BucketKind::EMAIL_STRANGERS)
    }

    /// Takes from what is there for all as a mail with a code is about to be sent.
    pub(crate) async fn try_send_mail(&self, now: Timestamp) -> Result<Posting, StoreError> {
        let taken = self.take_shared(&[self.take_of_all_mail()], &[], now).await?;
        Ok(posting(taken.err().map(|exhausted| exhausted.key.kind)))
    }

    /// What a mail with a code takes from what is there for all.
    pub(crate) fn take_of_all_mail(&self) -> Take {
        shared_mail_take(&*self.digests, &self.limits)
    }

    /// Whether a stranger's call may have a notice sent to an address: once an hour for each, whoever calls.
    pub(crate) async fn notice_by_stranger(&self, address: &EmailAddress, now: Timestamp) -> Result<bool, StoreError> {
        let take = self.one(BucketKind::NOTICES, address.key(), &Limit::per(1, Duration::from_hours(1)));
        Ok(self.buckets.take(vec![take], now).await? == TakeOutcome::Admitted)
    }

    /// Whether the owner of an address is told that somebody tried to register it: once a day, whoever tries.
    ///
    /// An address that is free takes from a limit of its own, so that both take as long.
    pub(crate) async fn notice_of_registration(
        &self,
        address: &EmailAddress,
        is_taken: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let whose = if is_taken { "taken" } else { "free" };
        let take = self.one(
            BucketKind::NOTICES,
            &format!("{} {whose}", address.key()),
            &Limit::per(1, Duration::from_hours(24)),
        );
        Ok(self.buckets.take(vec![take], now).await? == TakeOutcome::Admitted)
    }
}

/// Whether a mail goes out; counts one that does not, as that limit is used up.
pub(super) fn posting(used_up: Option<BucketKind>) -> Posting {
    let Some(kind) = used_up else { return Posting::Sent };
    metrics::mail_withheld(kind.as_str());
    Posting::Withheld
}
