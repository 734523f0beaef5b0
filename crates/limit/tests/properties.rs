//! Properties of every rate, limit and order of events.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use doorward_kernel::Timestamp;
use doorward_limit::{
    CheckKind, CheckSlot, Decision, DetectorPolicy, Limit, Lockout, LockoutPolicy, Rate, ThreatLevel, retry_after,
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{FileFailurePersistence, RngSeed},
};

fn seeded() -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(0x600d),
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    }
}

fn any_rate() -> impl Strategy<Value = Rate> {
    (1..=1_000_000_u32, 1..=366 * 86_400_u64, 1..=1_000_000_u32)
        .prop_filter_map("too slow", |(count, window, burst)| {
            Rate::with_burst(count, Duration::from_secs(window), burst).ok()
        })
}

/// Rates small enough that a few hundred takes use them up.
fn small_rate() -> impl Strategy<Value = Rate> {
    (1..=20_u32, 1..=120_u64, 1..=20_u32)
        .prop_map(|(count, window, burst)| Rate::with_burst(count, Duration::from_secs(window), burst).unwrap())
}

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn taken(rate: Rate, state: Option<Timestamp>, now: Timestamp, cost: u32) -> Option<Timestamp> {
    match rate.admit(state, now, cost) {
        Decision::Admitted { state } => Some(state),
        Decision::Refused { .. } | Decision::Never => None,
    }
}

