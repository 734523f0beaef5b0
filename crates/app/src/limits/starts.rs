use doorward_kernel::{EmailAddress, PhoneNumber, SessionId, Timestamp, UserId};
use doorward_limit::{AddressSubjects, AskedPuzzle, BucketKind, Take, ThreatLevel};
use doorward_otp::KnownDevice;

use super::{AdmitError, Caller, MailCaller, RateLimiter, limiter::of_device, mails::mail_withheld};

/// What a call starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StartKind {
    /// Something that sends.
    Send,
    /// A registration, which sends too.
    Registration,
}

/// What a start took before it was known whether anybody reads its message.
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
        let takes = self.takes_of_start(caller, known, StartKind::Send, now).await;
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
        let of_caller = self.takes_of_start(caller, None, StartKind::Registration, now).await;
        let taken = match self.takes_of_mail(address, MailCaller::Stranger, now) {
            Ok(of_message) => self.admit_message(&of_caller, of_message, now).await?,
            Err(used_up) => {
                self.admit(of_caller.clone(), now).await?;
                StartTaken { refused: Some(used_up), ..StartTaken::default() }
            }
        };
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
        let of_message = vec![self.take_of_sms(number, known)];
        let of_caller = self.takes_of_start(caller, known, StartKind::Send, now).await;
        self.admit_message(&of_caller, of_message, now).await
    }

    async fn admit_message(
        &self,
        of_caller: &[Take],
        of_message: Vec<Take>,
        now: Timestamp,
    ) -> Result<StartTaken, AdmitError> {
        let refused = self.admit_with(of_caller, &of_message, now).await?.first().map(|bucket| bucket.kind);
        let of_message = if refused.is_none() { of_message } else { Vec::new() };
        Ok(StartTaken { of_caller: Vec::new(), of_message, refused })
    }

    /// What an SMS takes from its number. Devices that the owner has logged in with take in its place, all of them
    /// from one bucket: strangers who ask for codes to the number leave them theirs.
    pub(super) fn take_of_sms(&self, number: &PhoneNumber, known: Option<KnownDevice>) -> Take {
        let kind = if known.is_some() { BucketKind::SMS_KNOWN } else { BucketKind::SMS };
        self.one(kind, number.as_str(), &self.limits.sms)
    }

    /// While the threat level is elevated, who has solved a puzzle takes from buckets beside those of the host, as they are set.
    async fn takes_of_start(
        &self,
        caller: &Caller,
        known: Option<KnownDevice>,
        kind: StartKind,
        now: Timestamp,
    ) -> Vec<Take> {
        let solved = self.solved(caller, now).await;
        let Some(device) = known else { return self.stranger_takes(caller, kind, solved) };
        let of_starts = of_device(BucketKind::IP_SENDS, device, &self.limits.ip_sends);
        vec![self.call_take(caller, Some(device)), of_starts]
    }

    /// The puzzle that lets a caller through who was limited; none while limits are as set, or once it was solved.
    #[tracing::instrument(level = "debug", name = "limits.puzzle_for", skip_all)]
    pub async fn puzzle_for(&self, caller: &Caller) -> Option<AskedPuzzle> {
        let now = self.clock_and_ids.now();
        let is_asked = self.spray.threat_level() == ThreatLevel::Elevated && self.solved(caller, now).await.is_none();
        is_asked.then(|| self.puzzles.puzzle(&AddressSubjects::of(caller.address).host, now))
    }

    async fn solved(&self, caller: &Caller, now: Timestamp) -> Option<Vec<Take>> {
        let answer = caller.answer.as_ref().filter(|_| self.spray.threat_level() == ThreatLevel::Elevated)?;
        self.puzzles.solved(&AddressSubjects::of(caller.address).host, answer, now).await
    }

    /// What a start takes from the limits of its host and network; `solved` is the one use of a puzzle.
    pub(super) fn stranger_takes(&self, caller: &Caller, kind: StartKind, solved: Option<Vec<Take>>) -> Vec<Take> {
        let (limits, subjects) = (&self.limits, AddressSubjects::of(caller.address));
        let around = |kind, subject: &str, limit| match solved {
            None => self.around(kind, subject, limit),
            // A quarter of a limit uses up the whole of it, so there is another one.
            Some(_) => self.one(kind, &format!("{subject} solved"), limit),
        };
        let mut takes = vec![
            around(BucketKind::IP_CREDENTIALS, &subjects.host, &limits.ip_credentials),
            around(BucketKind::IP_SENDS, &subjects.host, &limits.ip_sends),
            around(BucketKind::NET_SENDS, &subjects.network, &limits.net_sends),
        ];
        if kind == StartKind::Registration {
            takes.push(around(BucketKind::IP_REGISTRATIONS, &subjects.host, &limits.ip_registrations));
        }
        takes.extend(solved.into_iter().flatten());
        takes
    }

    /// What a setup takes that verifies nothing: as many as changes of an account, for each session its own.
    pub(crate) fn setup_take(&self, session: SessionId) -> Take {
        self.one(BucketKind::TOTP_SETUPS, &session.to_string(), &self.limits.sensitive_changes)
    }

    /// What a change to an account takes from limits that refuse explicitly.
    pub(crate) fn change_takes(&self, caller: &Caller, user: UserId, is_identifier: bool) -> Vec<Take> {
        let user = user.to_string();
        let mut takes = vec![self.one(BucketKind::SENSITIVE_CHANGES, &user, &self.limits.sensitive_changes)];
        if is_identifier {
            takes.push(self.one(BucketKind::IDENTIFIER_CHANGES, &user, &self.limits.identifier_changes));
            takes.extend(self.stranger_takes(caller, StartKind::Send, None));
        }
        takes
    }

    /// Gives back what a registration took whose password nobody may have; the call itself stays counted.
    pub(crate) fn registration_was_refused(&self, taken: StartTaken) {
        self.was_refused([taken.of_caller, taken.of_message].concat());
    }

    /// Gives back what a start took for a message that is not written.
    pub(crate) fn start_failed(&self, taken: StartTaken) {
        self.buckets.refund(taken.of_message);
    }

    /// Gives back what a call took that asked for a password nobody may have; the call itself stays counted.
    pub(crate) fn was_refused(&self, taken: Vec<Take>) {
        self.buckets.refund(taken.into_iter().filter(|take| take.key.kind != BucketKind::IP_CREDENTIALS));
    }
}
