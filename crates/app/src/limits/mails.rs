use std::time::Duration;

use doorward_kernel::{AuditKind, EmailAddress, StoreError, Timestamp};
use doorward_limit::{BucketKind, Limit, Limits, Take};

use super::RateLimiter;
use crate::metrics;

/// The kind of caller who asks for a mail with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailCaller {
    /// Whoever has given the right password of the account that has the address, or calls from a device of its owner.
    Known,
    /// Anyone else; who has a code sent again is who has started its flow.
    Stranger,
}

impl RateLimiter {
    /// Takes for a mail with a code on its address, for a decoy, which sends none, as well; what the audit says
    /// if it is not sent.
    pub(crate) async fn mail(
        &self,
        address: &EmailAddress,
        caller: MailCaller,
        now: Timestamp,
    ) -> Result<Option<AuditKind>, StoreError> {
        let takes = match self.takes_of_mail(address, caller, now) {
            Ok(takes) => takes,
            Err(used_up) => return Ok(Some(mail_withheld(used_up))),
        };
        let outcome = self.buckets.take(takes, now).await?;
        Ok(outcome.refused().first().map(|refused| mail_withheld(refused.kind)))
    }

    /// Returns the takes of a mail with a code from its address, or the limit that is used up already.
    ///
    /// Strangers take from the whole and on their part of it, so a reserve stays for the owner.
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
        let whole = &self.limits.email;
        let mut takes = vec![self.one(BucketKind::EMAIL, address.key(), whole)];
        if caller == MailCaller::Stranger {
            let part = whole.without(Limits::EMAIL_RESERVE).ok_or(BucketKind::EMAIL_STRANGERS)?;
            takes.push(self.one(BucketKind::EMAIL_STRANGERS, address.key(), &part));
        }
        Ok(takes)
    }

    /// Takes from what is there for all as a mail with a code is about to be sent.
    pub(crate) async fn try_send_mail(&self, now: Timestamp) -> Result<Option<AuditKind>, StoreError> {
        let taken = self.take_shared(&[self.take_of_all_mail()], &[], now).await?;
        Ok(taken.err().map(|exhausted| mail_withheld(exhausted.key.kind)))
    }

    /// Returns the take of a mail with a code from the limit of all mails.
    pub(crate) fn take_of_all_mail(&self) -> Take {
        self.one(BucketKind::EMAIL_BUDGET, "", &self.limits.email_budget)
    }

    /// Whether a stranger's call may have a notice sent to an address: once an hour for each, whoever calls.
    pub(crate) async fn notice_by_stranger(&self, address: &EmailAddress, now: Timestamp) -> Result<bool, StoreError> {
        let take = self.one(BucketKind::NOTICES, address.key(), &Limit::per(1, Duration::from_hours(1)));
        Ok(self.buckets.take(vec![take], now).await?.is_admitted())
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
        let subject = format!("{} {whose}", address.key());
        let take = self.one(BucketKind::NOTICES, &subject, &Limit::per(1, Duration::from_hours(24)));
        Ok(self.buckets.take(vec![take], now).await?.is_admitted())
    }
}

/// Counts a mail that is not sent, as that limit is used up; what the audit says.
pub(super) fn mail_withheld(kind: BucketKind) -> AuditKind {
    metrics::mail_withheld(kind.as_str());
    AuditKind::EmailBudgetExhausted
}
