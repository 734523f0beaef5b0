use std::slice;

use doorward_kernel::{EmailAddress, PhoneNumber, SessionId, Timestamp, UserId};
use doorward_limit::{AddressSubjects, BucketKind, MailCaller, SmsCaller, Take, ThreatLevel, sms_take};
use doorward_otp::KnownDevice;

use super::{AdmitError, AskedPuzzle, Caller, Posting, RateLimiter, limiter::of_device, mails::posting};

/// What a call starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartKind {
    /// Something that sends.
    Send,
    /// A registration, which sends too.
    Registration,
}

/// What was taken for an SMS before it was known whether anybody reads it.
#[derive(Debug)]
pub(crate) struct SmsTaken {
    pub(super) take: Take,
    /// What had too little, so that nothing was taken.
    pub(super) refused: Option<BucketKind>,
}

/// What was taken for a registration before it was known whether its address has an account.
#[derive(Debug)]
pub(crate) struct RegistrationTaken {
    of_caller: Vec<Take>,
    of_mail: Vec<Take>,
    /// Whether its code goes out.
    pub(crate) posting: Posting,
}

/// Who starts something from a place that no account knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Anybody.
    Stranger,
    /// Somebody who has solved a puzzle for it.
    Solver,
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
    ) -> Result<RegistrationTaken, AdmitError> {
        let of_caller = self.takes_of_start(caller, None, StartKind::Registration, now).await;
        let (of_mail, used_up) = match self.takes_of_mail(address, MailCaller::Stranger, now) {
            Ok(takes) => (takes, None),
            Err(used_up) => (Vec::new(), Some(used_up)),
        };
        let refused = self.admit_with(&of_caller, &of_mail, now).await?;
        let used_up = used_up.or_else(|| refused.first().map(|bucket| bucket.kind));
        let of_mail = if used_up.is_none() { of_mail } else { Vec::new() };
        Ok(RegistrationTaken { of_caller, of_mail, posting: posting(used_up) })
    }

    /// Admits a start that sends a code to the number, and takes for that in the same step, before anybody is
    /// looked up. Where the number has too little, the caller is told nothing.
    pub(crate) async fn admit_start_of_sms(
        &self,
        number: &PhoneNumber,
        caller: &Caller,
        known: Option<KnownDevice>,
        now: Timestamp,
    ) -> Result<SmsTaken, AdmitError> {
        let take = self.take_of_sms(number, known);
        let explicit = self.takes_of_start(caller, known, StartKind::Send, now).await;
        let refused = self.admit_with(&explicit, slice::from_ref(&take), now).await?;
        Ok(SmsTaken { take, refused: refused.first().map(|bucket| bucket.kind) })
    }

    /// What an SMS takes from its number; known devices take in its place.
    pub(super) fn take_of_sms(&self, number: &PhoneNumber, known: Option<KnownDevice>) -> Take {
        let caller = if known.is_some() { SmsCaller::Known } else { SmsCaller::Stranger };
        sms_take(&*self.digests, &self.limits, number, caller)
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
        match (known, solved) {
            (Some(device), _) => self.device_takes(caller, device),
            (None, Some(once)) => [self.stranger_takes(caller, kind, Standing::Solver), once].concat(),
            (None, None) => self.stranger_takes(caller, kind, Standing::Stranger),
        }
    }

    /// The puzzle that lets a caller through who was limited; none while limits are as set, or once it was solved.
    #[tracing::instrument(level = "debug", name = "limits.puzzle_for", skip_all)]
    pub async fn puzzle_for(&self, caller: &Caller) -> Option<AskedPuzzle> {
        let now = self.moment.now();
        let is_asked = self.spray.threat_level() == ThreatLevel::Elevated && self.solved(caller, now).await.is_none();
        is_asked.then(|| self.puzzles.puzzle(&AddressSubjects::of(caller.address).host, now))
    }

    async fn solved(&self, caller: &Caller, now: Timestamp) -> Option<Vec<Take>> {
        let answer = caller.answer.as_ref().filter(|_| self.spray.threat_level() == ThreatLevel::Elevated)?;
        self.puzzles.solved(&AddressSubjects::of(caller.address).host, answer, now).await
    }

    fn device_takes(&self, caller: &Caller, device: KnownDevice) -> Vec<Take> {
        let of_starts = of_device(BucketKind::IP_SENDS, device, &self.limits.ip_sends);
        vec![self.call_take(caller, Some(device)), of_starts]
    }

    fn stranger_takes(&self, caller: &Caller, kind: StartKind, standing: Standing) -> Vec<Take> {
        let (limits, subjects) = (&self.limits, AddressSubjects::of(caller.address));
        let around = |kind, subject: &str, limit| match standing {
            Standing::Stranger => self.around(kind, subject, limit),
            // A quarter of a limit uses up the whole of it, so there is another one.
            Standing::Solver => self.one(kind, &format!("{subject} solved"), limit),
        };
        let mut takes = vec![
            around(BucketKind::IP_CREDENTIALS, &subjects.host, &limits.ip_credentials),
            around(BucketKind::IP_SENDS, &subjects.host, &limits.ip_sends),
            around(BucketKind::NET_SENDS, &subjects.network, &limits.net_sends),
        ];
        if kind == StartKind::Registration {
            takes.push(around(BucketKind::IP_REGISTRATIONS, &subjects.host, &limits.ip_registrations));
        }
        takes
    }

    /// What anybody's start takes.
    pub(super) fn start_takes(&self, caller: &Caller, kind: StartKind) -> Vec<Take> {
        self.stranger_takes(caller, kind, Standing::Stranger)
    }

    /// What a setup takes that proves nothing: as many as changes of an account, for each session its own.
    pub(crate) fn setup_take(&self, session: SessionId) -> Take {
        self.one(BucketKind::TOTP_SETUPS, &session.to_string(), &self.limits.sensitive_changes)
    }

    /// What a change to an account takes from limits that refuse explicitly.
    pub(crate) fn change_takes(&self, caller: &Caller, user: UserId, is_identifier: bool) -> Vec<Take> {
        let user = user.to_string();
        let mut takes = vec![self.one(BucketKind::SENSITIVE_CHANGES, &user, &self.limits.sensitive_changes)];
        if is_identifier {
            takes.push(self.one(BucketKind::IDENTIFIER_CHANGES, &user, &self.limits.identifier_changes));
            takes.extend(self.stranger_takes(caller, StartKind::Send, Standing::Stranger));
        }
        takes
    }

    /// Gives back what a registration took whose password nobody may have; the call itself stays counted.
    pub(crate) fn registration_was_refused(&self, taken: RegistrationTaken) {
        self.was_refused([taken.of_caller, taken.of_mail].concat());
    }

    /// Gives back what a registration took for a mail that is not written.
    pub(crate) fn registration_failed(&self, taken: RegistrationTaken) {
        self.buckets.refund(taken.of_mail);
    }

    /// Gives back what a call took that asked for a password nobody may have; the call itself stays counted.
    pub(crate) fn was_refused(&self, taken: Vec<Take>) {
        let taken = taken.into_iter().filter(|take| take.key.kind != BucketKind::IP_CREDENTIALS);
        self.buckets.refund(taken);
    }
}
