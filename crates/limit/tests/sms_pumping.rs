//! A replay of SMS pumping, as arithmetic: who sends where, and what is let through.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::HashMap, net::Ipv4Addr, time::Duration};

use doorward_kernel::{PhoneNumber, Timestamp};
use doorward_limit::{
    AddressSubjects, AllowedCountries, BreakerPolicy, BreakerVerdict, BucketKey, BucketKind, ConversionBreaker,
    Digests, Limit, Limits, MemoryBuckets, NumberKind, SmsCaller, SmsFacts, SmsGuard, SmsRefusal, Standing, Take,
    shared_sms_takes, sms_prefix, sms_take,
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
struct Gate {
    guard: SmsGuard,
    limits: Limits,
    memory_buckets: MemoryBuckets,
    prefixes: HashMap<String, ConversionBreaker>,
    country: ConversionBreaker,
}

impl Gate {
    fn new() -> Self {
        let countries = AllowedCountries::parse_all(&["US"]).unwrap();
        Self {
            guard: SmsGuard { countries, is_paused: false },
            limits: Limits::default(),
            memory_buckets: MemoryBuckets::default(),
            prefixes: HashMap::new(),
            country: ConversionBreaker::default(),
        }
    }

    fn send(&mut self, caller: Ipv4Addr, number: &PhoneNumber, standing: Standing, now: Timestamp) -> Sent {
        let prefix = self.prefixes.entry(sms_prefix(number).to_owned()).or_default();
        let facts = SmsFacts {
            country: number.country(),
            kind: NumberKind::Mobile,
            standing,
            prefix: prefix.verdict(&BreakerPolicy::PREFIX, now),
            country_destination: self.country.verdict(&BreakerPolicy::COUNTRY, now),
        };
        self.guard.check(&facts).map_err(Stopped::Sms)?;
        let of_number = sms_take(&PlainDigests, &self.limits, number, SmsCaller::Stranger);
        let of_all = shared_sms_takes(&PlainDigests, &self.limits, number, standing, 0);
        let takes = [address_takes(&self.limits, caller).to_vec(), vec![of_number], of_all].concat();
        if let Some(refused) = self.memory_buckets.take(&takes, now).refused().pop() {
            let is_of_address = [BucketKind::IP_SENDS, BucketKind::NET_SENDS].contains(&refused.kind);
            return Err(if is_of_address { Stopped::Address } else { Stopped::Sms(SmsRefusal::of(refused.kind)) });
        }
        if standing == Standing::Unverified {
            prefix.on_sent(&BreakerPolicy::PREFIX, now);
            self.country.on_sent(&BreakerPolicy::COUNTRY, now);
        }
        Ok(())
    }

    fn verified(&mut self, number: &PhoneNumber, sent_at: Timestamp) {
        let now = sent_at + Duration::from_secs(20);
        let prefix = self.prefixes.entry(sms_prefix(number).to_owned()).or_default();
        prefix.on_verified(&BreakerPolicy::PREFIX, sent_at, now);
        self.country.on_verified(&BreakerPolicy::COUNTRY, sent_at, now);
    }
}

type Sent = Result<(), Stopped>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    Address,
    Sms(SmsRefusal),
}

fn address_takes(limits: &Limits, caller: Ipv4Addr) -> [Take; 2] {
    let subjects = AddressSubjects::of(caller.into());
    let take =
        |kind, subject: &str, limit: &Limit| Take::one(BucketKey::new(&PlainDigests, kind, subject), limit.clone());
    [
        take(BucketKind::IP_SENDS, &subjects.host, &limits.ip_sends),
        take(BucketKind::NET_SENDS, &subjects.network, &limits.net_sends),
    ]
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
    let mut gate = Gate::new();

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
    let mut gate = Gate::new();

    let answers: Vec<_> = (0..13_000_u32)
        .map(|request| gate.send(address(request), &pumped(request), Standing::Unverified, at(0)))
        .collect();

    let sent = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(sent, 20);
    assert_eq!(answers[20], Err(Stopped::Sms(SmsRefusal::PrefixLimited)));
}

#[test]
fn each_further_day_costs_ten() {
    let mut gate = Gate::new();

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
    let mut gate = Gate::new();
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
    assert_eq!(gate.send(address(1), &owner, Standing::Unverified, now), Err(Stopped::Sms(SmsRefusal::CountryDenied)));
    assert_eq!(gate.send(address(2), &owner, Standing::Verified, now), Ok(()));
}

#[test]
fn people_who_read_their_codes_are_not_stopped() {
    let mut gate = Gate::new();

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
    assert_eq!(gate.country.verdict(&BreakerPolicy::COUNTRY, at(1_000_000)), BreakerVerdict::Admits);
}

#[test]
fn one_number_and_one_address_have_buckets_of_their_own() {
    let mut gate = Gate::new();
    let victim = pumped(1);

    let bombed: Vec<_> = (0..7).map(|n| gate.send(address(n), &victim, Standing::Verified, at(0))).collect();
    let greedy: Vec<_> = (0..7).map(|n| gate.send(address(99), &pumped(10 + n), Standing::Verified, at(0))).collect();

    assert_eq!(bombed[..5], [Ok(()); 5]);
    assert_eq!(bombed[5], Err(Stopped::Sms(SmsRefusal::BucketExhausted)));
    assert_eq!(greedy[..5], [Ok(()); 5]);
    assert_eq!(greedy[5], Err(Stopped::Address));
}
