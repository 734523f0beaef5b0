use std::{sync::Arc, time::Duration};

use doorward_kernel::{AuditKind, Country, PhoneNumber, StoreError, Timestamp};
use doorward_limit::{
    AllowedCountries, BreakerVerdict, BucketKind, ConversionBreakers, SmsDestination, SmsFacts, SmsGuard, SmsRefusal,
    Standing, Take, shared_sms_takes,
};
use doorward_otp::KnownDevice;

use super::{Posture, RateLimiter, SmsSwitch, SmsTaken};
use crate::metrics;

/// How long a node goes by what a start has found.
const FOUND: Duration = Duration::from_secs(1);

const OPEN: BreakerVerdict = BreakerVerdict::Admits;

/// The most closed destinations that a node knows of; where more are, the worker finds out as it sends.
const CLOSED: u32 = 10_000;

/// How a closed prefix or country is counted.
const CONVERSION: &str = "conversion";

/// Where SMS may go.
#[derive(Clone, Debug, Default)]
pub struct SmsPolicy {
    /// The countries; `None` means all.
    pub countries: Option<Vec<Country>>,
    /// What an SMS costs, in the smallest unit of a currency; countries that are not listed cost
    /// `price_elsewhere`.
    pub prices: Vec<(Country, u32)>,
    /// The price of an SMS to all other countries.
    pub price_elsewhere: u32,
}

/// Decides over every SMS before it is written.
#[derive(Clone)]
pub struct SmsGate {
    /// Takes from buckets.
    pub limiter: Arc<RateLimiter>,
    /// The operator's switch.
    pub switch: Arc<dyn SmsSwitch>,
    /// What closes prefixes and countries whose codes nobody types in.
    pub conversion_breakers: Arc<dyn ConversionBreakers>,
    /// What this node knows of both; one for all its gates.
    pub posture: Arc<Posture>,
    /// Where SMS may go.
    pub policy: SmsPolicy,
}

/// The presumed reader of an SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SmsReader {
    /// Whoever holds the number.
    Holder(Standing),
    /// Nobody: it is never sent.
    Nobody,
}

impl SmsPolicy {
    /// Whether SMS are ever sent to the number: its country is served, and its kind gets SMS and earns nothing.
    pub fn allows(&self, number: &PhoneNumber) -> bool {
        self.allowed().allows(number.country()) && number.kind().is_served()
    }

    fn price(&self, number: &PhoneNumber) -> u32 {
        let listed = self.prices.iter().find(|(country, _)| number.country() == Some(*country));
        listed.map_or(self.price_elsewhere, |(_, price)| *price)
    }

    fn allowed(&self) -> AllowedCountries {
        self.countries.clone().map_or(AllowedCountries::All, AllowedCountries::Listed)
    }
}

impl SmsGate {
    /// Takes for an SMS on its number and says why it is not sent, if it is not.
    ///
    /// All but the take is known without asking anybody, so that it takes as long for whoever reads it, for
    /// nobody too.
    pub(crate) async fn admit(
        &self,
        number: &PhoneNumber,
        reader: SmsReader,
        known: Option<KnownDevice>,
        now: Timestamp,
    ) -> Result<Result<(), SmsRefusal>, StoreError> {
        if let Err(refusal) = self.check(number, reader, now) {
            return Ok(Err(refusal));
        }
        let outcome = self.limiter.buckets.take(vec![self.limiter.take_of_sms(number, known)], now).await?;
        Ok(outcome.refused().first().map_or(Ok(()), |refused| Err(used_up(refused.kind))))
    }

    /// Says why an SMS is not sent that was [taken for](RateLimiter::admit_start_of_sms), if it is not; what rules
    /// hold back takes nothing.
    pub(crate) fn judge(
        &self,
        number: &PhoneNumber,
        reader: SmsReader,
        taken: SmsTaken,
        now: Timestamp,
    ) -> Result<(), SmsRefusal> {
        match (self.check(number, reader, now), taken.refused) {
            (Ok(()), None) => Ok(()),
            (Ok(()), Some(refused)) => Err(used_up(refused)),
            (Err(refusal), Some(_)) => Err(refusal),
            (Err(refusal), None) => {
                self.limiter.buckets.refund([taken.take]);
                Err(refusal)
            }
        }
    }

    /// The rules, and what this node knows to be used up.
    fn check(&self, number: &PhoneNumber, reader: SmsReader, now: Timestamp) -> Result<(), SmsRefusal> {
        let (standing, is_judged) = match reader {
            SmsReader::Holder(standing) => (standing, standing == Standing::Unverified),
            SmsReader::Nobody => (Standing::Unverified, false),
        };
        let verdicts = self.posture.verdicts(&SmsDestination::of(number), now);
        let [prefix, country_destination] = if is_judged { verdicts } else { [OPEN; 2] };
        let guard = SmsGuard { countries: self.policy.allowed(), is_paused: self.posture.is_paused() };
        let facts = SmsFacts { country: number.country(), kind: number.kind(), standing, prefix, country_destination };
        guard.check(&facts).inspect_err(|refusal| {
            let is_served = self.policy.allowed().allows(facts.country);
            metrics::sms_withheld(reason(*refusal, is_served));
        })?;
        let judged = if is_judged { Standing::Unverified } else { Standing::Verified };
        let of_all = self.shared_takes(number, judged);
        match self.limiter.buckets.leases.exhausted(&of_all, now) {
            Some(exhausted) => Err(used_up(exhausted.key.kind)),
            None => Ok(()),
        }
    }

