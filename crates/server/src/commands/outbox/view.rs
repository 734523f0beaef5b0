use doorward_kernel::Timestamp;
use doorward_notifier::{Content, Entry, EntryState};
use serde_json::{Value, json};

/// A message as `--json` shows it.
pub(super) fn json(entry: &Entry) -> Value {
    let Entry { message, tries, failure, delivery, .. } = entry;
    let (state, next_try_at, dead_since) = match entry.state {
        EntryState::Waiting { next_try_at } => ("waiting", Some(next_try_at), None),
        EntryState::Dead { since } => ("dead", None, Some(since)),
        EntryState::Sent => ("sent", None, None),
    };
    let shown = |at: Option<Timestamp>| at.map(|at| at.to_string());
    json!({
        "id": message.id.to_string(),
        "channel": message.recipient.channel(),
        "template": message.content.template(),
        "recipient": message.recipient.masked(),
        "detail": detail(entry),
        "locale": message.locale.as_str(),
        "created_at": message.created_at.to_string(),
        "expires_at": message.expires_at.to_string(),
        "state": state,
        "tries": tries,
        "next_try_at": shown(next_try_at),
        "dead_since": shown(dead_since),
        "reason": failure,
        "provider": delivery.provider,
        "failed_provider": delivery.failed_provider,
        "sent_at": shown(delivery.sent_at),
        "outcome": delivery.end.map(|end| end.outcome.as_str()),
        "outcome_at": shown(delivery.end.map(|end| end.at)),
    })
}

/// A message on one line.
pub(super) fn line(entry: &Entry) -> String {
    let Entry { message, tries, .. } = entry;
    let (channel, template) = (message.recipient.channel(), message.content.template());
    let (recipient, reason) = (message.recipient.masked(), reason(entry));
    let created = message.created_at;
    format!(
        "{}  {}  {channel}  {template}  {recipient}  created {created}  tries {tries}  {reason}",
        message.id,
        state(entry)
    )
}

/// A message on a line for each of its parts.
pub(super) fn lines(entry: &Entry) -> String {
    let Entry { message, tries, delivery, .. } = entry;
    format!(
        "id         {}\nchannel    {}\ntemplate   {}\nrecipient  {}\ndetail     {}\nlocale     {}\ncreated    {}\n\
         expires    {}\nstate      {}\ntries      {tries}\nreason     {}\n\
         provider   {}\noutcome    {}",
        message.id,
        message.recipient.channel(),
        message.content.template(),
        message.recipient.masked(),
        detail(entry).unwrap_or("-"),
        message.locale.as_str(),
        message.created_at,
        message.expires_at,
        state(entry),
        reason(entry),
        delivery.provider.as_deref().unwrap_or("-"),
        delivery.end.map_or("-", |end| end.outcome.as_str()),
    )
}

fn state(entry: &Entry) -> String {
    match entry.state {
        EntryState::Waiting { next_try_at } => format!("next try {next_try_at}"),
        EntryState::Dead { since } => format!("dead since {since}"),
        EntryState::Sent => "sent".to_owned(),
    }
}

fn reason(entry: &Entry) -> &str {
    entry.failure.as_deref().unwrap_or("-")
}

/// The address or number that the text names, masked where it is made.
fn detail(entry: &Entry) -> Option<&str> {
    match &entry.message.content {
        Content::Code { .. } | Content::Decoy { .. } => None,
        Content::Notice { detail, .. } => detail.as_deref(),
    }
}
