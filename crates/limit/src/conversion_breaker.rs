use std::{collections::VecDeque, time::Duration};

use doorward_kernel::Timestamp;

/// The thresholds at which so few of the codes sent somewhere come back that nobody is reading them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// How many sends are judged; fewer are never judged.
    pub of_last: usize,
    /// It closes below so many percent verified.
    pub below_percent: u32,
    /// How old a send that is not verified must be to be judged.
    pub grace: Duration,
    /// The time that it stays closed.
    pub closed_for: Duration,
    /// The sends let through after that before it is judged again.
    pub trial: u32,
}

impl BreakerPolicy {
    /// For the first seven digits: judged at once, so that the fiftieth unread SMS is the last.
    pub const PREFIX: Self =
        Self { of_last: 50, below_percent: 20, grace: Duration::ZERO, closed_for: Duration::from_hours(24), trial: 10 };

    /// For a country: a code is judged when its life of five minutes is over.
    pub const COUNTRY: Self = Self { grace: Duration::from_mins(5), ..Self::PREFIX };
}

/// The last sends to one prefix or country, and whether more may follow.
///
/// Count only numbers that nobody has verified, or strangers could close a country to its users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversionBreaker {
    /// The last sends, oldest first, at most twice as many as are judged.
    pub sends: VecDeque<SentCode>,
    /// Until when it is closed.
    pub closed_until: Option<Timestamp>,
    /// The sends left before it is judged again.
    pub trial_left: u32,
}

/// A code that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentCode {
    /// When it was sent.
    pub at: Timestamp,
    /// Whether it came back.
    pub is_verified: bool,
}

impl ConversionBreaker {
    /// Until when no more may be sent, unless codes are verified after all; ask and count in one atomic step.
    pub fn stopped_until(&mut self, policy: &BreakerPolicy, now: Timestamp) -> Option<Timestamp> {
        if let Some(until) = self.closed_until {
            // After the clock stepped back, it is closed no longer than if it closed now.
            let until = until.min(now + policy.closed_for);
            if until > now {
                self.closed_until = Some(until);
                return Some(until);
            }
            self.closed_until = None;
            self.trial_left = policy.trial;
        }
        if self.trial_left == 0 && self.is_unread(policy, now) {
            let until = now + policy.closed_for;
            self.closed_until = Some(until);
            return Some(until);
        }
        None
    }

    /// Counts a send.
    pub fn on_sent(&mut self, policy: &BreakerPolicy, now: Timestamp) {
        self.trial_left = self.trial_left.saturating_sub(1);
        let judged = self.judged(policy, now).count();
        for _ in policy.of_last..=judged {
            self.sends.pop_front();
        }
        // A full log takes no more until what it has is old enough: that is sample enough.
        if self.sends.len() < policy.of_last.saturating_mul(2) {
            self.sends.push_back(SentCode { at: now, is_verified: false });
        }
    }

    /// Counts a code that came back, by the instant it was sent; it opens again when that makes enough.
    pub fn on_verified(&mut self, policy: &BreakerPolicy, sent_at: Timestamp, now: Timestamp) {
        if let Some(send) = self.sends.iter_mut().rev().find(|send| send.at == sent_at && !send.is_verified) {
            send.is_verified = true;
        }
        if !self.is_unread(policy, now) {
            self.closed_until = None;
        }
    }

    /// The state as text, which [`from_text`](Self::from_text) reads.
    ///
    /// Microseconds since 1970-01-01 until when it is closed or `-`, the trial left, and the sends
    /// in order, a `+` behind those that came back: `- 0 1764054000000000+ 1764054060000000`.
    pub fn to_text(&self) -> String {
        let closed = self.closed_until.map_or_else(|| "-".to_owned(), |until| until.as_micros().to_string());
        let sends = self.sends.iter().map(|send| {
            let mark = if send.is_verified { "+" } else { "" };
            format!(" {}{mark}", send.at.as_micros())
        });
        format!("{closed} {}{}", self.trial_left, sends.collect::<String>())
    }

    /// Reads the state; `None` for what [`to_text`](Self::to_text) has not written.
    pub fn from_text(text: &str) -> Option<Self> {
        let instant = |text: &str| Some(Timestamp::from_micros(text.parse().ok()?));
        let mut words = text.split(' ');
        let closed_until = match words.next()? {
            "-" => None,
            until => Some(instant(until)?),
        };
        let trial_left = words.next()?.parse().ok()?;
        let sends = words.map(|word| {
            let at = word.strip_suffix('+');
            Some(SentCode { at: instant(at.unwrap_or(word))?, is_verified: at.is_some() })
        });
        Some(Self { sends: sends.collect::<Option<_>>()?, closed_until, trial_left })
    }

