use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use doorward_kernel::{Country, PhoneChannel, Random, Timestamp};
use doorward_notifier::{Delivery, DeliveryEnd, DeliveryOutcome, Entry, EntryState, Message, Recipient, Verdict};

use super::route::{channel_of, country_of};

/// The delay of a provider's answer while too little was sent lately.
const USUAL: Duration = Duration::from_millis(400);
/// The least codes of a channel that say what is typical of it.
const ENOUGH: usize = 20;

/// The codes that were sent lately, and their outcomes: what is not sent shows the same.
///
/// A decoy whose flow said `sent` for ever, or `delivered` at once, would tell that nobody has its number.
#[derive(Clone, Debug, Default)]
pub struct Replays(Arc<Mutex<Vec<Sample>>>);

/// The delays of a code and its outcome, from the instant at which it was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sample {
    /// None for mail.
    channel: Option<PhoneChannel>,
    country: Option<Country>,
    sent: Duration,
    end: Option<(DeliveryOutcome, Duration)>,
}

impl Replays {
    /// Replays these from now on.
    pub(super) fn learn(&self, codes: &[Entry]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = codes.iter().filter_map(Sample::of).collect();
    }

    /// The typical delay until a code of that channel, or of mail, is sent: the median of the last ones.
    pub(crate) fn typical(&self, channel: Option<PhoneChannel>) -> Duration {
        let samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_channel = samples.iter().filter(|sample| sample.channel == channel);
        let mut delays: Vec<_> = of_channel.map(|sample| sample.sent).collect();
        drop(samples);
        delays.sort_unstable();
        delays.get(delays.len() / 2).copied().filter(|_| delays.len() >= ENOUGH).unwrap_or(USUAL)
    }

    /// The settlement of what is not sent: that of a code of its channel and, if there is one, its country.
    ///
    /// It is written whole and at once, times to come among it, so that every node shows the same.
    pub(super) fn verdict(&self, message: &Message, random: &dyn Random) -> Verdict {
        let sample = self.draw(&message.recipient, random);
        let after = |delay| message.created_at + delay;
        Verdict::Sent {
            provider: None,
            reference: None,
            at: after(sample.sent),
            end: sample.end.map(|(outcome, delay)| DeliveryEnd { outcome, at: after(delay) }),
        }
    }

    fn draw(&self, recipient: &Recipient, random: &dyn Random) -> Sample {
        let unknown = Sample { channel: channel_of(recipient), country: country_of(recipient), sent: USUAL, end: None };
        let samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let there: Vec<_> = samples
            .iter()
            .filter(|sample| (sample.channel, sample.country) == (unknown.channel, unknown.country))
            .collect();
        let anywhere = || samples.iter().filter(|sample| sample.channel == unknown.channel).collect();
        let alike: Vec<_> = if there.is_empty() { anywhere() } else { there };
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        let place =
            u64::from_le_bytes(bytes).checked_rem(alike.len() as u64).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| alike.get(place)).map_or(unknown, |sample| **sample)
    }
}

impl Sample {
    fn of(Entry { message, state, delivery, .. }: &Entry) -> Option<Self> {
        let after = |at: Timestamp| at.since(message.created_at);
        let Delivery { sent_at, end, .. } = delivery;
        let (sent, end) = match (state, sent_at) {
            (EntryState::Dead { since }, sent_at) => {
                (after(sent_at.unwrap_or(*since)), Some((DeliveryOutcome::Failed, after(*since))))
            }
            (_, sent_at) => (after((*sent_at)?), end.map(|end| (end.outcome, after(end.at)))),
        };
        Some(Self { channel: channel_of(&message.recipient), country: country_of(&message.recipient), sent, end })
    }
}