    /// What [`try_send`](Self::try_send) will take from, where a start has just found whether the number is verified.
    pub(crate) fn likely_takes(&self, number: &PhoneNumber, now: Timestamp) -> Vec<Take> {
        let standing = self.just_found(number, now);
        standing.map_or_else(Vec::new, |standing| self.shared_takes(number, standing))
    }

    fn shared_takes(&self, number: &PhoneNumber, standing: Standing) -> Vec<Take> {
        let price = self.policy.price(number);
        shared_sms_takes(&*self.limiter.digests, &self.limiter.limits, number, standing, price)
    }

    /// Takes from what is there for all as an SMS with a code is about to be sent, counts it where
    /// nobody has verified its number, and says why it must not be sent, if so.
    ///
    /// That is for the worker, as it is work which a clock would tell from none, and as what never
    /// goes out must neither use up nor close anything.
    pub(crate) async fn try_send(
        &self,
        number: &PhoneNumber,
        asked_at: Timestamp,
        now: Timestamp,
    ) -> Result<Result<(), SmsRefusal>, StoreError> {
        let standing = match self.just_found(number, now) {
            Some(standing) => standing,
            None => self.standing(number).await?,
        };
        let takes = self.shared_takes(number, standing);
        if let Err(exhausted) = self.limiter.take_shared(&takes, &[], now).await? {
            return Ok(Err(used_up(exhausted.key.kind)));
        }
        if standing == Standing::Verified {
            return Ok(Ok(()));
        }
        let passed = self.pass(number, asked_at).await;
        if !matches!(passed, Ok(Ok(()))) {
            self.limiter.buckets.leases.take_back(&takes);
        }
        passed
    }

    /// Counts a send on the destinations of its number, if they are open.
    async fn pass(&self, number: &PhoneNumber, asked_at: Timestamp) -> Result<Result<(), SmsRefusal>, StoreError> {
        let destinations = SmsDestination::of(number);
        let mut verdicts = self.conversion_breakers.try_send(destinations.to_vec(), asked_at).await?;
        // What came back within the last second may not be counted yet; nobody is held back for that.
        if verdicts.iter().any(|verdict| *verdict != OPEN) {
            self.count_verified().await?;
            verdicts = self.conversion_breakers.try_send(destinations.to_vec(), asked_at).await?;
        }
        for (destination, verdict) in destinations.iter().zip(&verdicts) {
            self.posture.judge(destination, *verdict);
        }
        let refusals = [SmsRefusal::PrefixLimited, SmsRefusal::CountryDenied];
        let closed = verdicts.into_iter().zip(refusals).find(|(verdict, _)| *verdict != OPEN);
        Ok(closed.map_or(Ok(()), |(_, refusal)| {
            metrics::sms_withheld(CONVERSION);
            Err(refusal)
        }))
    }

    /// Whether somebody has verified the number.
    pub(crate) async fn standing(&self, number: &PhoneNumber) -> Result<Standing, StoreError> {
        let owner = self.limiter.users.find_by_phone(number).await?.owner;
        Ok(if owner.is_some() { Standing::Verified } else { Standing::Unverified })
    }

    /// Notes what a start has found, in place of what an earlier one did.
    pub(crate) fn found(&self, number: &PhoneNumber, standing: Standing, now: Timestamp) {
        let (standings, key) = (&self.limiter.memory.standings, self.standing_key(number));
        standings.forget(key);
        standings.learn(key, standing, FOUND, now);
    }

    /// What a start of this node has just found, if one has.
    fn just_found(&self, number: &PhoneNumber, now: Timestamp) -> Option<Standing> {
        self.limiter.memory.standings.get(self.standing_key(number), now)
    }

    fn standing_key(&self, number: &PhoneNumber) -> [u8; 32] {
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
        let paused_since = self.switch.paused_since().await?;
        self.posture.learn(paused_since, self.conversion_breakers.closed(CLOSED).await?);
        Ok(())
    }

    /// Counts the codes that came back; who comes meanwhile waits until they are counted.
    async fn count_verified(&self) -> Result<(), StoreError> {
        let _turn = self.posture.counting.lock().await;
        let now = self.limiter.moment.now();
        for (destinations, sent_at) in self.posture.drain() {
            self.conversion_breakers.verified(destinations.to_vec(), sent_at, now).await?;
        }
        Ok(())
    }
}

/// Counts an SMS that is not sent, as a bucket is used up.
fn used_up(kind: BucketKind) -> SmsRefusal {
    metrics::sms_withheld(kind.as_str());
    SmsRefusal::of(kind)
}

/// How an SMS is counted that a rule holds back which takes from nothing.
const fn reason(refusal: SmsRefusal, is_served: bool) -> &'static str {
    match refusal {
        SmsRefusal::PrefixLimited => CONVERSION,
        SmsRefusal::CountryDenied if is_served => CONVERSION,
        SmsRefusal::Paused | SmsRefusal::CountryDenied | SmsRefusal::NumberKind | SmsRefusal::BucketExhausted => {
            refusal.as_str()
        }
    }
}

/// What the audit says of an SMS that was not sent.
pub(crate) const fn withheld(refusal: SmsRefusal) -> AuditKind {
    match refusal {
        SmsRefusal::Paused => AuditKind::SmsPaused,
        SmsRefusal::CountryDenied => AuditKind::SmsCountryDenied,
        SmsRefusal::NumberKind => AuditKind::SmsNumberKind,
        SmsRefusal::PrefixLimited => AuditKind::SmsPrefixLimited,
        SmsRefusal::BucketExhausted => AuditKind::SmsBudgetExhausted,
    }
}
