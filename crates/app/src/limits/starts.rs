use doorward_kernel::{EmailAddress, PhoneNumber, Timestamp};
use doorward_limit::{BucketKind, Take};
use doorward_otp::KnownDevice;

use super::{AdmitError, CallKind, Caller, MailCaller, RateLimiter, mails::mail_withheld};

/// The takes of a start, made before it is known whether anybody reads its message.
#[derive(Debug, Default)]
pub(crate) struct StartTaken {
    /// From the limits of the caller, where it may be given back.
    of_caller: Vec<Take>,
    /// For the message; nothing where one of its limits is used up.
    of_message: Vec<Take>,
    /// That limit.
    pub(crate) refused: Option<BucketKind>,
}

impl RateLimiter {
    /// Admits a start that sends.
    pub(crate) async fn admit_start(
        &self,
        caller: &Caller,
        known: Option<KnownDevice>,
        now: Timestamp,
    ) -> Result<(), AdmitError> {
        let takes = self.takes_of_start(caller, known, CallKind::Start, now).await;
        self.admit(takes, now).await
    }

    /// Admits a registration of the address, and takes for the mail with its code in the same step, before anybody
    /// is looked up. Where the address has too little, the caller is told nothing.
    pub(crate) async fn admit_registration(
        &self,
        address: &EmailAddress,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<StartTaken, AdmitError> {
        let of_caller = self.takes_of_start(caller, None, CallKind::Registration, now).await;
        let of_message = self.takes_of_mail(address, MailCaller::Stranger, now);
        let taken = self.admit_message(&of_caller, of_message, now).await?;
        taken.refused.inspect(|kind| _ = mail_withheld(*kind));
        Ok(StartTaken { of_caller, ..taken })
    }

    /// Admits a start that sends a code to the number, and takes for that in the same step, before anybody is
    /// looked up. Where the number has too little, the caller is told nothing.
    pub(crate) async fn admit_start_of_sms(
        &self,
        number: &PhoneNumber,
        caller: &Caller,
        known: Option<KnownDevice>,
        now: Timestamp,
    ) -> Result<StartTaken, AdmitError> {
        let of_message = Ok(vec![self.take_of_sms(number, known)]);
        let of_caller = self.takes_of_start(caller, known, CallKind::Start, now).await;
        self.admit_message(&of_caller, of_message, now).await
    }

    async fn admit_message(
        &self,
        of_caller: &[Take],
        of_message: Result<Vec<Take>, BucketKind>,
        now: Timestamp,
    ) -> Result<StartTaken, AdmitError> {
        let (of_message, used_up) =
            of_message.map_or_else(|used_up| (Vec::new(), Some(used_up)), |takes| (takes, None));
        let refused = self.admit_with(of_caller, &of_message, now).await?;
        let refused = refused.refused().first().map(|bucket| bucket.kind).or(used_up);
        let of_message = if refused.is_none() { of_message } else { Vec::new() };
        Ok(StartTaken { of_message, refused, ..StartTaken::default() })
    }

    /// Returns the take of an SMS from its number. Devices that the owner has logged in with take instead, all of them
    /// from one bucket: strangers who ask for codes to the number leave them theirs.
    pub(super) fn take_of_sms(&self, number: &PhoneNumber, known: Option<KnownDevice>) -> Take {
        let kind = if known.is_some() { BucketKind::SMS_KNOWN } else { BucketKind::SMS };
        self.one(kind, number.as_str(), &self.limits.sms)
    }

    /// Gives back what a registration took whose password nobody may have; the call itself stays counted.
    pub(crate) fn registration_was_refused(&self, taken: StartTaken) {
        self.give_back([taken.of_caller, taken.of_message].concat());
    }

    /// Gives back what a start took for a message that is not written.
    pub(crate) fn start_failed(&self, taken: StartTaken) {
        self.buckets.refund(taken.of_message);
    }
}