    /// The sends that are judged now and how many of them are verified.
    fn tally(&self, policy: &BreakerPolicy, now: Timestamp) -> (usize, usize) {
        let judged: Vec<_> = self.judged(policy, now).rev().take(policy.of_last).collect();
        (judged.len(), judged.iter().filter(|send| send.is_verified).count())
    }

    fn is_unread(&self, policy: &BreakerPolicy, now: Timestamp) -> bool {
        let (sent, verified) = self.tally(policy, now);
        let percent = usize::try_from(policy.below_percent).unwrap_or(usize::MAX);
        sent >= policy.of_last && verified.saturating_mul(100) < sent.saturating_mul(percent)
    }

    fn judged(&self, policy: &BreakerPolicy, now: Timestamp) -> impl DoubleEndedIterator<Item = &SentCode> {
        self.sends.iter().filter(move |send| send.is_verified || send.at + policy.grace <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(0) + Duration::from_secs(seconds)
    }

    /// Sends while it is open, at most so many; every `verified`-th code comes back at once.
    fn sent(
        destination: &mut ConversionBreaker,
        policy: &BreakerPolicy,
        now: Timestamp,
        most: u32,
        verified: u32,
    ) -> u32 {
        for sent in 0..most {
            if destination.stopped_until(policy, now).is_some() {
                return sent;
            }
            destination.on_sent(policy, now);
            if verified > 0 && sent % verified == 0 {
                destination.on_verified(policy, now, now);
            }
        }
        most
    }

    #[test]
    fn the_fiftieth_unread_send_to_a_prefix_is_the_last() {
        let mut destination = ConversionBreaker::default();

        assert_eq!(sent(&mut destination, &BreakerPolicy::PREFIX, at(0), 13_000, 0), 50);
        assert_eq!(destination.stopped_until(&BreakerPolicy::PREFIX, at(1)), Some(at(24 * 3600)));
    }

    #[test]
    fn one_in_five_keeps_it_open_and_one_in_six_does_not() {
        let policy = BreakerPolicy::PREFIX;

        assert_eq!(sent(&mut ConversionBreaker::default(), &policy, at(0), 1000, 5), 1000);
        assert_eq!(sent(&mut ConversionBreaker::default(), &policy, at(0), 1000, 6), 50);
    }

    #[test]
    fn after_a_day_ten_more_decide() {
        let policy = BreakerPolicy::PREFIX;
        let mut destination = ConversionBreaker::default();
        sent(&mut destination, &policy, at(0), 1000, 0);
        let mut recovered = destination.clone();

        assert_eq!(sent(&mut destination, &policy, at(86_399), 1000, 0), 0);
        assert_eq!(sent(&mut destination, &policy, at(86_400), 1000, 0), 10);
        assert_eq!(sent(&mut recovered, &policy, at(86_400), 1000, 1), 1000);
    }

    #[test]
    fn its_text_reads_back() {
        let policy = BreakerPolicy::PREFIX;
        let mut destination = ConversionBreaker::default();
        assert_eq!(destination.to_text(), "- 0");
        sent(&mut destination, &policy, at(7), 1000, 6);
        destination.trial_left = 3;

        assert_eq!(ConversionBreaker::from_text(&destination.to_text()), Some(destination));
        for text in ["", "-", "x 0", "- -1", "- 0 7++", "- 0  7"] {
            assert_eq!(ConversionBreaker::from_text(text), None, "{text:?}");
        }
    }

    #[test]
    fn late_codes_open_it_again() {
        let policy = BreakerPolicy::PREFIX;
        let mut destination = ConversionBreaker::default();
        sent(&mut destination, &policy, at(0), 1000, 0);

        for _ in 0..9 {
            destination.on_verified(&policy, at(0), at(60));
        }
        assert_ne!(destination.stopped_until(&policy, at(60)), None);
        destination.on_verified(&policy, at(0), at(60));

        assert_eq!(destination.stopped_until(&policy, at(60)), None);
    }

    #[test]
    fn a_country_is_not_judged_by_codes_still_on_their_way() {
        let policy = BreakerPolicy::COUNTRY;
        let mut destination = ConversionBreaker::default();

        assert_eq!(sent(&mut destination, &policy, at(0), 1000, 0), 1000);
        assert_eq!(destination.stopped_until(&policy, at(299)), None);
        assert_eq!(destination.stopped_until(&policy, at(300)), Some(at(300 + 86_400)));
    }

    #[test]
    fn a_clock_that_steps_back_closes_no_longer() {
        let policy = BreakerPolicy::PREFIX;
        let mut destination = ConversionBreaker::default();
        sent(&mut destination, &policy, at(1_000_000), 1000, 0);

        assert_eq!(destination.stopped_until(&policy, at(0)), Some(at(86_400)));
    }
}
