use std::{error::Error, sync::Arc, time::Duration};

use doorward_kernel::{Clock, Country, PhoneChannel, PhoneChannels, PhoneNumber, Timestamp};
use doorward_notifier::{Envelope, Receipt, Recipient, SendError};

use super::{Provider, Reach, provider::Pauses};

/// The providers of mail, or of messages to telephones, in the order in which a message is offered to them.
#[derive(Clone)]
pub struct Route(Arc<[Provider]>);

/// An offer of a message to a provider.
pub(super) struct Offer<'a> {
    /// All of the route, of which this one is next.
    providers: &'a [Provider],
    place: usize,
    provider: &'a Provider,
    /// Whom it is for.
    wanted: Wanted<'a>,
    unavailable: Duration,
    refused: Duration,
}

/// The providers that a message is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// Those for that country.
    country: Option<Country>,
    /// Those of these channels; all for mail.
    channels: Option<PhoneChannels>,
    /// All but that one.
    except: Option<&'a str>,
}

/// Why no provider is offered a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoProvider {
    /// Those for it are all left alone until then.
    PausedUntil(Timestamp),
    /// None is for its country.
    NotServed,
}

/// The refusals of all providers that a message was offered to.
#[derive(Debug)]
pub(super) struct Refusals {
    /// Each with its provider, the last one at the end.
    each: Vec<(String, SendError)>,
    /// Whether no provider can ever send the message.
    pub(super) is_final: bool,
}

impl Route {
    /// A message goes to the first of them, and to the next one where that does not take it.
    pub fn new(providers: impl Into<Arc<[Provider]>>) -> Self {
        Self(providers.into())
    }

    /// Offers a message to the first provider that is not left alone, `except` that one; `pauses` are how long one is
    /// left alone that cannot be reached, and one that refuses.
    pub(super) fn offer<'a>(
        &'a self,
        recipient: &Recipient,
        except: Option<&'a str>,
        now: Timestamp,
        pauses: (Duration, Duration),
    ) -> Result<Offer<'a>, NoProvider> {
        first_open(&self.0, 0, self.after_failure(Wanted::of(recipient, except)), now, pauses)
    }

    /// Whether there are providers for a recipient, and all of them are left alone.
    pub(super) fn is_left_alone(&self, recipient: &Recipient, now: Timestamp) -> bool {
        let wanted = Wanted::of(recipient, None);
        let mut meant = self.0.iter().filter(|provider| wanted.admits(provider)).peekable();
        meant.peek().is_some() && meant.all(|provider| provider.is_left_alone(wanted.country, now))
    }

    /// Whether there is another provider for a recipient whose message that one did not deliver.
    pub(super) fn has_other(&self, provider: &str, reach: Reach, recipient: &Recipient) -> bool {
        let wanted = Wanted::of(recipient, Some(provider));
        let channel = self.0.iter().find(|known| known.name() == provider).map(Provider::channel);
        let wanted = match reach {
            Reach::ByOthers => Some(wanted),
            Reach::ByOtherChannels => channel.and_then(|channel| wanted.without(channel)),
        };
        wanted.is_some_and(|wanted| self.0.iter().any(|other| wanted.admits(other)))
    }

    /// What WhatsApp did not deliver goes on by SMS, where it may and SMS goes there: it has one more try, and whoever does
    /// not use WhatsApp gets it by no other account either.
    fn after_failure<'a>(&self, wanted: Wanted<'a>) -> Wanted<'a> {
        let failed = self.0.iter().find(|provider| wanted.except == Some(provider.name())).map(Provider::channel);
        let whatsapp = failed.filter(|channel| *channel == PhoneChannel::WhatsApp);
        let by_sms = whatsapp.and_then(|whatsapp| wanted.without(whatsapp));
        by_sms.filter(|by_sms| self.0.iter().any(|provider| by_sms.admits(provider))).unwrap_or(wanted)
    }

    /// Whether there is a provider of that channel for a number.
    pub(crate) fn serves(&self, number: &PhoneNumber, channel: PhoneChannel) -> bool {
        let country = number.country();
        self.0.iter().any(|provider| provider.channel() == channel && provider.is_for(country))
    }

    /// The channels of a code to a number whose owner has chosen none: WhatsApp where the first provider for its country
    /// sends by that. A call is only ever chosen.
    pub(crate) fn preferred(&self, number: &PhoneNumber) -> PhoneChannels {
        let country = number.country();
        let mut texts = self.0.iter().filter(|it| it.channel() != PhoneChannel::Voice && it.is_for(country));
        match texts.next().map(Provider::channel) {
            Some(PhoneChannel::WhatsApp) => PhoneChannels::WhatsAppOrSms,
            Some(PhoneChannel::Sms | PhoneChannel::Voice) | None => PhoneChannels::SMS,
        }
    }
}

