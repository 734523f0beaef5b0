use std::{sync::Arc, time::Duration};

use doorward_kernel::{AuditKind, PhoneChannel, PhoneChannels, PhoneNumber, StoreError, Timestamp};
use doorward_limit::{BucketKind, ConversionBreakers, SmsDestination, Take};
use doorward_otp::KnownDevice;

use super::{Posture, RateLimiter, SmsPolicy, StartTaken};
use crate::metrics;

/// The time for which a node uses what a start has found.
const FOUND: Duration = Duration::from_secs(1);

/// The most closed destinations that a node knows of; where more are, the worker finds out as it sends.
const CLOSED: u32 = 10_000;

/// The metric label of a closed prefix or country.
const CONVERSION: &str = "conversion";

/// Decides over every message to a telephone before it is written: SMS, and what goes
/// in place of one by WhatsApp or a call.
#[derive(Clone)]
pub struct PhoneGate {
    /// Takes from buckets.
    pub limiter: Arc<RateLimiter>,
    /// The conversion breakers, which stop all SMS, and close prefixes and countries whose codes nobody enters.
    pub conversion_breakers: Arc<dyn ConversionBreakers>,
    /// The node's copy of that; one for all its gates.
    pub posture: Arc<Posture>,
    /// The countries and kinds of numbers SMS may go to, and their prices.
    pub policy: SmsPolicy,
}

/// Whether the limits and the conversion breakers of its destination apply to an SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DestinationChecks {
    /// They do not: somebody has verified the number, and what strangers use up or trip does not stop the owner; or
    /// the message is never sent.
    Skip,
    /// They do: nobody has verified the number yet.
    Apply,
}

impl PhoneGate {
    /// Takes for an SMS on its number; what the audit says if it is not sent.
    ///
    /// All but the take is known without asking anybody, so that it takes as long for whoever reads it, for
    /// nobody too.
    pub(crate) async fn admit(
        &self,
        (number, channels): (&PhoneNumber, PhoneChannels),
        checks: DestinationChecks,
        known: Option<KnownDevice>,
        now: Timestamp,
    ) -> Result<Option<AuditKind>, StoreError> {
        if let Some(refusal) = self.refusal((number, channels), checks, now) {
            return Ok(Some(refusal));
        }
        let outcome = self.limiter.buckets.take(vec![self.limiter.take_of_sms(number, known)], now).await?;
        Ok(outcome.refused().first().map(|refused| used_up(refused.kind)))
    }

    /// Returns the audit kind if an SMS that was [taken for](RateLimiter::admit_start_of_sms) is not sent.
    ///
    /// One that rules refuse takes nothing.
    pub(crate) fn judge(
        &self,
        number: &PhoneNumber,
        checks: DestinationChecks,
        taken: StartTaken,
        now: Timestamp,
    ) -> Option<AuditKind> {
        let refusal = self.refusal((number, PhoneChannels::SMS), checks, now);
        if refusal.is_some() {
            self.limiter.start_failed(taken);
            return refusal;
        }
        taken.refused.map(used_up)
    }

    /// Returns why an SMS is refused without a take: by rules, or by limits that this node knows to be exhausted.
    fn refusal(
        &self,
        (number, channels): (&PhoneNumber, PhoneChannels),
        checks: DestinationChecks,
        now: Timestamp,
    ) -> Option<AuditKind> {
        let [prefix, country] = SmsDestination::of(number);
        let is_stopped = |destination| checks == DestinationChecks::Apply && self.posture.is_closed(destination, now);
        let (refusal, reason) = if self.posture.is_paused() {
            (AuditKind::SmsPaused, AuditKind::SmsPaused.as_str())
        } else if !self.policy.serves(number.country()) {
            (AuditKind::SmsCountryDenied, AuditKind::SmsCountryDenied.as_str())
        } else if !number.kind().is_served() {
            (AuditKind::SmsNumberKind, AuditKind::SmsNumberKind.as_str())
        } else if is_stopped(&country) {
            (AuditKind::SmsCountryDenied, CONVERSION)
        } else if is_stopped(&prefix) {
            (AuditKind::SmsPrefixLimited, CONVERSION)
        } else {
            let takes = self.shared_takes((number, channels), checks);
            let exhausted = self.limiter.buckets.leases.exhausted(&takes, now);
            return exhausted.map(|exhausted| used_up(exhausted.key.kind));
        };
        metrics::sms_withheld(reason);
        Some(refusal)
    }

