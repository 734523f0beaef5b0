//! A replay of SMS pumping, as arithmetic: who sends where, and what is let through.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::HashMap, net::Ipv4Addr, time::Duration};

use doorward_kernel::{PhoneNumber, Timestamp};
use doorward_limit::{
    AddressSubjects, BreakerPolicy, BucketKey, BucketKind, BucketRow, BucketState, ConversionBreaker, Digests, Limit,
    Limits, SmsDestination, Take, decide, rows_of,
};

/// One subject, one digest; enough where nobody attacks the digest.
struct PlainDigests;

impl Digests for PlainDigests {
    fn digest(&self, _kind: BucketKind, subject: &str) -> [u8; 32] {
        let mut digest = [0; 32];
        for (slot, byte) in digest.iter_mut().zip(subject.bytes()) {
            *slot = byte;
        }
        digest
    }
}

/// All that stands between a request and an SMS.
#[derive(Default)]
struct Gate {
    limits: Limits,
    states: HashMap<BucketRow, BucketState>,
    prefixes: HashMap<String, ConversionBreaker>,
    country: ConversionBreaker,
}

/// Whether somebody has verified the number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Verified,
    Unverified,
}

/// The reason why a message was stopped: a conversion breaker, or a bucket of that kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    Prefix,
    Country,
    By(BucketKind),
}

impl Gate {
    fn send(
        &mut self,
        caller: Ipv4Addr,
        number: &PhoneNumber,
        standing: Standing,
        now: Timestamp,
    ) -> Result<(), Stopped> {
        let [prefix, country] = SmsDestination::of(number);
        let is_judged = standing == Standing::Unverified;
        let breaker = self.prefixes.entry(prefix.subject().to_owned()).or_default();
        // Both are looked at each time, as a store does.
        let of_country = self.country.stopped_until(&BreakerPolicy::COUNTRY, now);
        let of_prefix = breaker.stopped_until(&BreakerPolicy::PREFIX, now);
        if is_judged && of_country.is_some() {
            return Err(Stopped::Country);
        }
        if is_judged && of_prefix.is_some() {
            return Err(Stopped::Prefix);
        }
        let subjects = AddressSubjects::of(caller.into());
        let mut takes = vec![
            take(BucketKind::IP_SENDS, &subjects.host, &self.limits.ip_sends),
            take(BucketKind::NET_SENDS, &subjects.network, &self.limits.net_sends),
            take(BucketKind::SMS, number.as_str(), &self.limits.sms),
            take(BucketKind::SMS_BUDGET, "", &self.limits.sms_budget),
        ];
        if is_judged {
            takes.push(take(BucketKind::SMS_PREFIX, prefix.subject(), &self.limits.sms_prefix));
            takes.push(take(BucketKind::SMS_COUNTRY, country.subject(), &self.limits.sms_country));
        }
        let (outcome, writes) = decide(&rows_of(&takes), now, |row| self.states.get(&row).copied());
        self.states.extend(writes);
        if let Some(refused) = outcome.refused().pop() {
            return Err(Stopped::By(refused.kind));
        }
        if is_judged {
            breaker.on_sent(&BreakerPolicy::PREFIX, now);
            self.country.on_sent(&BreakerPolicy::COUNTRY, now);
        }
        Ok(())
    }

    fn verified(&mut self, number: &PhoneNumber, sent_at: Timestamp) {
        let now = sent_at + Duration::from_secs(20);
        let [prefix, _] = SmsDestination::of(number);
        self.prefixes.entry(prefix.subject().to_owned()).or_default().on_verified(&BreakerPolicy::PREFIX, sent_at, now);
        self.country.on_verified(&BreakerPolicy::COUNTRY, sent_at, now);
    }
}

fn take(kind: BucketKind, subject: &str, limit: &Limit) -> Take {
    Take::one(BucketKey::new(&PlainDigests, kind, subject), limit.clone())
}

/// Spread over the whole space, so that no network is hot.
fn address(number: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(0x0100_0000 + number.wrapping_mul(0x9e37_79b1) % 0xdf00_0000)
}

