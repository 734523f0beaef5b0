use std::sync::Arc;

use doorward_kernel::{AuditKind, Country, PhoneNumber, StoreError, Timestamp};
use doorward_limit::{
    AllowedCountries, BudgetKind, SmsCaller, SmsFacts, SmsGuard, SmsRefusal, Standing, Tripwire, TripwireVerdict,
    Tripwires, Wire, sms_draws,
};
use doorward_otp::KnownDevice;

use super::{RateLimiter, SmsSwitch};
use crate::metrics;

const OPEN: TripwireVerdict = TripwireVerdict::Open;

/// How a closed prefix or country is counted.
const TRIPWIRE: &str = "tripwire";

/// Where SMS may go.
#[derive(Clone, Debug, Default)]
pub struct SmsPolicy {
    /// The countries; `None` means all.
    pub countries: Option<Vec<Country>>,
    /// What an SMS costs, in the smallest unit of a currency; countries that are not listed cost
    /// `price_elsewhere`.
    pub prices: Vec<(Country, u32)>,
    /// What an SMS costs to all other countries.
    pub price_elsewhere: u32,
}

/// Decides over every SMS before it is written.
#[derive(Clone)]
pub struct SmsGate {
    /// Draws on budgets.
    pub limiter: Arc<RateLimiter>,
    /// The operator's switch.
    pub switch: Arc<dyn SmsSwitch>,
    /// What closes prefixes and countries whose codes nobody types in.
    pub tripwires: Arc<dyn Tripwires>,
    /// Where SMS may go.
    pub policy: SmsPolicy,
}

/// Who would read an SMS.
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
    /// Draws for an SMS and says why it is not sent, if it is not.
    ///
    /// Known devices draw in place of the number. One that goes to nobody draws on its number
    /// alone: what nobody is sent must not use up what is there for all.
    pub(crate) async fn admit(
        &self,
        number: &PhoneNumber,
        reader: SmsReader,
        known: Option<KnownDevice>,
        now: Timestamp,
    ) -> Result<Result<(), SmsRefusal>, StoreError> {
        let standing = match reader {
            SmsReader::Holder(standing) => standing,
            SmsReader::Nobody => Standing::Unproved,
        };
        let is_paused = self.switch.paused_since().await?.is_some();
        // Asked for whoever reads it, or the time would tell whether somebody has claimed the number.
        let verdicts = self.verdicts(&Wire::of(number), now).await?;
        let is_judged = reader == SmsReader::Holder(Standing::Unproved);
        let [prefix, country_wire] = if is_judged { verdicts } else { [OPEN; 2] };
        let guard = SmsGuard { countries: self.policy.allowed(), is_paused };
        let facts = SmsFacts { country: number.country(), kind: number.kind(), standing, prefix, country_wire };
        if let Err(refusal) = guard.check(&facts) {
            let is_served = self.policy.allowed().allows(facts.country);
            metrics::sms_withheld(reason(refusal, is_served));
            return Ok(Err(refusal));
        }
        let price = self.policy.price(number);
        let caller = if known.is_some() { SmsCaller::Known } else { SmsCaller::Stranger };
        let mut draws = sms_draws(&*self.limiter.digests, &self.limiter.limits, number, standing, caller, price);
        let all = draws.clone();
        if reader == SmsReader::Nobody {
            draws.retain(|draw| [BudgetKind::SMS, BudgetKind::SMS_KNOWN].contains(&draw.key.kind));
        }
        let outcome = self.limiter.budgets.draw(draws.clone(), now).await?;
        self.limiter.warn_of(&all, now).await?;
        if let Some(refusal) = SmsRefusal::of(&outcome) {
            outcome.refused().first().inspect(|budget| metrics::sms_withheld(budget.kind.as_str()));
            return Ok(Err(refusal));
        }
        Ok(Ok(()))
    }

    /// Counts an SMS with a code that is about to be sent, where nobody has proved its number, and
    /// says why it must not be, if so.
    ///
    /// It is counted by the worker, as that is work which a clock would tell from none, and as what
    /// never goes out must close nothing.
    pub(crate) async fn pass(
        &self,
        number: &PhoneNumber,
        asked_at: Timestamp,
    ) -> Result<Result<(), SmsRefusal>, StoreError> {
        if self.standing(number).await? == Standing::Proved {
            return Ok(Ok(()));
        }
        let verdicts = self.tripwires.pass(Wire::of(number).to_vec(), asked_at).await?;
        let refusals = [SmsRefusal::PrefixLimited, SmsRefusal::CountryDenied];
        let closed = verdicts.into_iter().zip(refusals).find(|(verdict, _)| *verdict != OPEN);
        Ok(closed.map_or(Ok(()), |(_, refusal)| {
            metrics::sms_withheld(TRIPWIRE);
            Err(refusal)
        }))
    }

    /// Whether somebody has proved the number.
    pub(crate) async fn standing(&self, number: &PhoneNumber) -> Result<Standing, StoreError> {
        let owner = self.limiter.users.find_by_phone(number).await?.owner;
        Ok(if owner.is_some() { Standing::Proved } else { Standing::Unproved })
    }

    /// Counts a code that came back, where its send was counted.
    pub(crate) async fn verified(
        &self,
        number: &PhoneNumber,
        sent_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let wires = Wire::of(number).to_vec();
        let found = self.tripwires.find(wires.clone()).await?;
        let is_counted = |(_, wire): &(Wire, Tripwire)| wire.sends.iter().any(|send| send.at == sent_at);
        if found.iter().any(is_counted) { self.tripwires.verified(wires, sent_at, now).await } else { Ok(()) }
    }

    /// The verdicts on prefix and country, counting nothing.
    async fn verdicts(&self, wires: &[Wire; 2], now: Timestamp) -> Result<[TripwireVerdict; 2], StoreError> {
        let mut verdicts = [OPEN; 2];
        for (wire, mut state) in self.tripwires.find(wires.to_vec()).await? {
            let verdict = state.verdict(&wire.kind.policy(), now);
            if let Some(index) = wires.iter().position(|asked| *asked == wire)
                && let Some(place) = verdicts.get_mut(index)
            {
                *place = verdict;
            }
        }
        Ok(verdicts)
    }
}

/// How an SMS is counted that a rule holds back which draws on nothing.
const fn reason(refusal: SmsRefusal, is_served: bool) -> &'static str {
    match refusal {
        SmsRefusal::PrefixLimited => TRIPWIRE,
        SmsRefusal::CountryDenied if is_served => TRIPWIRE,
        SmsRefusal::Paused | SmsRefusal::CountryDenied | SmsRefusal::NumberKind | SmsRefusal::BudgetExhausted => {
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
        SmsRefusal::BudgetExhausted => AuditKind::SmsBudgetExhausted,
    }
}