    /// Returns the takes of [`try_send`](Self::try_send), where a start has just found whether the number is verified.
    pub(crate) fn likely_takes(&self, to: (&PhoneNumber, PhoneChannels), now: Timestamp) -> Vec<Take> {
        let checks = self.just_found(to.0, now);
        checks.map_or_else(Vec::new, |checks| self.shared_takes(to, checks))
    }

    /// Returns the takes of an SMS from limits that all share: the number of SMS and their price, and where
    /// it is judged also its prefix and country. A call takes like an SMS, and from the number of calls, to an unverified
    /// number also from the half for these.
    ///
    /// The rate of the short run is not among them: a rush delays messages and drops none.
    fn shared_takes(&self, (number, channels): (&PhoneNumber, PhoneChannels), checks: DestinationChecks) -> Vec<Take> {
        let (limiter, limits) = (&self.limiter, &self.limiter.limits);
        let spend = limiter.one(BucketKind::SMS_SPEND, "", &limits.sms_spend);
        let mut takes = vec![
            limiter.one(BucketKind::SMS_BUDGET, "", &limits.sms_budget),
            Take { cost: self.policy.price((number, channels)), ..spend },
        ];
        if channels == PhoneChannels::Only(PhoneChannel::Voice) {
            takes.push(limiter.one(BucketKind::VOICE_BUDGET, "", &limits.voice_budget));
            // Strangers choose calls as they like; half of them stay for numbers that somebody has verified.
            if checks == DestinationChecks::Apply {
                takes.push(limiter.one(BucketKind::VOICE_UNVERIFIED, "", &limits.voice_budget.divided_by(2)));
            }
        }
        if checks == DestinationChecks::Apply {
            let [prefix, country] = SmsDestination::of(number);
            takes.push(limiter.one(BucketKind::SMS_PREFIX, prefix.subject(), &limits.sms_prefix));
            takes.push(limiter.one(BucketKind::SMS_COUNTRY, country.subject(), &limits.sms_country));
        }
        takes
    }