proptest! {
    #![proptest_config(seeded())]

    #[test]
    fn a_rate_is_read_back_as_it_was_shown(rate in any_rate()) {
        prop_assert_eq!(Rate::parse(&rate.to_string()), Ok(rate));
    }

    #[test]
    fn a_limit_is_read_back_as_it_was_shown(rates in vec(any_rate(), 0..4)) {
        let texts: Vec<_> = rates.iter().map(Rate::to_string).collect();

        // Rates of one window are no limit.
        if let Ok(limit) = Limit::parse_all(&texts) {
            prop_assert_eq!(limit.texts(), texts);
        }
    }

    #[test]
    fn no_text_makes_the_parser_fail_otherwise_than_by_an_error(text in "\\PC{0,40}") {
        let _ = Limit::parse(&text);
    }

    #[test]
    fn no_window_sees_more_than_count_and_burst(
        rate in small_rate(),
        steps in vec((0..4_000_000_i64, 1..=3_u32), 1..300),
    ) {
        let window = i64::try_from(rate.window().as_micros()).unwrap();
        let (mut now, mut state, mut admitted) = (0, None, Vec::new());
        for (step, cost) in steps {
            now += step;
            if let Some(next) = taken(rate, state, at(now), cost) {
                state = Some(next);
                admitted.push((now, cost));
            }
        }

        for (start, _) in &admitted {
            let seen: u32 =
                admitted.iter().filter(|(at, _)| (*start..=start + window).contains(at)).map(|(_, cost)| cost).sum();
            prop_assert!(seen <= rate.count() + rate.burst(), "{} of {}", seen, rate);
        }
    }

    #[test]
    fn the_burst_is_never_refused_to_a_full_bucket(rate in any_rate(), now in any::<i32>()) {
        let now = at(i64::from(now));

        prop_assert!(taken(rate, None, now, rate.burst()).is_some());
        prop_assert_eq!(rate.admit(None, now, rate.burst() + 1), Decision::Never);
    }

    #[test]
    fn a_refusal_names_the_first_instant_that_admits(
        rate in any_rate(),
        state in any::<i64>(),
        now in any::<i32>(),
        cost in 1..1000_u32,
    ) {
        let now = at(i64::from(now));
        let state = rate.settled(Some(at(state)), now);
        if let Decision::Refused { retry_at } = rate.admit(state, now, cost) {
            let before = at(retry_at.as_micros() - 1);
            prop_assert!(retry_at > now);
            prop_assert!(taken(rate, state, retry_at, cost).is_some());
            prop_assert!(taken(rate, state, before, cost).is_none());
        }
    }

    #[test]
    fn waiting_and_asking_for_less_never_turn_yes_into_no(
        rate in any_rate(),
        state in any::<i64>(),
        now in any::<i32>(),
        wait in 0..i64::from(i32::MAX),
        cost in 1..1000_u32,
    ) {
        let (state, now) = (Some(at(state)), i64::from(now));
        if taken(rate, state, at(now), cost).is_some() {
            prop_assert!(taken(rate, state, at(now + wait), cost).is_some());
            prop_assert!(taken(rate, state, at(now), cost - 1).is_some());
            prop_assert!(rate.peek(state, at(now)) >= cost);
        }
    }

    #[test]
    fn a_peek_is_what_can_be_taken(rate in any_rate(), state in any::<i64>(), now in any::<i64>()) {
        let left = rate.peek(Some(at(state)), at(now));

        prop_assert!(left <= rate.burst());
        prop_assert!(left == 0 || taken(rate, Some(at(state)), at(now), left).is_some());
    }

    #[test]
    fn a_refund_takes_back_its_take_and_nothing_else(
        rate in any_rate(),
        state in any::<i32>(),
        now in any::<i32>(),
        cost in 0..1000_u32,
        back in any::<u32>(),
    ) {
        let now = at(i64::from(now));
        let before = rate.settled(Some(at(i64::from(state) * 1_000_000)), now);
        if let Some(after) = taken(rate, before, now, cost) {
            prop_assert_eq!(rate.refund(Some(after), now, cost), before);
            prop_assert!(rate.peek(rate.refund(Some(after), now, back), now) <= rate.burst());
        }
    }

    #[test]
    fn a_row_may_be_forgotten_exactly_when_it_is_full(rate in any_rate(), state in any::<i64>(), now in any::<i64>()) {
        let is_forgotten = rate.settled(Some(at(state)), at(now)).is_none();

        prop_assert_eq!(is_forgotten, state <= now);
    }

    #[test]
    fn a_clock_that_steps_back_never_makes_a_bucket_fuller(
        rate in any_rate(),
        state in any::<i64>(),
        now in any::<i64>(),
        back in any::<i64>(),
    ) {
        let earlier = at(now.saturating_sub(back.saturating_abs()));

        prop_assert!(rate.peek(Some(at(state)), earlier) <= rate.peek(Some(at(state)), at(now)));
    }

    #[test]
    fn failures_disable_whatever_lies_between_but_a_success(
        waits in vec((0..8_000_000_000_i64, 0..100_u8), 1..400),
    ) {
        let policy = LockoutPolicy::default();
        let (mut now, mut state, mut row) = (0, Lockout::default(), 0);
        for (wait, kind) in waits {
            now += wait;
            let is_open = state.is_open(at(now));
            let is_right = kind < 5;
            state = match (is_open, is_right) {
                (true, true) => Lockout::default(),
                _ => state.on_failure(&policy, at(now)),
            };
            row = match (is_open, is_right) {
                (true, true) => 0,
                (true, false) => row + 1,
                (false, _) => row,
            };
            prop_assert_eq!(state.consecutive, row);
            prop_assert_eq!(state.is_disabled(), row >= 30);
            prop_assert!(row <= 30);
        }
    }

    #[test]
    fn what_nodes_counted_says_what_one_that_saw_it_all_remembers(
        slots in vec(vec((any::<bool>(), any::<bool>()), 0..8), 1..120),
    ) {
        const SLOT: i64 = 30_000_000;
        let policy = DetectorPolicy { above_failed: 20, ..DetectorPolicy::OTP };
        let (mut seen, mut shared, mut elevated_until) = (Vec::new(), Vec::new(), at(0));
        for (checks, slot) in slots.into_iter().zip(0..) {
            let now = at(slot * SLOT);
            for node in [false, true] {
                let of_node = || checks.iter().filter(|(_, by)| *by == node);
                let failed = of_node().filter(|(failed, _)| *failed).count() as u64;
                shared.push(CheckSlot { kind: CheckKind::Code, starts_at: now, failed, total: of_node().count() as u64 });
            }
            seen.push((checks.iter().filter(|(failed, _)| *failed).count(), checks.len()));
            let window = seen.iter().rev().take(10);
            let (failed, total) = window.fold((0, 0), |(failed, total), slot| (failed + slot.0, total + slot.1));
            if failed > 20 && failed * 100 > total * 60 {
                elevated_until = now + policy.hold;
            }
            let level = if elevated_until > now { ThreatLevel::Elevated } else { ThreatLevel::Normal };
            prop_assert_eq!(policy.threat_level(&shared, now), level);
        }
    }

    #[test]
    fn tight_limits_admit_nothing_that_normal_ones_refuse(rate in any_rate()) {
        let limit = Limit::from(rate);
        let elevated = ThreatLevel::Elevated.limit(&limit);

        prop_assert!(elevated.rates()[0].burst() <= rate.burst());
        prop_assert!(elevated.rates()[0].interval_micros() >= rate.interval_micros());
    }

    #[test]
    fn a_told_wait_is_never_short_of_an_hour_or_the_truth(wait in 0..10_000_000_u64) {
        let told = u64::from(retry_after(Some(at(0) + Duration::from_millis(wait)), at(0))) * 1000;

        prop_assert!(told >= wait.min(3_600_000));
    }
}
