use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// The most messages the inbox keeps; older ones go first.
const CAPACITY: usize = 1000;

/// A message that was captured instead of sent.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct CapturedMessage {
    /// Names the message.
    pub id: String,
    /// `email`, `sms`, `whatsapp` or `voice`.
    pub channel: String,
    /// The address or number.
    pub to: String,
    /// The subject of a mail.
    pub subject: Option<String>,
    /// The text.
    pub body: String,
    /// The code it carries.
    pub code: Option<String>,
    /// When it was captured, RFC 3339.
    pub at: String,
}

/// The captured messages, newest first.
#[derive(Debug)]
pub struct Inbox {
    messages: Mutex<VecDeque<CapturedMessage>>,
    changes: watch::Sender<u64>,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { messages: Mutex::default(), changes: watch::Sender::new(0) }
    }
}

impl Inbox {
    /// Takes in a message, once however often it is sent, and wakes everyone who waits.
    pub fn push(&self, message: CapturedMessage) {
        let mut messages = self.lock();
        if messages.iter().all(|known| known.id != message.id) {
            messages.push_front(message);
            messages.truncate(CAPACITY);
        }
        drop(messages);
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// The messages to that address or number, or all, newest first.
    pub fn list(&self, to: Option<&str>) -> Vec<CapturedMessage> {
        let is_wanted = |message: &&CapturedMessage| to.is_none_or(|to| message.to.eq_ignore_ascii_case(to));
        self.lock().iter().filter(is_wanted).cloned().collect()
    }

    /// Like [`list`](Self::list), but waits until there is a message, and one newer than `after`.
    ///
    /// Gives what there is when the time is over.
    pub async fn wait(&self, to: Option<&str>, after: Option<&str>, time: Duration) -> Vec<CapturedMessage> {
        let mut changes = self.changes.subscribe();
        let arrival = async {
            loop {
                changes.mark_unchanged();
                let newest = self.list(to).into_iter().next();
                if newest.is_some_and(|message| after != Some(message.id.as_str())) || changes.changed().await.is_err()
                {
                    break;
                }
            }
        };
        // Running out of time is no failure: the caller gets what there is.
        let _ = tokio::time::timeout(time, arrival).await;
        self.list(to)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<CapturedMessage>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, to: &str) -> CapturedMessage {
        let text = |text: &str| text.to_owned();
        let (channel, body, at) = (text("sms"), text("hello"), text("2026-11-25T07:00:00Z"));
        CapturedMessage { id: text(id), channel, to: text(to), subject: None, body, code: None, at }
    }

    fn ids(messages: &[CapturedMessage]) -> Vec<&str> {
        messages.iter().map(|message| message.id.as_str()).collect()
    }

    #[tokio::test]
    async fn the_newest_message_comes_first_and_repeats_are_one() {
        let inbox = Inbox::default();

        for id in ["1", "2", "2"] {
            inbox.push(message(id, "+14155552671"));
        }

        assert_eq!(ids(&inbox.list(None)), ["2", "1"]);
        assert_eq!(ids(&inbox.list(Some("+14155552671"))), ["2", "1"]);
        assert_eq!(ids(&inbox.list(Some("ada@example.com"))), [""; 0]);
    }

    #[tokio::test]
    async fn waiting_ends_with_a_newer_message() {
        let inbox = Inbox::default();
        inbox.push(message("1", "a@example.com"));

        let waiting = inbox.wait(Some("a@example.com"), Some("1"), Duration::from_mins(1));
        let (found, ()) = tokio::join!(waiting, async { inbox.push(message("2", "A@example.com")) });

        assert_eq!(ids(&found), ["2", "1"]);
    }
}
