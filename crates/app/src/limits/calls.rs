use doorward_kernel::{SessionId, Timestamp, UserId};
use doorward_limit::{AddressSubjects, AskedPuzzle, BucketKey, BucketKind, Limit, LockoutPolicy, Take, ThreatLevel};
use doorward_otp::KnownDevice;

use super::{Caller, RateLimiter};

/// The kind of a call, by what it takes for from the limits of its host and network besides the call itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// Nothing.
    Plain,
    /// A code or password that it checks.
    Check,
    /// A start that sends.
    Start,
    /// The start of a registration, which sends too.
    Registration,
}

impl RateLimiter {
    /// Returns the takes of a call from the limits of host and network. These are stricter while somebody tries many
    /// accounts. A known device takes from buckets of its own in place of those, and from one for the calls of all known
    /// devices of its account.
    pub(crate) fn takes_of_call(&self, caller: &Caller, known: Option<KnownDevice>, kind: CallKind) -> Vec<Take> {
        let level = self.spray.threat_level();
        self.takes_of(kind, known, caller, |kind, subject, limit| self.one(kind, subject, &level.limit(limit)))
    }

    /// Returns the takes of a start. While the threat level is elevated, a solved puzzle lets it take from
    /// buckets beside those of the host, as they are set, and for the one use of the answer.
    pub(super) async fn takes_of_start(
        &self,
        caller: &Caller,
        known: Option<KnownDevice>,
        kind: CallKind,
        now: Timestamp,
    ) -> Vec<Take> {
        match self.solved(caller, now).await.filter(|_| known.is_none()) {
            None => self.takes_of_call(caller, known, kind),
            // A quarter of a limit uses up the whole of it, so there is another one.
            Some(solved) => {
                let beside = |kind, subject: &str, limit: &Limit| self.one(kind, &format!("{subject} solved"), limit);
                [self.takes_of(kind, None, caller, beside), solved].concat()
            }
        }
    }

    fn takes_of(
        &self,
        kind: CallKind,
        known: Option<KnownDevice>,
        caller: &Caller,
        take: impl Fn(BucketKind, &str, &Limit) -> Take,
    ) -> Vec<Take> {
        let limits = &*self.limits;
        let mut of_host = vec![(BucketKind::IP_CREDENTIALS, &limits.ip_credentials)];
        let of_network = match kind {
            CallKind::Plain => None,
            CallKind::Check => {
                of_host.push((BucketKind::IP_FAILURES, &limits.ip_failures));
                Some((BucketKind::NET_FAILURES, &limits.net_failures))
            }
            CallKind::Start | CallKind::Registration => {
                of_host.push((BucketKind::IP_SENDS, &limits.ip_sends));
                Some((BucketKind::NET_SENDS, &limits.net_sends))
            }
        };
        if kind == CallKind::Registration {
            of_host.push((BucketKind::IP_REGISTRATIONS, &limits.ip_registrations));
        }
        if let Some(device) = known {
            let of_device =
                |(kind, limit): (_, &Limit)| Take::one(BucketKey { kind, subject: device.0 }, limit.clone());
            // Whoever logs in again and again collects devices, and no more calls than these.
            let of_account = BucketKey { kind: BucketKind::IP_CREDENTIALS, subject: device.account() };
            let of_account = Take::one(of_account, limits.ip_credentials.times(LockoutPolicy::SHARE));
            return of_host.into_iter().map(of_device).chain([of_account]).collect();
        }
        let AddressSubjects { host, network } = AddressSubjects::of(caller.address);
        let of_host = of_host.into_iter().map(|(kind, limit)| take(kind, &host, limit));
        of_host.chain(of_network.map(|(kind, limit)| take(kind, &network, limit))).collect()
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

    /// Returns the take of a setup, which verifies nothing: as many as changes of an account, for each session its own.
    pub(crate) fn setup_take(&self, session: SessionId) -> Take {
        self.one(BucketKind::TOTP_SETUPS, &session.to_string(), &self.limits.sensitive_changes)
    }

    /// Returns the takes of a change to an account from limits that refuse explicitly, besides the call.
    pub(crate) fn change_takes(&self, caller: &Caller, user: UserId, is_identifier: bool) -> Vec<Take> {
        let user = user.to_string();
        let mut takes = vec![self.one(BucketKind::SENSITIVE_CHANGES, &user, &self.limits.sensitive_changes)];
        if is_identifier {
            takes.push(self.one(BucketKind::IDENTIFIER_CHANGES, &user, &self.limits.identifier_changes));
            takes.extend(self.takes_of_call(caller, None, CallKind::Start).into_iter().filter(|take| !is_call(take)));
        }
        takes
    }

    /// Gives back what a call took for nothing; the call itself stays counted.
    pub(crate) fn give_back(&self, taken: impl IntoIterator<Item = Take>) {
        self.buckets.refund(taken.into_iter().filter(|take| !is_call(take)));
    }
}

/// Whether it is taken for the call itself.
pub(super) fn is_call(take: &Take) -> bool {
    take.key.kind == BucketKind::IP_CREDENTIALS
}
