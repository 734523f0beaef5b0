use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::Stream;
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

/// Which messages are asked for; nothing means all.
#[derive(Clone, Debug, Default)]
pub struct InboxFilter {
    /// The address or number, as messages carry it.
    pub to: Option<String>,
    /// The channel.
    pub channel: Option<String>,
}

impl InboxFilter {
    fn admits(&self, message: &CapturedMessage) -> bool {
        self.to.as_ref().is_none_or(|to| message.to.eq_ignore_ascii_case(to))
            && self.channel.as_ref().is_none_or(|channel| message.channel == *channel)
    }
}

/// The captured messages, newest first.
#[derive(Debug)]
pub struct Inbox {
    messages: Mutex<VecDeque<Captured>>,
    changes: watch::Sender<Change>,
}

#[derive(Debug)]
struct Captured {
    message: CapturedMessage,
    html: Option<String>,
}

/// What those who wait are woken by.
#[derive(Debug, Default)]
struct Change {
    count: u64,
    is_closed: bool,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { messages: Mutex::default(), changes: watch::Sender::new(Change::default()) }
    }
}

impl Inbox {
    /// Takes in a message and the HTML of a mail, once however often it is sent, and wakes everyone who waits.
    pub fn push(&self, message: CapturedMessage, html: Option<String>) {
        let mut messages = self.lock();
        if messages.iter().all(|known| known.message.id != message.id) {
            messages.push_front(Captured { message, html });
            messages.truncate(CAPACITY);
        }
        drop(messages);
        self.changes.send_modify(|change| change.count = change.count.wrapping_add(1));
    }

    /// The messages that the filter admits, newest first.
    pub fn list(&self, filter: &InboxFilter) -> Vec<CapturedMessage> {
        let messages = self.lock();
        messages.iter().map(|captured| &captured.message).filter(|message| filter.admits(message)).cloned().collect()
    }

    /// The HTML of a mail.
    pub fn html(&self, id: &str) -> Option<String> {
        self.lock().iter().find(|captured| captured.message.id == id)?.html.clone()
    }

    /// Like [`list`](Self::list), but waits until there is a message, and one newer than `after`.
    ///
    /// Gives what there is when the time is over.
    pub async fn wait(&self, filter: &InboxFilter, after: Option<&str>, time: Duration) -> Vec<CapturedMessage> {
        let mut changes = self.changes.subscribe();
        let arrival = async {
            loop {
                let is_closed = changes.borrow_and_update().is_closed;
                let newest = self.list(filter).into_iter().next();
                let is_there = newest.is_some_and(|message| after != Some(message.id.as_str()));
                if is_there || is_closed || changes.changed().await.is_err() {
                    break;
                }
            }
        };
        // Running out of time is no failure: the caller gets what there is.
        let _ = tokio::time::timeout(time, arrival).await;
        self.list(filter)
    }

    /// Gives each message that is newer than `after`, or than all there are now, oldest first, until the inbox is
    /// closed.
    pub fn follow(self: Arc<Self>, filter: InboxFilter, after: Option<String>) -> impl Stream<Item = CapturedMessage> {
        let last = after.or_else(|| Some(self.list(&InboxFilter::default()).first()?.id.clone()));
        let start = Follower { changes: self.changes.subscribe(), inbox: self, last, waiting: VecDeque::new() };
        futures_util::stream::unfold((start, filter), async |(mut follower, filter)| {
            let message = follower.next(&filter).await?;
            Some((message, (follower, filter)))
        })
    }

    /// Ends all that wait for messages.
    pub fn close(&self) {
        self.changes.send_modify(|change| change.is_closed = true);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Captured>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who is given message after message.
struct Follower {
    inbox: Arc<Inbox>,
    changes: watch::Receiver<Change>,
    /// The newest message that was looked at.
    last: Option<String>,
    waiting: VecDeque<CapturedMessage>,
}

impl Follower {
    async fn next(&mut self, filter: &InboxFilter) -> Option<CapturedMessage> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return Some(message);
            }
            if self.changes.borrow_and_update().is_closed {
                return None;
            }
            let all = self.inbox.list(&InboxFilter::default());
            let newer = all.iter().take_while(|message| Some(&message.id) != self.last.as_ref());
            self.waiting.extend(newer.filter(|message| filter.admits(message)).cloned());
            self.waiting.make_contiguous().reverse();
            self.last = all.first().map(|message| message.id.clone()).or(self.last.take());
            if self.waiting.is_empty() {
                self.changes.changed().await.ok()?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;

    use super::*;

    fn message(id: &str, to: &str) -> CapturedMessage {
        let text = |text: &str| text.to_owned();
        let (channel, body, at) = (text("sms"), text("hello"), text("2026-11-25T07:00:00Z"));
        CapturedMessage { id: text(id), channel, to: text(to), subject: None, body, code: None, at }
    }

    fn ids(messages: &[CapturedMessage]) -> Vec<&str> {
        messages.iter().map(|message| message.id.as_str()).collect()
    }

    fn to(address: &str) -> InboxFilter {
        InboxFilter { to: Some(address.to_owned()), channel: None }
    }

    #[tokio::test]
    async fn the_newest_message_comes_first_and_repeats_are_one() {
        let inbox = Inbox::default();

        for id in ["1", "2", "2"] {
            inbox.push(message(id, "+14155552671"), None);
        }

        assert_eq!(ids(&inbox.list(&InboxFilter::default())), ["2", "1"]);
        assert_eq!(ids(&inbox.list(&to("+14155552671"))), ["2", "1"]);
        assert_eq!(ids(&inbox.list(&to("ada@example.com"))), [""; 0]);
        let mails = InboxFilter { to: None, channel: Some("email".to_owned()) };
        assert_eq!(ids(&inbox.list(&mails)), [""; 0]);
    }

    #[tokio::test]
    async fn waiting_ends_with_a_newer_message() {
        let inbox = Inbox::default();
        inbox.push(message("1", "a@example.com"), None);

        let filter = to("a@example.com");
        let waiting = inbox.wait(&filter, Some("1"), Duration::from_mins(1));
        let (found, ()) = tokio::join!(waiting, async { inbox.push(message("2", "A@example.com"), None) });

        assert_eq!(ids(&found), ["2", "1"]);
    }

    #[tokio::test]
    async fn a_follower_gets_what_comes_after_and_ends_with_the_inbox() {
        let inbox = Arc::new(Inbox::default());
        for id in ["1", "2"] {
            inbox.push(message(id, "a@example.com"), None);
        }

        let now = inbox.clone().follow(to("a@example.com"), None);
        let after = inbox.clone().follow(InboxFilter::default(), Some("1".to_owned()));
        let (now, after) = (now.take(2).collect::<Vec<_>>(), after.take(2).collect::<Vec<_>>());
        for (id, address) in [("3", "a@example.com"), ("4", "b@example.com"), ("5", "a@example.com")] {
            inbox.push(message(id, address), None);
        }
        let (now, after) = tokio::join!(now, after);
        let late = inbox.clone().follow(InboxFilter::default(), None);
        inbox.close();

        assert_eq!((ids(&now), ids(&after)), (vec!["3", "5"], vec!["2", "3"]));
        assert_eq!(late.collect::<Vec<_>>().await.len(), 0);
    }
}