/// Numbers that share their first eight digits: 1 415 555 2xxx.
fn pumped(number: u32) -> PhoneNumber {
    PhoneNumber::parse(&format!("+14155552{:03}", number % 1000), None).unwrap()
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(1_764_054_000_000_000) + Duration::from_secs(seconds)
}

#[test]
fn twenty_thousand_addresses_get_at_most_fifty_messages_to_one_prefix() {
    let mut gate = Gate::default();

    // Thirteen thousand requests in a day, one every six seconds, each from an address of its own.
    let sent = (0..13_000_u32)
        .filter(|request| {
            let caller = address(request * 20_000 / 13_000);
            gate.send(caller, &pumped(*request), Standing::Unverified, at(u64::from(*request) * 6)).is_ok()
        })
        .count();

    assert_eq!(sent, 50);
}

#[test]
fn a_burst_is_stopped_by_the_velocity_of_the_prefix() {
    let mut gate = Gate::default();

    let answers: Vec<_> = (0..13_000_u32)
        .map(|request| gate.send(address(request), &pumped(request), Standing::Unverified, at(0)))
        .collect();

    let sent = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(sent, 20);
    assert_eq!(answers[20], Err(Stopped::By(BucketKind::SMS_PREFIX)));
}

#[test]
fn each_further_day_costs_ten() {
    let mut gate = Gate::default();

    let sent_on: Vec<_> = (0..3_u32)
        .map(|day| {
            let start = u64::from(day) * 100_000;
            let mut send = |request: u32| {
                gate.send(
                    address(day * 13_000 + request),
                    &pumped(request),
                    Standing::Unverified,
                    at(start + u64::from(request) * 80),
                )
            };
            (0..1000).filter(|request| send(*request).is_ok()).count()
        })
        .collect();

    assert_eq!(sent_on, [50, 10, 10]);
}

#[test]
fn a_pump_over_many_prefixes_closes_the_country_to_new_numbers_only() {
    let mut gate = Gate::default();
    let scattered = |request: u32| PhoneNumber::parse(&format!("+1415{:03}2671", 200 + request % 700), None);

    let sent = (0..13_000_u32)
        .filter(|request| {
            let Ok(number) = scattered(*request) else { return false };
            gate.send(address(*request), &number, Standing::Unverified, at(u64::from(*request) * 6)).is_ok()
        })
        .count();

    let owner = PhoneNumber::parse("+12125552368", None).unwrap();
    let now = at(13_000 * 6);
    assert!(sent <= 100, "{sent}");
    assert_eq!(gate.send(address(1), &owner, Standing::Unverified, now), Err(Stopped::Country));
    assert_eq!(gate.send(address(2), &owner, Standing::Verified, now), Ok(()));
}

#[test]
fn people_who_read_their_codes_are_not_stopped() {
    let mut gate = Gate::default();

    // Two in three codes come back; a person every ten minutes over four days.
    let stopped = (0..576_u32)
        .filter(|person| {
            let (number, now) = (pumped(*person), at(u64::from(*person) * 600));
            let answer = gate.send(address(*person), &number, Standing::Unverified, now);
            if person % 3 != 0 {
                gate.verified(&number, now);
            }
            answer.is_err()
        })
        .count();

    assert_eq!(stopped, 0);
    assert_eq!(gate.country.stopped_until(&BreakerPolicy::COUNTRY, at(1_000_000)), None);
}

#[test]
fn one_number_and_one_address_have_buckets_of_their_own() {
    let mut gate = Gate::default();
    let victim = pumped(1);

    let bombed: Vec<_> = (0..7).map(|n| gate.send(address(n), &victim, Standing::Verified, at(0))).collect();
    let greedy: Vec<_> = (0..7).map(|n| gate.send(address(99), &pumped(10 + n), Standing::Verified, at(0))).collect();

    assert_eq!(bombed[..5], [Ok(()); 5]);
    assert_eq!(bombed[5], Err(Stopped::By(BucketKind::SMS)));
    assert_eq!(greedy[..5], [Ok(()); 5]);
    assert_eq!(greedy[5], Err(Stopped::By(BucketKind::IP_SENDS)));
}