    /// Takes from what is there for all as an SMS with a code is about to be sent, counts it where
    /// nobody has verified its number; gives what was taken, or what the audit says if it must not be sent.
    ///
    /// That is for the worker, as it is work which a clock would tell from none, and as what never
    /// goes out must neither use up nor close anything.
    pub(crate) async fn try_send(
        &self,
        to: (&PhoneNumber, PhoneChannels),
        asked_at: Timestamp,
        now: Timestamp,
    ) -> Result<Result<Vec<Take>, AuditKind>, StoreError> {
        let (takes, checks) = match self.take(to, now).await? {
            Ok(taken) => taken,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if checks == DestinationChecks::Skip {
            return Ok(Ok(takes));
        }
        let stopped = self.count_send(to.0, asked_at).await;
        if !matches!(stopped, Ok(None)) {
            self.limiter.buckets.leases.take_back(&takes);
        }
        Ok(stopped?.map_or(Ok(takes), Err))
    }

    /// The same for another try of a call, which its destinations count once.
    pub(crate) async fn try_again(
        &self,
        to: (&PhoneNumber, PhoneChannels),
        now: Timestamp,
    ) -> Result<Result<Vec<Take>, AuditKind>, StoreError> {
        Ok(self.take(to, now).await?.map(|(takes, _)| takes))
    }

    async fn take(
        &self,
        to: (&PhoneNumber, PhoneChannels),
        now: Timestamp,
    ) -> Result<Result<(Vec<Take>, DestinationChecks), AuditKind>, StoreError> {
        let checks = match self.just_found(to.0, now) {
            Some(checks) => checks,
            None => self.destination_checks(to.0).await?,
        };
        let takes = self.shared_takes(to, checks);
        let outcome = self.limiter.take_shared(&takes, &[], now).await?;
        Ok(outcome.map(|()| (takes, checks)).map_err(|exhausted| used_up(exhausted.key.kind)))
    }

    /// Gives back what was taken for a call that was not made.
    pub(crate) fn give_back(&self, taken: Vec<Take>) {
        self.limiter.buckets.refund(taken);
    }

    /// Counts a send on the destinations of its number, if they are open.
    async fn count_send(&self, number: &PhoneNumber, asked_at: Timestamp) -> Result<Option<AuditKind>, StoreError> {
        let destinations = SmsDestination::of(number);
        let mut stops = self.conversion_breakers.try_send(destinations.to_vec(), asked_at).await?;
        // What came back within the last second may not be counted yet; nobody is held back for that.
        if stops.iter().any(Option::is_some) {
            self.count_verified().await?;
            stops = self.conversion_breakers.try_send(destinations.to_vec(), asked_at).await?;
        }
        let mut refusals = Vec::new();
        let kinds = [AuditKind::SmsPrefixLimited, AuditKind::SmsCountryDenied];
        for ((destination, until), refusal) in destinations.into_iter().zip(stops).zip(kinds) {
            if let Some(until) = until {
                self.posture.close(destination, until);
                refusals.push(refusal);
            }
        }
        Ok(refusals.first().copied().inspect(|_| metrics::sms_withheld(CONVERSION)))
    }

    /// Skips the checks of the destination where somebody has verified the number.
    pub(crate) async fn destination_checks(&self, number: &PhoneNumber) -> Result<DestinationChecks, StoreError> {
        let owner = self.limiter.users.find_by_phone(number).await?.owner;
        Ok(if owner.is_some() { DestinationChecks::Skip } else { DestinationChecks::Apply })
    }

    /// Notes what a start has found, in place of what an earlier one did.
    pub(crate) fn found(&self, number: &PhoneNumber, checks: DestinationChecks, now: Timestamp) {
        let (destination_checks, key) = (&self.limiter.memory.destination_checks, self.number_key(number));
        destination_checks.forget(key);
        destination_checks.learn(key, checks, FOUND, now);
    }

    /// Returns what a start of this node has just found, if one has.
    fn just_found(&self, number: &PhoneNumber, now: Timestamp) -> Option<DestinationChecks> {
        self.limiter.memory.destination_checks.get(self.number_key(number), now)
    }

    fn number_key(&self, number: &PhoneNumber) -> [u8; 32] {
        self.limiter.digests.digest(BucketKind::SMS, number.as_str())
    }

    /// Notes a code that came back, to be counted within a second where its send was.
    pub(crate) fn verified(&self, number: &PhoneNumber, sent_at: Timestamp) {
        self.posture.came_back(SmsDestination::of(number), sent_at);
    }

    /// Counts the codes that came back, and learns what operators and other nodes have changed.
    ///
    /// Once a second on every node.
    #[tracing::instrument(level = "debug", name = "limits.keep_in_step", skip_all)]
    pub async fn keep_in_step(&self) -> Result<(), StoreError> {
        self.count_verified().await?;
        let paused_since = self.conversion_breakers.paused_since().await?;
        self.posture.learn(paused_since.is_some(), self.conversion_breakers.closed(CLOSED).await?);
        Ok(())
    }

    /// Counts the codes that came back; who comes meanwhile waits until they are counted.
    async fn count_verified(&self) -> Result<(), StoreError> {
        let _turn = self.posture.counting.lock().await;
        let now = self.limiter.clock_and_ids.now();
        for (destinations, sent_at) in self.posture.drain() {
            self.conversion_breakers.verified(destinations.to_vec(), sent_at, now).await?;
        }
        Ok(())
    }
}

/// Counts an SMS that is not sent, as a bucket is used up; what the audit says.
fn used_up(kind: BucketKind) -> AuditKind {
    metrics::sms_withheld(kind.as_str());
    match kind {
        BucketKind::SMS_PREFIX => AuditKind::SmsPrefixLimited,
        BucketKind::VOICE_BUDGET | BucketKind::VOICE_UNVERIFIED => AuditKind::VoiceBudgetExhausted,
        _ => AuditKind::SmsBudgetExhausted,
    }
}