impl Offer<'_> {
    /// Tells that the message is not handed over.
    pub(super) fn unused(&self, now: Timestamp) {
        self.provider.unused(self.wanted.country, now);
    }

    /// Returns how long the provider is left alone: one that refuses only while there is another one to ask.
    fn pauses(&self, now: Timestamp) -> Pauses {
        let is_other = |(place, other): (usize, &Provider)| {
            place != self.place && self.wanted.admits(other) && !other.is_left_alone(self.wanted.country, now)
        };
        let has_other = self.providers.iter().enumerate().any(is_other);
        Pauses { unavailable: self.unavailable, refused: has_other.then_some(self.refused) }
    }

    /// Offers the message to the provider, and to the next ones until one takes it.
    pub(super) async fn send(self, envelope: &Envelope, clock: &dyn Clock) -> Result<(String, Receipt), Refusals> {
        let (mut offer, mut each) = (self, Vec::new());
        loop {
            let Offer { providers, place, provider, wanted, unavailable, refused } = offer;
            let outcome = provider.send(envelope).await;
            let now = clock.now();
            provider.settle(wanted.country, outcome.as_ref().map(drop), now, offer.pauses(now));
            let error = match outcome {
                Ok(receipt) => return Ok((provider.name().to_owned(), receipt)),
                Err(error) => error,
            };
            let wanted = match error {
                SendError::RecipientNever(_) => wanted.without(provider.channel()),
                _ => Some(wanted),
            };
            each.push((provider.name().to_owned(), error));
            let Some(wanted) = wanted else { return Err(Refusals { each, is_final: true }) };
            offer = match first_open(providers, place + 1, wanted, now, (unavailable, refused)) {
                Ok(next) => next,
                Err(_) => return Err(Refusals { each, is_final: false }),
            };
        }
    }
}

impl Refusals {
    /// The least wait before any of them is asked again.
    pub(super) fn retry_after(&self) -> Duration {
        self.each.iter().map(|(_, error)| error.retry_after()).min().unwrap_or_default()
    }

    /// Whether each of them has answered, so that nothing was sent; one that did not may have sent the message.
    pub(super) fn are_answers(&self) -> bool {
        self.each.iter().all(|(_, error)| !matches!(error, SendError::Unavailable(_)))
    }

    /// Joins the answer of each of them, with its causes, on one line.
    pub(super) fn reason(&self) -> String {
        let each = self.each.iter().map(|(provider, error)| format!("{provider}: {}", with_causes(error)));
        each.collect::<Vec<_>>().join("; ")
    }
}

impl<'a> Wanted<'a> {
    fn of(recipient: &Recipient, except: Option<&'a str>) -> Self {
        let channels = match recipient {
            Recipient::Email(_) => None,
            Recipient::Phone(_, channels) => Some(*channels),
        };
        Self { country: country_of(recipient), channels, except }
    }

    /// The same without the providers of that channel, as it does not reach the recipient; `None` where that are all.
    fn without(self, channel: PhoneChannel) -> Option<Self> {
        Some(Self { channels: Some(self.channels?.without(channel)?), ..self })
    }

    fn admits(&self, provider: &Provider) -> bool {
        let is_by_them = self.channels.is_none_or(|channels| channels.include(provider.channel()));
        is_by_them && provider.is_for(self.country) && self.except != Some(provider.name())
    }
}

/// The country of a number.
pub(super) fn country_of(recipient: &Recipient) -> Option<Country> {
    match recipient {
        Recipient::Email(_) => None,
        Recipient::Phone(number, _) => number.country(),
    }
}

/// The channel that a message to a number goes by first; none for mail.
pub(super) const fn channel_of(recipient: &Recipient) -> Option<PhoneChannel> {
    match recipient {
        Recipient::Email(_) => None,
        Recipient::Phone(_, channels) => Some(channels.first()),
    }
}

fn first_open<'a>(
    providers: &'a [Provider],
    from: usize,
    wanted: Wanted<'a>,
    now: Timestamp,
    (unavailable, refused): (Duration, Duration),
) -> Result<Offer<'a>, NoProvider> {
    let mut earliest = None;
    for (place, provider) in providers.iter().enumerate().skip(from).filter(|(_, provider)| wanted.admits(provider)) {
        match provider.pass(wanted.country, now, unavailable) {
            Ok(()) => return Ok(Offer { providers, place, provider, wanted, unavailable, refused }),
            Err(until) => earliest = Some(earliest.map_or(until, |earliest: Timestamp| earliest.min(until))),
        }
    }
    Err(earliest.map_or(NoProvider::NotServed, NoProvider::PausedUntil))
}

fn with_causes(error: &SendError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
