//! The metrics of the use cases, by the `metrics` facade; `docs/metrics.md` lists them.
//!
//! A label is one of a few fixed words, or the name of a provider: never an address, a number, an
//! id, or anything else that a caller chooses.

use doorward_kernel::{Country, Timestamp};
use doorward_limit::{BucketKind, CheckKind};
use doorward_notifier::{Content, DeliveryOutcome, Entry, Message, Recipient, SendError};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

const REFUSALS: &str = "doorward_refusals_total";
const WITHHELD: &str = "doorward_codes_withheld_total";
const TIGHT: &str = "doorward_limits_tight";
const MESSAGES: &str = "doorward_messages_total";
const PROVIDERS: &str = "doorward_provider_tries_total";
const DELIVERIES: &str = "doorward_deliveries_total";
const DELIVERY: &str = "doorward_delivery_seconds";
const DELAY: &str = "doorward_message_delay_seconds";
const SESSIONS: &str = "doorward_sessions_opened_total";
const REUSES: &str = "doorward_refresh_reuses_total";

/// Whether a caller sees that it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disclosure {
    /// It is, and when to come again.
    Explicit,
    /// It gets the usual answer.
    Silent,
}

/// The outcome of a try to send a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sending {
    /// The provider took it.
    Delivered,
    /// It is tried again.
    Retried,
    /// It waits, as others go first.
    Waited,
    /// It was no longer worth sending.
    Expired,
    /// The conversion breaker of its prefix or country had closed since it was asked for.
    Withheld,
    /// No try will succeed.
    Dead,
}

/// Describes everything that is counted here, and begins what has no label at nought.
///
/// The first of a kind is an increase only where nought was seen before.
pub fn describe() {
    describe_counter!(REFUSALS, Unit::Count, "Calls that a limit refused, by the bucket or row of failures that did.");
    describe_counter!(WITHHELD, Unit::Count, "Codes that were not sent, by channel and reason.");
    describe_gauge!(TIGHT, Unit::Count, "Whether too many checks of a kind have failed on all nodes.");
    describe_counter!(MESSAGES, Unit::Count, "Tries to send a message, by channel, content and outcome.");
    describe_counter!(PROVIDERS, Unit::Count, "Messages offered to a provider, by its name and its answer.");
    describe_histogram!(DELAY, Unit::Seconds, "From accepting a message to the provider taking it, by channel.");
    describe_counter!(DELIVERIES, Unit::Count, "Codes, by provider, channel, country and what became of them.");
    describe_histogram!(DELIVERY, Unit::Seconds, "From a provider taking a code to its telling that it arrived.");
    describe_counter!(SESSIONS, Unit::Count, "Sessions opened.");
    describe_counter!(REUSES, Unit::Count, "Sessions ended, as a spent refresh token came back.");
    for name in [SESSIONS, REUSES] {
        counter!(name).absolute(0);
    }
}

/// Counts a refusal by a bucket.
pub(crate) fn refused(bucket: BucketKind, disclosure: Disclosure) {
    refused_by(bucket.as_str(), disclosure);
}

/// Counts a refusal by that kind of limit.
pub(crate) fn refused_by(kind: &'static str, disclosure: Disclosure) {
    let label = match disclosure {
        Disclosure::Explicit => "explicit",
        Disclosure::Silent => "silent",
    };
    counter!(REFUSALS, "kind" => kind, "disclosure" => label).increment(1);
}

/// Counts an SMS with a code that is not sent.
pub(crate) fn sms_withheld(reason: &'static str) {
    counter!(WITHHELD, "channel" => "sms", "reason" => reason).increment(1);
}

/// Counts a mail with a code that is not sent.
pub(crate) fn mail_withheld(reason: &'static str) {
    counter!(WITHHELD, "channel" => "email", "reason" => reason).increment(1);
}

/// Tells whether the threat level is elevated, as too many checks of that kind have failed.
pub(crate) fn threat_level(kind: CheckKind, is_elevated: bool) {
    gauge!(TIGHT, "checks" => kind.as_str()).set(f64::from(u8::from(is_elevated)));
}

/// Counts a try to send a message, and how long it had waited when it went out.
pub(crate) fn message_tried(message: &Message, sending: Sending, now: Timestamp) {
    let channel = message.recipient.channel();
    let content = match message.content {
        Content::Code { .. } | Content::Decoy { .. } => "code",
        Content::Notice { .. } => "notice",
    };
    let outcome = match sending {
        Sending::Delivered => "delivered",
        Sending::Retried => "retried",
        Sending::Waited => "waited",
        Sending::Expired => "expired",
        Sending::Withheld => "withheld",
        Sending::Dead => "dead",
    };
    counter!(MESSAGES, "channel" => channel, "content" => content, "outcome" => outcome).increment(1);
    if sending == Sending::Delivered {
        histogram!(DELAY, "channel" => channel).record(now.since(message.created_at).as_secs_f64());
    }
}

/// Counts the answer of a provider to a message.
pub(crate) fn provider_tried(provider: &str, error: Option<&SendError>) {
    let answer = match error {
        None => "taken",
        Some(SendError::Unavailable(_)) => "unavailable",
        Some(SendError::Transient { .. }) => "transient",
        Some(SendError::ProviderCannot { .. }) => "provider_cannot",
        Some(SendError::RecipientNever(_)) => "recipient_never",
        Some(SendError::Failed(_)) => "failed",
    };
    counter!(PROVIDERS, "provider" => provider.to_owned(), "answer" => answer).increment(1);
}

/// Counts a code that a provider took.
pub(crate) fn code_sent(provider: &str, recipient: &Recipient) {
    count_delivery(provider, recipient, "sent");
}

/// Counts a code that was entered, for the provider that took it last.
pub(crate) fn code_entered(provider: &str, recipient: &Recipient) {
    count_delivery(provider, recipient, "entered");
}

/// Counts what a provider tells of a code, and how long it took to arrive.
pub(crate) fn delivery_reported(provider: &str, entry: &Entry, outcome: DeliveryOutcome, now: Timestamp) {
    let (recipient, delivery) = (&entry.message.recipient, &entry.delivery);
    count_delivery(provider, recipient, outcome.as_str());
    // The time since another one took it says nothing of this one.
    let is_its_own = delivery.failed_provider.is_none() && delivery.end.is_none();
    if let (DeliveryOutcome::Delivered, true, Some(sent_at)) = (outcome, is_its_own, delivery.sent_at) {
        let (channel, country) = (recipient.channel(), country(recipient));
        histogram!(DELIVERY, "provider" => provider.to_owned(), "channel" => channel, "country" => country)
            .record(now.since(sent_at).as_secs_f64());
    }
}

fn count_delivery(provider: &str, recipient: &Recipient, state: &'static str) {
    let (channel, country) = (recipient.channel(), country(recipient));
    counter!(DELIVERIES, "provider" => provider.to_owned(), "channel" => channel, "country" => country, "state" => state)
        .increment(1);
}

/// The country of a number; there is none for mail.
fn country(recipient: &Recipient) -> String {
    let country = match recipient {
        Recipient::Email(_) => None,
        Recipient::Phone(number, _) => number.country(),
    };
    country.map_or_else(|| "none".to_owned(), Country::code)
}

/// Counts a session that was opened.
pub(crate) fn session_opened() {
    counter!(SESSIONS).increment(1);
}

/// Counts a session that ended, as a spent refresh token came back.
pub(crate) fn refresh_reused() {
    counter!(REUSES).increment(1);
}
